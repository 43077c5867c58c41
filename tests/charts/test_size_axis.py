"""The sizes written beside small charts and the charts of reports."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.charts.size_axis import size_ticks
from trayapp.language.units import use_units

MIB, GIB = 1024.0**2, 1024.0**3


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 200 * MIB, ["0", "50 MiB", "100 MiB", "150 MiB", "200 MiB"]),
        (0.0, 2.1 * GIB, ["0", "1 GiB", "2 GiB"]),
        (0.0, 1.6 * GIB, ["0", "0.5 GiB", "1.0 GiB", "1.5 GiB"]),
        (-400 * MIB, 100 * MIB, ["-400 MiB", "-200 MiB", "0"]),
        (70 * MIB, 81 * MIB, ["70 MiB", "75 MiB", "80 MiB"]),
        (13.0 * MIB, 14.2 * MIB, ["13.0 MiB", "13.5 MiB", "14.0 MiB"]),
        (0.0, 1.0, ["0", "1 B"]),
        (0.0, 0.0, ["0"]),
    ],
)
def test_all_are_round_and_in_one_unit(low: float, high: float, labels: list[str]) -> None:
    assert [label for _, label in size_ticks(low, high, 4)] == labels


def test_they_are_round_in_decimal_units_too() -> None:
    use_units("decimal")
    try:
        assert [label for _, label in size_ticks(0.0, 200e6, 2)] == ["0", "100 MB", "200 MB"]
    finally:
        use_units("binary")


@given(low=st.floats(-1e13, 1e13), span=st.floats(1.0, 1e13), most=st.integers(2, 8))
def test_they_are_few_rising_and_never_alike(low: float, span: float, most: int) -> None:
    ticks = size_ticks(low, low + span, most)
    assert len(ticks) <= most + 1
    assert all(before < after for (before, _), (after, _) in pairwise(ticks))
    if span > 1e-4 * abs(low):
        assert len({label for _, label in ticks}) == len(ticks)
