"""Every text and every line can be seen on what it stands on."""

from __future__ import annotations

import pytest

from trayapp.charts.palette import DARK, LIGHT, Palette
from trayapp.domain.records.colors import LEGIBLE_CONTRAST, contrast, parse_color

READABLE_CONTRAST = 4.5
"""The least that WCAG 2.1 (1.4.3) asks of text."""

both = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def contrasts(palette: Palette, *colours: str) -> list[float]:
    """Of each colour on each ground that text stands on."""
    grounds = palette.background, palette.surface, palette.pressed
    return [
        contrast(parse_color(colour), parse_color(ground))
        for colour in colours
        for ground in grounds
    ]


@both
def test_text_is_readable_on_every_ground(palette: Palette) -> None:
    """Also on the row that is chosen, and where its colour tells of an alert."""
    shown = contrasts(palette, palette.text, palette.muted, *palette.levels[1:])
    assert min(shown) >= READABLE_CONTRAST


@both
def test_lines_and_edges_are_seen(palette: Palette) -> None:
    colours = (*palette.lines, palette.system, palette.swap, palette.levels[0], palette.edge)
    seen = [contrast(parse_color(one), parse_color(palette.background)) for one in colours]
    assert min(seen) >= LEGIBLE_CONTRAST
