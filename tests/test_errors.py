"""What a person is told of an error."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.errors import MemtrayError, RecordingError
from trayapp.recording.files import read_recording


@given(st.text())
def test_an_error_is_one_line_without_codes_for_a_terminal(reason: str) -> None:
    line = str(MemtrayError(f"cannot read it: {reason}"))
    assert line.startswith("cannot read it:")
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    assert len(line) <= 1000


def test_what_is_harmless_stays_as_it_is() -> None:
    line = "cannot read /a  b/ファイル: « é »"
    assert str(MemtrayError(line)) == line


def test_a_damaged_database_is_told_in_one_line(tmp_path: Path) -> None:
    """SQLite quotes the rest of what it does not understand, over many lines."""
    file = tmp_path / "broken.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE record (\nts INTEGER,\npid INTEGER\n)")
    connection.close()
    file.write_bytes(file.read_bytes().replace(b"ts INTEGER", b"ts [NTEGER"))
    with pytest.raises(RecordingError, match="malformed") as caught:
        read_recording(file)
    assert "\n" not in str(caught.value)
