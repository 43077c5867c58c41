"""How the icon gets into the window of a tray that may not be able to mix colours."""

from __future__ import annotations

from PIL import Image

from trayapp.domain.showing.menu import IconPicture
from trayapp.tray.drawing import draw_icon
from trayapp.tray.hosts.xembed_icon import _on_panel, _rectangles
from trayapp.tray.palettes import TRACK, TRACK_OPACITY

ICON = draw_icon(IconPicture((5,) * 10), 22)
TRACKS = (*TRACK, TRACK_OPACITY)


def test_tracks_are_mixed_into_the_panel_and_what_is_not_drawn_stays_the_panels() -> None:
    mixed = _on_panel(ICON, (0xF0, 0xF0, 0xF0))
    expected = Image.alpha_composite(Image.new("RGBA", ICON.size, (0xF0, 0xF0, 0xF0, 255)), ICON)
    for x in range(22):
        for y in range(22):
            own = ICON.getpixel((x, y))
            assert isinstance(own, tuple)
            drawn = expected.getpixel((x, y)) if own[3] else None
            found = mixed.getpixel((x, y))
            assert isinstance(found, tuple)
            assert (found if found[3] else None) == drawn


def test_where_the_panel_is_not_known_every_second_row_stands_for_a_track() -> None:
    rows = {top for _left, top, _width, _height in _rectangles(ICON, 0, 0, can_mix=False)[TRACKS]}
    assert rows == set(range(1, max(rows) + 1, 2))
    mixed = _rectangles(ICON, 0, 0, can_mix=True)[TRACKS]
    assert {top for _left, top, _width, _height in mixed} == set(range(max(rows) + 1))
