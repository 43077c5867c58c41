from __future__ import annotations

import pytest

from trayapp.domain.judging.quiet_hours import is_within


@pytest.mark.parametrize(
    ("hours", "clock", "expected"),
    [
        ("22:00-07:00", (21, 59), False),
        ("22:00-07:00", (22, 0), True),
        ("22:00-07:00", (0, 0), True),
        ("22:00-07:00", (6, 59), True),
        ("22:00-07:00", (7, 0), False),
        ("12:30-13:30", (13, 0), True),
        ("12:30-13:30", (13, 30), False),
        ("08:00-08:00", (8, 0), False),
        ("", (3, 0), False),
    ],
)
def test_hours_may_go_over_midnight(hours: str, clock: tuple[int, int], expected: bool) -> None:
    assert is_within(hours, 60 * clock[0] + clock[1]) is expected
