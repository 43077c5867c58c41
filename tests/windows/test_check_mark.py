"""The boxes of check buttons as they are drawn."""

from __future__ import annotations

import pytest

from trayapp.windows.check_mark import Look, box_pixels

GROUND, FILL, EDGE, TICK = "#ffffff", "#eeeeee", "#000088", "#880000"


def rows(size: int, look: Look) -> list[list[str]]:
    return [row.strip("{}").split() for row in box_pixels(size, look, GROUND).split("} {")]


@pytest.mark.parametrize("size", [15, 30, 23])
def test_a_box_has_round_corners_an_edge_and_its_filling(size: int) -> None:
    picture = rows(size, Look(FILL, EDGE))
    assert {len(row) for row in picture} == {len(picture)} == {size}
    half = size // 2
    assert picture[0][0] == GROUND
    assert picture[0][half] == EDGE
    assert picture[half][0] == EDGE
    assert picture[half][half] == FILL


def test_a_tick_goes_down_and_up_again_and_a_focus_is_wider() -> None:
    off, on = rows(30, Look(FILL, EDGE)), rows(30, Look(FILL, EDGE, TICK))
    ticked = [x for x in range(30) for y in range(30) if on[y][x] == TICK]
    assert min(ticked) < 10 < 20 < max(ticked)
    lowest = {x: max(y for y in range(30) if on[y][x] == TICK) for x in {*ticked}}
    turn = max(lowest, key=lambda x: lowest[x])
    assert 10 <= turn <= 16
    focused = rows(30, Look(FILL, EDGE, is_wide=True))
    assert sum(row.count(EDGE) for row in focused) > 1.5 * sum(row.count(EDGE) for row in off)
