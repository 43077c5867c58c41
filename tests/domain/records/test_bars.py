from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.records.bars import BAR_COUNT, BarRing, share_heights, sparkline, zoomed_heights


def test_a_finished_bar_keeps_its_peak_and_the_newest_shows_the_latest() -> None:
    ring = BarRing(span_seconds=10)
    for second, value in ((0.0, 1.0), (0.5, 9.0), (0.9, 2.0)):
        ring.add(second, value)
    assert ring.values()[-1] == 2.0
    ring.add(1.1, 3.0)
    assert ring.values()[-2:] == (9.0, 3.0)


def test_time_without_values_is_a_gap_of_its_length() -> None:
    ring = BarRing(span_seconds=10)
    ring.add(0.0, 5.0)
    ring.add(3.0, 7.0)
    assert ring.values()[-4:] == (5.0, None, None, 7.0)


def test_a_long_gap_empties_the_ring() -> None:
    ring = BarRing(span_seconds=10)
    ring.add(0.0, 5.0)
    ring.add(1_000_000.0, 7.0)
    assert ring.values() == (None,) * 9 + (7.0,)


def test_remembered_values_fill_what_is_empty_and_nothing_else() -> None:
    ring = BarRing(span_seconds=10)
    ring.add(0.0, 5.0)
    ring.add(1.0, 6.0)
    ring.preload([1.0, 2.0, 3.0])
    assert ring.values()[-4:] == (1.0, 2.0, 5.0, 6.0)


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.none() | st.floats(0, 1e15)), max_size=40),
    st.floats(0.1, 1e5),
)
def test_there_are_always_ten_bars_with_heights_in_range(
    folded: list[tuple[float, float | None]], span_seconds: float
) -> None:
    ring = BarRing(span_seconds)
    for second, value in sorted(folded, key=lambda pair: pair[0]):
        ring.add(second, value)
    for heights in (share_heights(ring.values(), 1e9), zoomed_heights(ring.values())):
        assert len(heights) == BAR_COUNT
        assert all(height is None or 0 <= height <= 100 for height in heights)
        assert len(sparkline(heights)) == BAR_COUNT


def test_a_flat_series_stands_at_half_height_and_growth_fills_it() -> None:
    assert zoomed_heights([100.0] * 10) == (50,) * 10
    assert zoomed_heights([100.0, 150.0, 200.0]) == (0, 50, 100)
    assert zoomed_heights([99.0, 100.0]) == (45, 55)


def test_a_sparkline_shows_unknown_as_a_dot_and_the_ends_of_the_scale() -> None:
    assert sparkline([None, 0, 50, 99, 100]) == "·▁▅██"
