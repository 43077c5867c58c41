"""The file for programs: one JSON object per line, whole, private and bounded."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from tests.delivery.telling import HOSTILE, transition
from trayapp.delivery.sinks.json_lines import JsonLines
from trayapp.domain.records.levels import Level

LIMIT_BYTES = 1024**2


def facts(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]


def test_a_line_holds_the_facts(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    lines = JsonLines(file, LIMIT_BYTES)
    told = [transition(1), transition(2, kind="resolved", level=Level.CRITICAL)]
    assert all(lines.send(each) for each in told)
    assert facts(file) == [each.facts() for each in told]
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_hostile_text_stays_in_its_line_and_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    JsonLines(file, LIMIT_BYTES).send(transition(title=HOSTILE, body="\x1b" * 10**6))
    (line,) = facts(file)
    assert line["title"] == HOSTILE
    assert file.stat().st_size < 100_000
    assert b"\x1b" not in file.read_bytes()


def test_it_is_bounded_and_keeps_one_older_file(tmp_path: Path) -> None:
    lines = JsonLines(tmp_path / "alerts.jsonl", limit_bytes=2000)
    for number in range(50):
        lines.send(transition(number))
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["alerts.jsonl", "alerts.jsonl.1"]
    assert all(0 < file.stat().st_size <= 2000 for file in files)
    titles = [line["title"] for file in reversed(files) for line in facts(file)]
    expected = [transition(number).title for number in range(50)]
    assert titles == expected[-len(titles) :]


def test_threads_do_not_tear_lines(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    lines = JsonLines(file, LIMIT_BYTES)
    threads = [
        threading.Thread(target=lambda: [lines.send(transition(1)) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert facts(file) == [transition(1).facts()] * 200


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is POSIX's")
def test_a_disk_that_fills_within_a_line_leaves_no_half_of_it(tmp_path: Path) -> None:
    import resource

    file = tmp_path / "alerts.jsonl"
    lines = JsonLines(file, LIMIT_BYTES)
    assert lines.send(transition(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 20, hard))
    try:
        assert not lines.send(transition(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert lines.send(transition(3))
    assert [line["title"] for line in facts(file)] == [transition(n).title for n in (1, 3)]


def test_what_cannot_be_written_is_lost_in_silence(tmp_path: Path) -> None:
    assert not JsonLines(tmp_path / "missing" / "alerts.jsonl", LIMIT_BYTES).send(transition())
    assert not JsonLines(tmp_path, LIMIT_BYTES).send(transition())
