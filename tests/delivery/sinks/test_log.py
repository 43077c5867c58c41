"""The log file: one line per event, private, bounded, and never in the way."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

from trayapp.delivery.sinks.log import LogFile


def test_a_line_begins_with_the_local_time(tmp_path: Path) -> None:
    LogFile(tmp_path / "memtray.log").append("warning: x grows")
    (line,) = (tmp_path / "memtray.log").read_text().splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d warning: x grows", line)


def test_hostile_text_stays_one_line(tmp_path: Path) -> None:
    """Nobody can forge an entry, or act on the terminal of who reads it."""
    LogFile(tmp_path / "memtray.log").append("a\n2030-01-01 forged\x1b[2J\udcff" + "x" * 10**6)
    text = (tmp_path / "memtray.log").read_text()
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert len(text) < 3000


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    """Also if somebody has made it readable before."""
    file = tmp_path / "memtray.log"
    file.touch(0o644)
    LogFile(file).append("x")
    assert file.stat().st_mode & 0o777 == 0o600


def test_it_is_bounded_and_keeps_one_old_file(tmp_path: Path) -> None:
    """Nothing is lost when it starts anew, but the file before the last."""
    log = LogFile(tmp_path / "memtray.log", limit_bytes=1000)
    for number in range(100):
        log.append(f"event {number}")
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["memtray.log", "memtray.log.1"]
    assert all(0 < file.stat().st_size <= 1000 for file in files)
    lines = "".join(file.read_text() for file in reversed(files)).splitlines()
    numbers = [int(line.split()[-1]) for line in lines]
    assert numbers == list(range(numbers[0], 100))
    assert len(numbers) > 25


def test_threads_do_not_tear_lines(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "memtray.log")

    def append() -> None:
        for _ in range(100):
            log.append("x" * 50)

    threads = [threading.Thread(target=append) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = (tmp_path / "memtray.log").read_text().splitlines()
    assert len(lines) == 400
    assert len({len(line) for line in lines}) == 1


def test_what_cannot_be_written_is_lost_in_silence(tmp_path: Path) -> None:
    """A missing folder, a folder in its place, a pipe that nobody reads: none stops an alert."""
    LogFile(tmp_path / "missing" / "memtray.log").append("x")
    LogFile(tmp_path).append("x")
    os.mkfifo(tmp_path / "pipe")
    LogFile(tmp_path / "pipe").append("x")
