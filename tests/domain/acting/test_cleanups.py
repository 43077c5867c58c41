from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.building import MIB
from trayapp.domain.acting.cleanups import CleanupResult, follow_up, later_of


def result(before: int | None, after: int | None, note: str = "") -> CleanupResult:
    return CleanupResult(
        subject="app", wall_seconds=1.0, before_bytes=before, after_bytes=after, note=note
    )


def test_a_result_says_what_was_freed() -> None:
    freed = result(100 * MIB, 80 * MIB)
    assert freed.freed_bytes == 20 * MIB
    assert freed.sentence() == "app: freed 20.0 MiB (100 MiB → 80.0 MiB)."


def test_growth_during_a_cleanup_is_not_hidden() -> None:
    assert result(80 * MIB, 81 * MIB).sentence() == "app: grew by 1.00 MiB (80.0 MiB → 81.0 MiB)."


def test_what_is_not_permitted_is_said() -> None:
    told = result(80 * MIB, 80 * MIB, "The system does not offer it.").sentence()
    assert told == ("app: nothing was freed (80.0 MiB → 80.0 MiB). The system does not offer it.")


def test_unknown_is_not_zero() -> None:
    unknown = result(None, None, "It is not running.")
    assert unknown.freed_bytes is None
    assert unknown.sentence() == "app: nothing was done. It is not running."
    assert follow_up(unknown, 60.0, 5) is None


def test_a_minute_later_it_is_told_what_stayed_free_and_what_came_back() -> None:
    freed = result(100 * MIB, 80 * MIB)
    kept = follow_up(freed, 61.0, 85 * MIB)
    assert kept is not None
    assert kept.data["kept_bytes"] == 15 * MIB
    assert "15.0 MiB stayed free" in kept.text
    back = follow_up(freed, 61.0, 101 * MIB)
    assert back is not None
    assert "everything freed was used again" in back.text
    gone = follow_up(freed, 61.0, None)
    assert gone is not None
    assert gone.data["kept_bytes"] is None


def test_growth_since_is_not_what_came_back() -> None:
    """It grew by 1 MiB/s before; after a minute 60 MiB are new, and all of the 20 is still free."""
    leaking = replace(result(100 * MIB, 80 * MIB), rate_bytes_per_second=1.0 * MIB)
    told = follow_up(leaking, 61.0, 140 * MIB)
    assert told is not None
    assert told.data["kept_bytes"] == 20 * MIB
    assert told.data["came_back_bytes"] == 0
    assert told.data["grown_bytes"] == 60 * MIB
    assert "20.0 MiB stayed free. It has grown by 60.0 MiB since." in told.text


@pytest.mark.parametrize("later_mib", [0, 60, 80, 90, 100, 101, 500])
@pytest.mark.parametrize("rate_mib", [None, -1.0, 0.0, 0.1, 50.0])
@pytest.mark.parametrize("after_mib", [80, 100, 120])
def test_free_a_minute_later_is_between_nothing_and_what_was_freed(
    later_mib: int, rate_mib: float | None, after_mib: int
) -> None:
    rate = None if rate_mib is None else rate_mib * MIB
    cleaned = replace(result(100 * MIB, after_mib * MIB), rate_bytes_per_second=rate)
    kept, came_back, grown = later_of(cleaned, later_mib * MIB, 60.0)
    assert kept is not None
    assert came_back is not None
    assert grown is not None
    assert min(kept, came_back, grown) >= 0
    assert kept + came_back == max(0, (100 - after_mib) * MIB)
    told = follow_up(cleaned, 61.0, later_mib * MIB)
    assert told is not None
    assert "-" not in told.text.replace("a minute", "")


def test_more_than_was_freed_is_growth() -> None:
    told = follow_up(result(100 * MIB, 80 * MIB), 61.0, 150 * MIB)
    assert told is not None
    assert "everything freed was used again (20.0 MiB)" in told.text
    assert "grown by 50.0 MiB" in told.text


def test_another_run_says_nothing_of_the_cleanup() -> None:
    told = follow_up(result(100 * MIB, 80 * MIB), 61.0, 30 * MIB, restarted=True)
    assert told is not None
    assert told.data["kept_bytes"] is None
    assert "restarted" in told.text
