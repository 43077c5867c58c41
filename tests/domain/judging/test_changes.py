"""Changes of a curve over minutes and hours, and their histogram."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.judging.changes import change_over, histogram, hourly_changes
from trayapp.domain.records.series import Point

NOW = 1_700_000_000.0
MIB = 1024.0**2


def curve(*pairs: tuple[float, float | None]) -> list[Point]:
    """Points by seconds before now."""
    return [Point(NOW - age, size, size, size) for age, size in sorted(pairs, reverse=True)]


def test_a_change_is_since_the_moment_nearest_to_it() -> None:
    points = curve((600, 10.0), (62, 20.0), (58, 21.0), (1, 50.0))
    assert change_over(points, 60.0, NOW) == 30.0
    assert change_over(points, 600.0, NOW) == 40.0


def test_what_is_not_known_is_no_change() -> None:
    assert change_over([], 60.0, NOW) is None
    assert change_over(curve((300, 1.0), (0, 2.0)), 60.0, NOW) is None
    # It ended a while ago.
    assert change_over(curve((120, 1.0), (60, 2.0)), 60.0, NOW) is None
    assert change_over(curve((60, None), (0, 2.0)), 60.0, NOW) is None


def test_hours_are_told_apart() -> None:
    points = curve((5500, 10.0), (3700, 14.0), (3500, 20.0), (10, 21.0))
    assert hourly_changes(points, NOW, 3) == [None, 4.0, 7.0]


def test_neither_a_gap_nor_a_restart_is_a_change() -> None:
    points = curve((900, 10.0), (800, None), (700, 50.0), (600, 5.0), (10, 6.0))
    assert hourly_changes(points, NOW, 1, breaks=[NOW - 650]) == [1.0]


def test_edges_of_a_histogram_are_round_and_zero_is_one() -> None:
    bins = histogram([-3 * MIB, 0.0, 1.0, 5 * MIB])
    assert [one.number for one in bins if one.number] == [1, 2, 1]
    assert 0.0 in [one.low for one in bins]
    assert bins[0].low == -3 * MIB
    assert histogram([]) == []
    assert [one.number for one in histogram([7.0, 7.0])] == [2]


@given(st.lists(st.integers(-(10**15), 10**15).map(float), min_size=1, max_size=50))
def test_every_value_is_in_one_of_at_most_ten_bins(values: list[float]) -> None:
    bins = histogram(values)
    assert len(bins) <= 10
    assert sum(one.number for one in bins) == len(values)
    assert bins[0].low <= min(values)
    assert max(values) < bins[-1].high


def test_one_outlier_does_not_put_all_others_into_one_bin() -> None:
    """45 tasks kept up to 9 MiB each, one 4 GiB."""
    values = [float(number % 10 * MIB) for number in range(45)]
    bins = histogram([*values, 4096.0 * MIB])
    usual = [one for one in bins if one.extreme is None]
    assert len([one for one in usual if one.number]) >= 5
    assert max(one.number for one in usual) <= 15
    assert bins[-1].number == 1
    assert bins[-1].extreme == 4096 * MIB
    lowest = histogram([*values, -4096.0 * MIB])[0]
    assert (lowest.number, lowest.extreme) == (1, -4096 * MIB)


def test_values_that_all_differ_have_no_outlier() -> None:
    assert all(one.extreme is None for one in histogram([float(n * MIB) for n in range(46)]))
    assert all(one.extreme is None for one in histogram([0.0, 0.0, 5.0 * MIB]))


def test_between_minutes_the_line_between_them_counts() -> None:
    """Of applications there is one point a minute, at its middle."""
    points = [Point(60.0 * n + 30, 10.0 * n, 10.0 * n, 10.0 * n) for n in range(5)]
    points.append(Point(300.0, 45.0, 45.0, 45.0))
    assert change_over(points, 60.0, 300.0) == 45.0 - 35.0
    gap = [*points[:3], Point(200.0, None, None, None), *points[4:]]
    assert change_over(gap, 100.0, 300.0) is None
