"""Every look of the icon on one sheet, for eyes: sizes, scales, levels, palettes, panels.

Only `memtray gallery` loads this; the resident process draws without fonts.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from trayapp.domain.language import _
from trayapp.domain.levels import Level
from trayapp.domain.menu import PALETTE_NAMES, IconPicture
from trayapp.errors import UsageError
from trayapp.tray.drawing import draw_icon

SIZES_PX = (16, 18, 20, 22, 24, 32, 48, 64)
SCALES = (1, 2)


class Panel(NamedTuple):
    """What lies behind the icon."""

    name: str
    color: tuple[int, int, int]
    ink: tuple[int, int, int]
    """Of the labels on it."""


PANELS = (
    Panel("light panel", (0xF2, 0xF2, 0xF2), (0x20, 0x20, 0x20)),
    Panel("dark panel", (0x2B, 0x2B, 0x2B), (0xF2, 0xF2, 0xF2)),
)
_RISING = (20, 26, 23, 30, 38, 35, 46, 44, 52)
LOOKS = {
    "normal": IconPicture((*_RISING, 48)),
    "warning": IconPicture((*_RISING, 78), Level.WARNING),
    "critical": IconPicture((*_RISING, 90), Level.CRITICAL),
    "emergency": IconPicture((*_RISING, 98), Level.EMERGENCY),
    "full": IconPicture((100,) * 10),
    "first": IconPicture((*(None,) * 9, 48)),
    "nothing": IconPicture((None,) * 10),
    "paused": IconPicture((*_RISING, 48), paused=True),
}
"""By their labels."""

_MARGIN_PX = 12
_LABEL_PX = 88
_HEADING_PX = 44
_FONT_PX = 13


def save_gallery(file: Path) -> None:
    """Write the sheet as PNG, about 2,000 by 3,500 pixels.

    Raises: UsageError if `file` is no .png; OSError if it cannot be written.
    """
    if file.suffix.lower() != ".png":
        raise UsageError(
            _("the gallery is a PNG picture: write FILE.png, not {name}").format(name=file.name)
        )
    draw_gallery().save(file, format="PNG", optimize=True)


def draw_gallery() -> Image.Image:
    """Draw the sheet, mode RGB: palettes below each other, panels beside, a row for each look."""
    rows = [[_draw_block(name, panel) for panel in PANELS] for name in PALETTE_NAMES]
    width, height = rows[0][0].size
    sheet = Image.new("RGB", (len(PANELS) * width, len(rows) * height))
    for row, blocks in enumerate(rows):
        for column, block in enumerate(blocks):
            sheet.paste(block, (column * width, row * height))
    return sheet


def _draw_block(palette: str, panel: Panel) -> Image.Image:
    columns = [(size_px, scale) for scale in SCALES for size_px in SIZES_PX]
    row_px = max(SIZES_PX) * max(SCALES) + _MARGIN_PX
    width = _LABEL_PX + sum(size_px * scale + _MARGIN_PX for size_px, scale in columns)
    block = Image.new("RGB", (width, _HEADING_PX + len(LOOKS) * row_px), panel.color)
    pen = ImageDraw.Draw(block)
    font = ImageFont.load_default(_FONT_PX)
    pen.text((_MARGIN_PX, 4), f"palette “{palette}”, {panel.name}", panel.ink, font)
    for row, (label, look) in enumerate(LOOKS.items()):
        floor = _HEADING_PX + (row + 1) * row_px - _MARGIN_PX
        pen.text((_MARGIN_PX, floor - _FONT_PX - 2), label, panel.ink, font)
        left = _LABEL_PX
        for size_px, scale in columns:
            if not row:
                at = "" if scale == 1 else f"@{scale}"
                pen.text((left, 24), f"{size_px}{at}", panel.ink, font)
            icon = draw_icon(replace(look, palette=palette), size_px * scale)
            block.paste(icon, (left, floor - icon.height), icon)
            left += icon.width + _MARGIN_PX
    return block
