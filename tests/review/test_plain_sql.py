"""SQL that signed-in people write: mistakes stay on their page, and no value fills the memory."""

from __future__ import annotations

import pytest

from tests.review.conftest import Visitor


async def test_a_huge_value_is_refused_at_once(ann: Visitor) -> None:
    for sql in ("select zeroblob(900000000)", "select hex(randomblob(16000000))"):
        answer = await ann.get("/tracker", params={"sql": sql})
        assert answer.status_code == 400
        assert "too big" in answer.text


async def test_mistakes_in_sql_and_hidden_tables_leave_the_terminal_alone(
    ann: Visitor, capfd: pytest.CaptureFixture[str]
) -> None:
    assert (await ann.get("/tracker?sql=select+foo")).status_code == 400
    assert (await ann.get("/tracker?sql=select+*+from+tokens")).status_code == 400
    assert (await ann.get("/tracker")).status_code == 200
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
