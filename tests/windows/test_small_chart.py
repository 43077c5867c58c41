"""The sizes written beside small charts."""

from __future__ import annotations

import pytest

from trayapp.domain.units import format_size
from trayapp.windows.small_chart import round_ticks, size_limits

MIB = 1024**2


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 200.0 * MIB, ["0 B", "50.0 MiB", "100 MiB", "150 MiB", "200 MiB"]),
        (-400.0 * MIB, 100.0 * MIB, ["-400 MiB", "-200 MiB", "0 B"]),
        (70.0 * MIB, 81.0 * MIB, ["70.0 MiB", "75.0 MiB", "80.0 MiB"]),
        (0.0, 1.0, ["0 B", "0 B", "1 B"]),
    ],
)
def test_ticks_are_round_in_their_unit(low: float, high: float, labels: list[str]) -> None:
    assert [format_size(tick) for tick in round_ticks(low, high)] == labels


@pytest.mark.parametrize("size", [13.5 * MIB, 900 * MIB, 4096.0])
def test_a_flat_curve_has_no_two_ticks_that_read_alike(size: float) -> None:
    low, high = size_limits(size, size)
    assert low < size < high
    labels = [format_size(tick) for tick in round_ticks(low, high)]
    assert len({*labels}) == len(labels) >= 2


def test_what_changes_much_is_shown_from_nothing() -> None:
    assert size_limits(10.0 * MIB, 100.0 * MIB)[0] == 0.0
    assert size_limits(0.0, 0.0) == (0.0, 1.0)
