"""Every command of the tutorial works, in the order in which it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "tutorial.md").read_text(), re.DOTALL)
    assert len(blocks) >= 5
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
        "EXAMPLES": str(ROOT / "examples"),
        "TRACKER_INDICATORS": str(ROOT / "indicators.yaml"),
    }
    first, *rest = blocks
    script = first + "unset TRACKER_INDICATORS\n" + "".join(rest)
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    said = done.stdout
    assert "joint-military-activity" in said
    assert "4 new hits" in said
    assert '"my-feed"' in said
    assert "14 examples" in said
