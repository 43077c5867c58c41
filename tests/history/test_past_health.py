"""The health of the machine at the end of a stretch of the history."""

from __future__ import annotations

from pathlib import Path

from tests.windows.stores import GIB, START, write_store
from trayapp.domain.records.levels import Level
from trayapp.history.past_health import read_machine_health
from trayapp.history.reader import HistoryReader


def test_it_is_judged_by_what_was_recorded_and_unknown_before(tmp_path: Path) -> None:
    full = {"total_bytes": 16.0 * GIB, "used_bytes": 15.9 * GIB, "stall_some_percent": 11.0}
    file = write_store(tmp_path / "h", {}, seconds=900.0, step=5.0, system=full)
    with HistoryReader(file) as reader:
        health = read_machine_health(reader, START + 900.0, Level.WARNING)
        before = read_machine_health(reader, START - 10.0, Level.NORMAL)
    assert before is None
    assert health is not None
    lost = {each.what: each.points for each in health.deductions}
    assert lost == {"memory": 20, "stalls": 10, "incidents": 10}
    assert set(health.unknown) == {"swap", "trend"}
