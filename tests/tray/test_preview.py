"""The icon in the settings window, as it will look."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from trayapp.domain.showing.icon import PANEL_COLORS
from trayapp.domain.showing.menu import PALETTE_NAMES, IconPicture
from trayapp.tray.drawing import draw_icon
from trayapp.tray.gallery import CUSTOM_COLORS
from trayapp.tray.preview import SIZES_PX, STATES, draw_preview, preview_png

LOOK = IconPicture((), colors=CUSTOM_COLORS)


@pytest.mark.parametrize("scale", [1, 2])
def test_every_state_is_shown_in_every_size_on_both_panels(scale: int) -> None:
    sheet = draw_preview(LOOK, scale)
    height = sheet.height // 2
    left = 8 * scale
    for size_px in (size * scale for size in SIZES_PX):
        for state in STATES:
            for row, (panel, color) in enumerate(PANEL_COLORS.items()):
                top = row * height + (height - size_px) // 2
                shown = sheet.crop((left, top, left + size_px, top + size_px))
                expected = Image.new("RGB", shown.size, color)
                icon = draw_icon(replace(state, panel=panel), size_px)
                expected.paste(icon, (0, 0), icon)
                assert shown == expected
            left += size_px + 8 * scale
    assert left == sheet.width


def test_each_choice_is_another_picture() -> None:
    looks = [
        *(replace(LOOK, palette=palette) for palette in PALETTE_NAMES),
        *(replace(LOOK, panel=panel) for panel in PANEL_COLORS),
        *(replace(LOOK, number_place=place) for place in ("under", "instead")),
        replace(LOOK, palette="custom", colors=((1, 2, 3),) * 4),
    ]
    assert len({preview_png(look) for look in looks}) == len(looks)


def test_the_file_is_a_png() -> None:
    with Image.open(io.BytesIO(preview_png(LOOK))) as image:
        assert image.format == "PNG"
