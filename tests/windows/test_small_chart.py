"""From where to where the axes of small charts go."""

from __future__ import annotations

import pytest

from trayapp.domain.size_ticks import size_ticks
from trayapp.windows.small_chart import size_limits

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
