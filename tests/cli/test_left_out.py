"""What of the history is not shown is told where a person looks: doctor, export, trends."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.test_main import Memtray
from tests.history.stores import AVAILABLE, KEEP_ALL, RSS
from trayapp.domain.records.series import Event
from trayapp.history.writer import HistoryWriter
from trayapp.paths import find_paths

AHEAD_SECONDS = 400 * 86_400.0


@pytest.fixture
def memtray(tmp_path: Path) -> Memtray:
    """With ten minutes of history, one of them by a clock that was far ahead."""
    memtray = Memtray(tmp_path / "home")
    now = time.time()
    with closing(HistoryWriter(history_file(memtray), KEEP_ALL)) as writer:
        for second in range(0, 540, 5):
            writer.add(now - 600 + second, [(RSS, 1e8), (AVAILABLE, 5e9)])
        for second in range(0, 60, 5):
            writer.add(now + AHEAD_SECONDS + second, [(RSS, 9e8), (AVAILABLE, 5e9)])
        writer.add_event(Event(wall_seconds=now - 99, kind="alert", subject="web", text="so"))
        text = "The history was damaged; 7 values were saved."
        writer.add_event(Event(wall_seconds=now - 90, kind="history", text=text))
    return memtray


def history_file(memtray: Memtray) -> Path:
    return find_paths({"MEMTRAY_HOME": str(memtray.home)}).history_file


def about_history(memtray: Memtray) -> list[str]:
    checks = json.loads(memtray.run("doctor", "--json").stdout)
    return [check["text"] for check in checks if check["check"] == "history"]


def test_doctor_counts_the_rows_that_cannot_be_read(memtray: Memtray) -> None:
    """Two numbers and an event; without damage there is no such line."""
    assert not [text for text in about_history(memtray) if "cannot be read" in text]
    with closing(sqlite3.connect(history_file(memtray))) as connection, connection:
        connection.execute("UPDATE event SET text = 'no' WHERE kind = 'alert'")
        connection.execute("UPDATE raw SET value = 5 WHERE t_ms = (SELECT min(t_ms) FROM raw)")
    assert [text for text in about_history(memtray) if text.startswith("3 rows of the history")]


def test_doctor_tells_what_happened_to_the_history(memtray: Memtray) -> None:
    """How much was saved of a damaged one, and where that is kept."""
    copy = history_file(memtray).with_name(history_file(memtray).name + ".damaged-20261129T101010Z")
    copy.write_text("x")
    told = about_history(memtray)
    assert [text for text in told if text.endswith("7 values were saved.")]
    assert [text for text in told if str(copy) in text]


def test_samples_of_a_clock_far_ahead_are_listed_and_can_be_seen(memtray: Memtray) -> None:
    """By the command that doctor names; what is asked for without dates leaves them out."""
    (told,) = [text for text in about_history(memtray) if "clock that was far ahead" in text]
    found = re.search(r"--since (\S+) --until (\S+)", told)
    assert found is not None
    table = memtray.home / "ahead.csv"
    done = memtray.run("export", "--since", found[1], "--until", found[2], "-o", str(table))
    assert (done.returncode, done.stderr) == (0, "")
    assert table.read_text().count(",900000000") == 12
    done = memtray.run("export", "-o", str(table))
    assert "clock that was far ahead" in done.stderr
    assert ",900000000" not in table.read_text()
