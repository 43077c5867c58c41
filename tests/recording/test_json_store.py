"""Stores of JSON lines: what repeats in them, what grows, and files that are none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.test_main import Memtray
from trayapp.errors import RecordingError
from trayapp.recording.json_store import LONGEST_LINE, MEMORY_NAME, examine, remembered, store_lines


def store(folder: Path, *values: object) -> Path:
    file = folder / "store.jsonl"
    file.write_text("".join(f"{json.dumps(value)}\n" for value in values))
    return file


def test_lines_ids_and_arrays_are_counted(tmp_path: Path) -> None:
    values = [
        {"id": number % 3, "user": {"history": list(range(number)), "tags": ["a"]}}
        for number in range(10)
    ]
    found = examine(store(tmp_path, *values, {"no": "id"}, [1, 2, 3], "text"))
    assert (found.lines, found.unreadable_lines) == (13, 0)
    assert found.repeated_lines == 7
    assert sorted(found.repeated) == [("0", 4), ("1", 3), ("2", 3)]
    assert found.arrays[:2] == (("user.history", 9, 10), ("[]", 3, 12))
    assert found.bytes == (tmp_path / "store.jsonl").stat().st_size


def test_growth_since_the_last_time(tmp_path: Path) -> None:
    file = store(tmp_path, {"id": 1})
    found = examine(file)
    assert remembered(found, tmp_path / "data") is None
    with file.open("a") as more:
        more.write('{"id": 2}\n')
    again = examine(file)
    before = remembered(again, tmp_path / "data")
    assert before is not None
    assert again.as_json(before)["growth"] == {
        "seconds": again.wall_seconds - before.wall_seconds,
        "bytes": 10,
        "lines": 1,
    }
    assert any("lines: +1" in line for line in store_lines(again, before))
    for damage in ("", "[]", '{"%s": 7}', "\ud800", "[" * 100_000):
        (tmp_path / "data" / MEMORY_NAME).write_bytes(damage.encode(errors="surrogatepass"))
        assert remembered(again, tmp_path / "data") is None


def test_long_broken_and_hostile_lines(tmp_path: Path) -> None:
    file = tmp_path / "odd.jsonl"
    file.write_bytes(
        b'{"id": "a"}\n\n\xff\xfe\n' + b"[" * 5000 + b"\n" + b'{"id": "' + b"x" * 5000 + b'"}\n'
        b'"'
        + b"y" * (LONGEST_LINE + 10)
        + b'"\n{"id": "a", "list": '
        + b"[" * 50
        + b"]" * 50
        + b"}"
    )
    found = examine(file)
    assert (found.lines, found.unreadable_lines, found.repeated_lines) == (6, 3, 1)
    assert found.longest_line_bytes == LONGEST_LINE + 13
    assert list(store_lines(found, None))


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello\n")
    os.mkfifo(tmp_path / "pipe")
    for name in ("text", "pipe", "missing", "."):
        with pytest.raises(RecordingError):
            examine(tmp_path / name)
    (tmp_path / "empty").touch()
    assert examine(tmp_path / "empty").lines == 0


def test_the_command_examines_a_store(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    file = store(tmp_path, {"id": 1}, {"id": 1})
    told = memtray.json("investigate", "--store", str(file))
    assert (told["lines"], told["repeated"], told["growth"]) == (2, [{"id": "1", "count": 2}], None)
    assert memtray.json("investigate", "--store", str(file))["growth"]["bytes"] == 0
    code, line = memtray.one_line_error("investigate", "--store", str(file), "web")
    assert (code, "stands alone" in line) == (2, True)
