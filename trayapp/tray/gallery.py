"""Every look of the icon on one sheet, for eyes: sizes, scales, levels, palettes, panels, numbers.

Only `memtray gallery` loads this; the resident process draws without fonts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from trayapp.dataclass import NamedTuple, replace
from trayapp.domain.records.colors import Rgb
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.icon import PANEL_COLORS
from trayapp.domain.showing.menu import DRAWN_NUMBERS, PALETTE_NAMES, IconPicture
from trayapp.errors import UsageError
from trayapp.language.catalogue import _
from trayapp.tray.drawing import draw_icon, draw_template

SIZES_PX = (16, 18, 20, 22, 24, 32, 48, 64)
SCALES = (1, 1.5, 2, 3)
DRAWN_PX = tuple(sorted({int(size_px * scale) for size_px in SIZES_PX for scale in SCALES}))
"""What those sizes come to on those screens; each is drawn once."""
CUSTOM_COLORS: tuple[Rgb, ...] = (
    (0x00, 0x8A, 0x8A), (0x9A, 0x6A, 0xE0), (0xE0, 0x40, 0x90), (0xCC, 0x38, 0x88),
)  # fmt: skip
"""An example of colours that a person might choose."""
TEMPLATE = "template"
"""How macOS shows the palette "mono"."""

_RISING = (20, 26, 23, 30, 38, 35, 46, 44, 52)
LEVELS = {
    "normal": IconPicture((*_RISING, 48), percent=48),
    "warning": IconPicture((*_RISING, 78), Level.WARNING, percent=78),
    "critical": IconPicture((*_RISING, 90), Level.CRITICAL, percent=90),
    "emergency": IconPicture((*_RISING, 98), Level.EMERGENCY, percent=98),
}
LOOKS = {
    **LEVELS,
    "paused": IconPicture((*_RISING, 48), paused=True),
    "at rest": IconPicture((5, 5, 4, 5, 6, 5, 5, 4, 5, 5)),
    "full": IconPicture((100,) * 10),
    "first": IconPicture((*(None,) * 9, 48)),
    "nothing": IconPicture((None,) * 10),
    **{
        f"{name}, {place}": replace(look, number_place=place)
        for place in DRAWN_NUMBERS
        for name, look in LEVELS.items()
    },
    "one digit": IconPicture((*_RISING, 48), percent=7, number_place="instead"),
    "unknown": IconPicture((*_RISING, None), number_place="instead"),
}
"""By their labels."""

_LARGE_PX = 72
"""From here on, sizes stand below the others, in the looks of the levels alone."""
_MARGIN_PX = 12
_LABEL_PX = 136
_HEADING_PX = 46
_FONT_PX = 13
_INK = {"light": (0x20, 0x20, 0x20), "dark": (0xF2, 0xF2, 0xF2)}


class _Block(NamedTuple):
    """One part of the sheet: one palette on one panel."""

    palette: str
    behind: str
    """One of PANEL_COLORS."""
    known: bool
    """Whether the icon is drawn for this panel; else for any."""


def save_gallery(file: Path) -> None:
    """Write the sheet as PNG, about 2,000 by 14,000 pixels.

    Raises: UsageError if `file` is no .png; OSError if it cannot be written.
    """
    if file.suffix.lower() != ".png":
        raise UsageError(
            _("the gallery is a PNG image: use FILE.png, not {name}").format(name=file.name)
        )
    draw_gallery().save(file, format="PNG")


def draw_gallery() -> Image.Image:
    """Draw the sheet, mode RGB: palettes below each other, panels beside, a row for each look."""
    rows = [
        [_draw_block(_Block(palette, behind, known)) for behind in PANEL_COLORS]
        for palette in (*PALETTE_NAMES, TEMPLATE)
        for known in (False, True)
        # Colours of the person's own stay as they are, and a template has none.
        if not known or palette not in ("custom", TEMPLATE)
    ]
    sheet = Image.new(
        "RGB", (sum(block.width for block in rows[0]), sum(row[0].height for row in rows))
    )
    top = 0
    for row in rows:
        for column, block in enumerate(row):
            sheet.paste(block, (column * block.width, top))
        top += row[0].height
    return sheet


def draw_look(look: IconPicture, size_px: int, palette: str, panel: str = "auto") -> Image.Image:
    """Draw one look in a palette, or as TEMPLATE; `panel` is what it is drawn for."""
    if palette != TEMPLATE:
        drawn = replace(look, palette=palette, colors=CUSTOM_COLORS, panel=panel)
        return draw_icon(drawn, size_px)
    template = draw_template(look, size_px)
    if panel == "dark":
        # As macOS does: what was black becomes white.
        white = Image.new("L", template.size, 0xFF)
        template = Image.merge("RGBA", (white, white, white, template.getchannel("A")))
    return template


def _draw_block(block: _Block) -> Image.Image:
    small = [size_px for size_px in DRAWN_PX if size_px < _LARGE_PX]
    large = [size_px for size_px in DRAWN_PX if size_px >= _LARGE_PX]
    looks = LEVELS if block.known else LOOKS
    row_px = max(small) + _MARGIN_PX
    width = max(
        _LABEL_PX + sum(size_px + _MARGIN_PX for size_px in small),
        _LABEL_PX + len(LEVELS) * (max(large) + _MARGIN_PX),
    )
    height = _HEADING_PX + len(looks) * row_px + sum(size_px + _MARGIN_PX for size_px in large)
    image = Image.new("RGB", (width, height), PANEL_COLORS[block.behind])
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(_FONT_PX)

    def write(text: str, left: int, top: int) -> None:
        pen.text((left, top), text, _INK[block.behind], font)

    def show(looks_and_sizes: Iterable[tuple[IconPicture, int]], floor: int) -> None:
        left = _LABEL_PX
        for look, size_px in looks_and_sizes:
            panel = block.behind if block.known or block.palette == TEMPLATE else "auto"
            icon = draw_look(look, size_px, block.palette, panel)
            image.paste(icon, (left, floor - icon.height), icon)
            left += icon.width + _MARGIN_PX

    fits = "made for it" if block.known else "made for any"
    write(f"{block.palette} on a {block.behind} panel, {fits}", _MARGIN_PX, 6)
    _write_sizes(write, small)
    floor = _HEADING_PX
    for label, look in looks.items():
        floor += row_px
        write(label, _MARGIN_PX, floor - _MARGIN_PX - _FONT_PX - 2)
        show([(look, size_px) for size_px in small], floor - _MARGIN_PX)
    for size_px in large:
        floor += size_px + _MARGIN_PX
        write(_names_of(size_px), _MARGIN_PX, floor - size_px)
        show([(look, size_px) for look in LEVELS.values()], floor - _MARGIN_PX)
    return image


def _write_sizes(write: Callable[[str, int, int], None], sizes_px: Iterable[int]) -> None:
    left = _LABEL_PX
    for size_px in sizes_px:
        write(str(size_px), left, 26)
        left += size_px + _MARGIN_PX


def _names_of(size_px: int) -> str:
    """Return a size in pixels and, below it, which size on which screen that is: "48@2"."""
    names = (
        f"{size}@{scale:g}" for size in SIZES_PX for scale in SCALES if size * scale == size_px
    )
    return "\n".join([str(size_px), *names])
