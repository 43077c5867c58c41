from __future__ import annotations

from tests.domain.building import MIB
from trayapp.domain.cleaning import CleanupResult, follow_up


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
    assert "all that was freed had come back" in back.text
    gone = follow_up(freed, 61.0, None)
    assert gone is not None
    assert gone.data["kept_bytes"] is None
