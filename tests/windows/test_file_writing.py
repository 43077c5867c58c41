"""A file is written beside the window: with its share told, cancelled without a trace."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.desktop.desktop import wait_until
from tests.windows.stores import MIB, write_store
from trayapp.windows.file_writing import Verb, WriteProcess, WriteRequest, formats_of, spans

MEMTRAY = (sys.executable, "-m", "trayapp")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEMTRAY_HOME", str(tmp_path))
    curves = {f"target {number}": number * 10.0 * MIB for number in range(1, 6)}
    write_store(tmp_path / "history.sqlite3", curves, seconds=3000.0)
    return tmp_path


@pytest.fixture
def slow(home: Path) -> Iterator[tuple[WriteProcess, Path]]:
    """One that takes long enough to be stopped."""
    output = home / "out.xlsx"
    output.write_text("old")
    curves = {f"target {number}": number * 10.0 * MIB for number in range(1, 31)}
    (home / "history.sqlite3").unlink()
    write_store(home / "history.sqlite3", curves, seconds=6000.0)
    with closing(
        WriteProcess(WriteRequest(verb="export", output=output, since=None), MEMTRAY)
    ) as saving:
        yield saving, output


@pytest.mark.parametrize(
    ("verb", "ending"), [("export", ".csv"), ("export", ".xlsx"), ("report", ".html")]
)
def test_a_file_is_written(home: Path, verb: Verb, ending: str) -> None:
    wish = WriteRequest(
        verb=verb, output=home / f"out{ending}", since="24h", is_private=verb == "report",
        arguments=("target 1",),
    )  # fmt: skip
    with closing(WriteProcess(wish, MEMTRAY)) as saving:
        wait_until(lambda: not saving.is_running, timeout=60, what="file")
        assert saving.problem is None
    content = wish.output.read_bytes()
    assert content
    if ending != ".xlsx":
        assert b"target 1" in content
        assert b"target 2" not in content


def test_its_problem_is_told_in_one_line(home: Path) -> None:
    wish = WriteRequest(verb="export", output=home / "nowhere" / "out.csv", since=None)
    with closing(WriteProcess(wish, MEMTRAY)) as saving:
        wait_until(lambda: not saving.is_running, timeout=60, what="end")
        problem = saving.problem
    assert problem == f"cannot write {wish.output}: No such file or directory"


def test_cancelled_it_leaves_what_was_there(slow: tuple[WriteProcess, Path]) -> None:
    saving, output = slow
    wait_until(lambda: saving.share > 0, timeout=60, what="first share")
    saving.cancel()
    wait_until(lambda: not saving.is_running, timeout=20, what="end")
    assert saving.problem == ""
    assert output.read_text() == "old"
    assert not list(output.parent.glob(".memtray-*"))


def test_a_window_that_is_closed_takes_it_along(slow: tuple[WriteProcess, Path]) -> None:
    saving, output = slow
    wait_until(lambda: saving.share > 0, timeout=60, what="first share")
    saving.close()
    assert not saving.is_running
    assert output.read_text() == "old"
    assert not list(output.parent.glob(".memtray-*"))


def test_every_choice_is_one_that_the_command_takes() -> None:
    from trayapp.export import EXPORTS, REPORTS
    from trayapp.language.moments import parse_moment

    assert {one.ending for one in formats_of("export")} == {one.ending for one in EXPORTS}
    assert {one.ending for one in formats_of("report")} == {one.ending for one in REPORTS}
    assert all(parse_moment(one.since) for one in spans() if one.since)
