"""A small window stays where it was put, and is never out of sight."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.showing.window_places import Area, corner, place

LEFT, RIGHT = Area(0, 0, 1920, 1080), Area(1920, 200, 1280, 800)


def test_what_can_be_seen_stays() -> None:
    assert place(Area(100, 100, 200, 100), [LEFT, RIGHT]) == (100, 100)
    assert place(Area(2000, 300, 200, 100), [LEFT, RIGHT]) == (2000, 300)


def test_it_comes_back_when_its_screen_goes() -> None:
    assert place(Area(3000, 900, 200, 100), [LEFT]) == (1720, 900)
    assert place(Area(-500, -500, 200, 100), [LEFT]) == (0, 0)


def test_it_comes_back_when_the_screen_gets_smaller() -> None:
    assert place(Area(1700, 950, 200, 100), [Area(0, 0, 1024, 768)]) == (824, 668)


def test_half_of_it_on_a_screen_decides_for_that_screen() -> None:
    assert place(Area(1800, 500, 200, 100), [LEFT, RIGHT]) == (1720, 500)
    assert place(Area(1900, 500, 200, 100), [LEFT, RIGHT]) == (1920, 500)


def test_in_a_corner_that_no_screen_covers_it_goes_to_the_nearest() -> None:
    assert place(Area(2500, 20, 200, 100), [LEFT, RIGHT]) == (2500, 200)


def test_what_is_larger_than_the_screen_shows_its_upper_left() -> None:
    assert place(Area(50, 50, 4000, 3000), [LEFT]) == (0, 0)


def test_without_a_place_it_goes_to_the_lower_right() -> None:
    assert corner(200, 100, [LEFT, RIGHT], 20) == (1700, 920)
    assert corner(9000, 9000, [LEFT], 20) == (0, 0)


areas = st.builds(Area, *[st.integers(-5000, 5000)] * 2, *[st.integers(1, 5000)] * 2)


@given(areas, st.lists(areas, min_size=1, max_size=4))
def test_it_is_always_within_one_screen_if_it_fits(window: Area, screens: list[Area]) -> None:
    left, top = place(window, screens)
    moved = Area(left, top, window.width, window.height)
    assert any(
        moved.overlap(one) == min(moved.width, one.width) * min(moved.height, one.height)
        for one in screens
    )
