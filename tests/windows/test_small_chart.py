"""From where to where the axes of small charts go."""

from __future__ import annotations

import pytest

from trayapp.charts.size_axis import size_limits, size_ticks
from trayapp.domain.records.series import Event
from trayapp.windows.small_chart import _bundled

MIB = 1024**2


@pytest.mark.parametrize("size", [13.5 * MIB, 900 * MIB, 4096.0])
def test_a_flat_curve_has_no_two_ticks_that_read_alike(size: float) -> None:
    low, high = size_limits(size, size)
    assert low < size < high
    labels = [label for _, label in size_ticks(low, high, 4)]
    assert len({*labels}) == len(labels) >= 2


def test_what_changes_much_is_shown_from_nothing() -> None:
    assert size_limits(10.0 * MIB, 100.0 * MIB)[0] == 0.0
    assert size_limits(0.0, 0.0) == (0.0, 1.0)


def test_marks_that_would_hide_the_curve_are_bundled_with_their_number() -> None:
    """A task every second for five minutes, and one alert."""
    tasks = [Event(wall_seconds=float(at), kind="task") for at in range(300)]
    alert = Event(wall_seconds=150.0, kind="alert", level="warning")
    marks = _bundled([*tasks, alert], lambda moment: moment, 26.0)
    assert len(marks) <= 13
    assert sum(count for event, count in marks if event.kind == "task") == 300
    assert (alert, 1) in marks
    alone = [Event(wall_seconds=at, kind="task") for at in (0.0, 100.0)]
    assert [count for _, count in _bundled(alone, lambda moment: moment, 26.0)] == [1, 1]
