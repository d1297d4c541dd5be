"""The wheel and the source archive hold all that is needed, also where the repository is not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

PATIENCE = 90
BUILD = "import setuptools.build_meta as b, sys; to = sys.argv[1]; b.build_sdist(to); b.build_wheel(to)"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and a source archive, built from a copy of what git tracks."""
    folder = tmp_path_factory.mktemp("dist")
    source = tmp_path_factory.mktemp("source")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in tracked.decode().split("\0"):
        if name and not name.startswith(("tests/", "docs/", "benchmarks/")) and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([sys.executable, "-c", BUILD, str(folder)], cwd=source, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel; its dependencies are borrowed from ours."""
    home = tmp_path_factory.mktemp("home") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    python = home / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    install = ["-m", "pip", "--disable-pip-version-check", "-q", "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([str(python), *install], check=True)
    packages = next((home / "lib").glob("python*")) / "site-packages"
    borrowed = [line for line in sys.path if line.endswith("site-packages")] or [sysconfig.get_path("purelib")]
    (packages / "borrowed.pth").write_text("\n".join(borrowed))
    return python


def test_both_archives_hold_templates_codebook_and_feed_list(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    (source,) = built.glob("*.tar.gz")
    in_wheel = "\n".join(zipfile.ZipFile(wheel).namelist())
    with tarfile.open(source) as archive:
        in_source = "\n".join(archive.getnames())
    for name in (
        "indicators.yaml",
        "indicators.examples.yaml",
        "feeds.yaml",
        "py.typed",
        "desk.css",
        "desk_board.html",
    ):
        assert f"/{name}" in in_wheel, name
        assert f"/{name}" in in_source, name
    tracked = subprocess.run(
        ["git", "ls-files", "tracker"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    assert [name for name in tracked.split() if name not in in_wheel] == []


def test_what_the_image_copies_is_enough_to_build_from(tmp_path: Path) -> None:
    first_stage = (ROOT / "deploy" / "docker" / "Dockerfile").read_text().split("\nFROM ")[1]
    copies = [line.split()[1:] for line in first_stage.splitlines() if line.startswith("COPY ")]
    assert len(copies) >= 2
    for *sources, target in copies:
        for name in sources:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, tmp_path / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, tmp_path / target)
    (tmp_path / "dist").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BUILD, "dist"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_demo_runs_from_the_wheel_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TRACKER_", "PYTHON"))}
    command = [str(installed.parent / "tracker"), "up", "--demo", "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as demo:
        assert demo.stdout is not None
        said = []
        for line in demo.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        demo.send_signal(signal.SIGINT)
        rest = demo.stdout.read()
        assert demo.wait(PATIENCE) == 0, "".join(said) + rest
    assert list((tmp_path / "db" / "demo").glob("digest-*.html")), "".join(said)


def test_a_folder_to_work_in_is_laid_out_once(installed: Path, tmp_path: Path) -> None:
    tracker = str(installed.parent / "tracker")
    first = subprocess.run([tracker, "init", "desk"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stderr
    checked = subprocess.run(
        [tracker, "indicators", "check"], cwd=tmp_path / "desk", capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    again = subprocess.run([tracker, "init", "desk"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "is there already" in again.stderr
