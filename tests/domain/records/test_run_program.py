"""What is kept of the program of a run, and read back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trayapp.domain.records.run_program import RunProgram, Version, program_event, program_of
from trayapp.domain.records.series import JsonValue

PROGRAM = RunProgram(Version("app.py", 1_700_000_000, 4096), "0a1b", 1_700_000_100.5)


@pytest.mark.parametrize("program", [PROGRAM, RunProgram(), PROGRAM._replace(version=None)])
def test_what_is_kept_is_read_back(program: RunProgram) -> None:
    assert program_of(program_event("web", program, 1.0)) == program


@pytest.mark.parametrize(
    ("key", "value"),
    [("file", 7), ("modified_seconds", "soon"), ("size_bytes", 1e300), ("size_bytes", True)],
)
def test_a_damaged_version_is_none(key: str, value: JsonValue) -> None:
    event = program_event("web", PROGRAM, 1.0)
    damaged = replace(event, data={**event.data, key: value})
    assert program_of(damaged) == PROGRAM._replace(version=None)


def test_another_event_tells_nothing() -> None:
    assert program_of(replace(program_event("web", PROGRAM, 1.0), kind="restart")) is None
