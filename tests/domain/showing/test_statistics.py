"""What Memtray tells of itself is what it counted, and unknown where nothing is known."""

from __future__ import annotations

from dataclasses import replace

from trayapp.domain.acting.cleanups import CleanupResult, follow_up
from trayapp.domain.showing.statistics import Totals, statistics_rows

MIB = 1024**2
TOTALS = Totals(
    running_seconds=3700.0,
    sample_count=1850,
    interval_seconds=2.0,
    pace_reason="as set",
    sent_count=3,
    held_count=4,
    shown_count=2,
    notification_status="desktop",
    store_bytes=5 * MIB,
)


def cleaned(before: float, after: float) -> CleanupResult:
    return CleanupResult(
        subject="web",
        wall_seconds=1.0,
        before_bytes=int(before * MIB),
        after_bytes=int(after * MIB),
    )


def test_a_session_is_summed_up() -> None:
    rows = dict(statistics_rows(TOTALS, None, []))
    assert rows["Uptime"] == "1 h 2 min"
    assert rows["Samples"] == "1,850, one every 2 s"
    assert rows["Sampling pace"] == "as set"
    assert rows["History on disk"] == "5.00 MiB"
    assert (rows["Sent"], rows["Held back"]) == ("3", "4")
    assert "Freed memory" not in rows
    assert "Tasks" not in rows
    rows = dict(statistics_rows(replace(TOTALS, task_count=1200, left_out_task_count=7), None, []))
    assert (rows["Recorded"], rows["Left out"]) == ("1,200", "7")


def test_what_came_back_after_a_minute_is_not_counted_as_freed() -> None:
    """Growth meanwhile is no negative gain, and what is not yet looked at again is unknown."""
    first, second = cleaned(100, 70), cleaned(100, 110)
    events = [first.as_event(), second.as_event()]
    rows = dict(statistics_rows(TOTALS, None, events))
    assert (rows["Done"], rows["Freed immediately"]) == ("2", "30.0 MiB")
    assert rows[first.subject].startswith("grew by")
    assert rows["Still free a minute later"] == "–"
    later = follow_up(first, 61.0, 95 * MIB), follow_up(second, 61.0, 120 * MIB)
    events += [event for event in later if event is not None]
    rows = dict(statistics_rows(TOTALS, None, events))
    assert (rows["Done"], rows["Still free a minute later"]) == ("2", "5.00 MiB")
