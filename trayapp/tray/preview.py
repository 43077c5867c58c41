"""How the icon looks with some settings: small panels, for the settings window."""

from __future__ import annotations

import io

from PIL import Image

from trayapp.dataclass import replace
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.icon import PANEL_COLORS
from trayapp.domain.showing.menu import IconPicture
from trayapp.tray.drawing import draw_icon

SIZES_PX = (16, 22, 24, 32)
_REST = (5, 5, 4, 5, 6, 5, 5, 6, 5, 5)
_RISING = (20, 26, 23, 30, 38, 35, 46, 44, 52)
STATES = (
    IconPicture(_REST, percent=5),
    IconPicture((*_RISING, 48), percent=48),
    IconPicture((*_RISING, 78), Level.WARNING, percent=78),
    IconPicture((*_RISING, 90), Level.CRITICAL, percent=90),
    IconPicture((*_RISING, 98), Level.EMERGENCY, percent=98),
)
"""A machine at rest, in use, and each level."""
_MARGIN_PX = 8


def draw_preview(look: IconPicture, scale: int = 1) -> Image.Image:
    """Draw each state in each size on a light and on a dark panel, mode RGB.

    look: whose palette, colours, panel and place of a number are shown. scale: pixels of the screen
    for one of an ordinary screen, 1 to 4.
    """
    margin, highest = _MARGIN_PX * scale, max(SIZES_PX) * scale
    width = margin + sum(size * scale + margin for size in SIZES_PX) * len(STATES)
    height = highest + 2 * margin
    sheet = Image.new("RGB", (width, height * len(PANEL_COLORS)))
    for row, (panel, color) in enumerate(PANEL_COLORS.items()):
        sheet.paste(color, (0, row * height, width, (row + 1) * height))
        left = margin
        for size_px in (size * scale for size in SIZES_PX):
            for state in STATES:
                drawn = replace(
                    state,
                    palette=look.palette,
                    colors=look.colors,
                    panel=panel if look.panel == "auto" else look.panel,
                    number_place=look.number_place,
                )
                icon = draw_icon(drawn, size_px)
                top = row * height + (height - size_px) // 2
                sheet.paste(icon, (left, top), icon)
                left += size_px + margin
    return sheet


def preview_png(look: IconPicture, scale: int = 1) -> bytes:
    """Return the same as a PNG file."""
    stream = io.BytesIO()
    draw_preview(look, scale).save(stream, format="PNG")
    return stream.getvalue()
