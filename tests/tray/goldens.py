"""The icon as it was found good by eye: `python -m tests.tray.goldens` draws those pictures anew.

One file for each palette: a row for each look, a column for each size, on a light and a dark panel,
first as for any panel, then as for that one.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from trayapp.domain.showing.icon import PANEL_COLORS
from trayapp.domain.showing.menu import PALETTE_NAMES
from trayapp.tray.gallery import LOOKS, TEMPLATE, draw_look

FOLDER = Path(__file__).parent / "golden"
PALETTES = (*PALETTE_NAMES, TEMPLATE)
SIZES_PX = (16, 18, 20, 22, 24, 27, 30, 32, 33, 36, 48, 54)
_MARGIN_PX = 4


def draw(palette: str) -> Image.Image:
    """Draw the picture of one palette, mode RGB."""
    row_px = max(SIZES_PX) + _MARGIN_PX
    part_px = sum(size_px + _MARGIN_PX for size_px in SIZES_PX) + _MARGIN_PX
    sheet = Image.new("RGB", (4 * part_px, len(LOOKS) * row_px))
    parts = [(panel, drawn_for) for panel in PANEL_COLORS for drawn_for in ("auto", panel)]
    for number, (panel, drawn_for) in enumerate(parts):
        left = number * part_px
        sheet.paste(PANEL_COLORS[panel], (left, 0, left + part_px, sheet.height))
        for row, look in enumerate(LOOKS.values()):
            at = left + _MARGIN_PX
            for size_px in SIZES_PX:
                icon = draw_look(look, size_px, palette, drawn_for)
                sheet.paste(icon, (at, (row + 1) * row_px - size_px), icon)
                at += size_px + _MARGIN_PX
    return sheet


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in PALETTES:
        draw(name).save(FOLDER / f"{name}.png", optimize=True)
