"""What version 0.1.0 has left is read, kept and gone on with; what is newer is left alone."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.test_main import Memtray
from trayapp.domain.records.series import Event, Point, Series
from trayapp.history.reader import HistoryReader

MADE = Path(__file__).parent.parent / "history" / "made_by_0_1_0"
"""By its writer, then two runs of its applet with a program that was over its limit."""
WEB = Series("target", "web", "rss_bytes")


@pytest.fixture
def memtray(tmp_path: Path) -> Memtray:
    home = tmp_path / "home"
    home.mkdir()
    (home / "history.sqlite3").write_bytes(
        gzip.decompress((MADE / "history.sqlite3.gz").read_bytes())
    )
    for name in ("memtray.toml", "incidents.json"):
        shutil.copy(MADE / name, home / name)
    return Memtray(home)


def known(home: Path, until: float) -> tuple[list[Point], list[Event]]:
    """What is recorded of the target, in hours and in samples, and all that happened."""
    with HistoryReader(home / "history.sqlite3") as reader:
        old = reader.curves([WEB], 1_780_000_000, 1_780_003_600, 50)[0]
        recent = reader.curves([WEB], 1_796_011_180, 1_796_011_200, 50)[0]
        return old + recent, list(reader.events(0, until))


def test_history_and_settings_of_0_1_0_are_gone_on_with(memtray: Memtray) -> None:
    with HistoryReader(memtray.home / "history.sqlite3") as reader:
        span = reader.span()
    assert span is not None
    until = span[1] + 5
    before = known(memtray.home, until)
    assert len(before[0]) > 2
    assert len(before[1]) == 8
    settings = (memtray.home / "memtray.toml").read_text()
    process = memtray.start("--headless")
    try:
        status = memtray.json("status")
        assert status["problems"] == []
        (web,) = status["targets"]
        assert (web["name"], web["limit_bytes"]) == ("web", 40 << 20)
    finally:
        assert memtray.run("quit").returncode == 0
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert known(memtray.home, until) == before
    assert (memtray.home / "memtray.toml").read_text() == settings
    with HistoryReader(memtray.home / "history.sqlite3") as reader:
        last = reader.span()
    assert last is not None
    assert last[1] > span[1] + 5
    assert memtray.run("trends", "web", "--save", str(memtray.home / "a.png")).returncode == 0


def test_a_history_of_a_newer_version_is_refused_in_one_line(memtray: Memtray) -> None:
    with closing(sqlite3.connect(memtray.home / "history.sqlite3")) as store:
        store.execute("PRAGMA user_version = 99")
    data = (memtray.home / "history.sqlite3").read_bytes()
    done = memtray.run("trends", "web", "--save", str(memtray.home / "a.png"))
    assert done.returncode != 0
    assert "written by a newer Memtray" in done.stderr
    assert done.stderr.count("\n") == 1
    assert (memtray.home / "history.sqlite3").read_bytes() == data
