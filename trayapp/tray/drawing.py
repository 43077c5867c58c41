"""Drawing the icon: ten bars in whole pixels, whose level shows by colour and by form.

Normal: bars on a baseline. Warning: a triangle above them. Critical: a beam across the top, where
the bars would hit the ceiling. Emergency: the picture inverted, white bars on a filled plate.
Paused: only the tops of the bars, grey, under a pause sign. The newest bar, at the right, has a
tone of its own and stands on its own ground: the baseline ends before it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PIL import Image

from trayapp.domain.levels import Level
from trayapp.domain.menu import PALETTE_NAMES, IconPicture

BAR_COUNT = 10
_OPAQUE = 255
# Below this size ten bars with gaps between them do not fit.
_SMALLEST_WITH_GAPS_PX = 2 * BAR_COUNT - 1

Rgb = tuple[int, int, int]
_Encode = Callable[[Rgb], tuple[int, int, int, int]]


class Tones(NamedTuple):
    """The colours of one look. Without a plate each is at least 3:1 to light and dark panels.

    That leaves relative luminances of 0.175 to 0.26; within it, tones differ by hue as well.
    """

    older: Rgb
    older_other: Rgb
    """Every second older bar where there is no room for gaps."""
    newest: Rgb
    quiet: Rgb
    """The baseline."""
    mark: Rgb
    plate: Rgb | None = None


class Layout(NamedTuple):
    """Where the bars stand, in pixels."""

    bar: int
    """Width of one bar."""
    gap: int
    """Width between two bars; 0 where there is no room."""
    left: int
    """Column of the first bar."""
    line: int
    """Height of the baseline and of other thin lines."""
    unit: int
    """1 for a small picture, 2 for its double and so on; heights are multiples of it, too."""

    @property
    def width(self) -> int:
        """From the first bar's left edge to the last one's right edge."""
        return BAR_COUNT * self.bar + (BAR_COUNT - 1) * self.gap

    def column(self, index: int) -> int:
        """Left edge of the bar `index`, from 0, oldest first."""
        return self.left + index * (self.bar + self.gap)


_GREY = (0x7F, 0x7F, 0x7F)
_DEFAULT = {
    Level.NORMAL: Tones((0x12, 0x75, 0xD9), (0x00, 0x94, 0xC6), (0x08, 0x9F, 0x3B), _GREY, _GREY),
    Level.WARNING: Tones(
        (0xBE, 0x58, 0x00), (0xDE, 0x68, 0x00), (0xAF, 0x84, 0x00), _GREY, (0xBE, 0x58, 0x00)
    ),
    Level.CRITICAL: Tones(
        (0xE6, 0x20, 0x2D), (0xEC, 0x57, 0x61), (0xC9, 0x24, 0xC9), _GREY, (0xE6, 0x20, 0x2D)
    ),
    Level.EMERGENCY: Tones(
        (0xFF, 0xFF, 0xFF), (0xFF, 0xD3, 0xD6), (0xFF, 0xE9, 0x5C), (0xFF, 0xD3, 0xD6),
        (0xFF, 0xFF, 0xFF), plate=(0xE6, 0x20, 0x2D),
    ),
}  # fmt: skip
# Blue, ochre and rose: those who see no red or no green still see blue from yellow, those who see
# no blue see rose from both. Found by search for the greatest least difference among the three.
_SAFE = {
    Level.NORMAL: Tones((0x18, 0x88, 0xE0), (0x10, 0x78, 0xC8), (0x50, 0x70, 0xF0), _GREY, _GREY),
    Level.WARNING: Tones(
        (0xA8, 0x88, 0x08), (0x94, 0x78, 0x10), (0xA0, 0x68, 0x20), _GREY, (0xA8, 0x88, 0x08)
    ),
    Level.CRITICAL: Tones(
        (0xE8, 0x28, 0x70), (0xE8, 0x48, 0x78), (0xF0, 0x48, 0x90), _GREY, (0xE8, 0x28, 0x70)
    ),
    Level.EMERGENCY: Tones(
        (0xFF, 0xC8, 0xDC), (0xFF, 0xE0, 0xEC), (0xFF, 0xFF, 0xFF), (0xFF, 0xC8, 0xDC),
        (0xFF, 0xFF, 0xFF), plate=(0xDA, 0x28, 0x68),
    ),
}  # fmt: skip
_GREYS = Tones(
    (0x75, 0x75, 0x75), (0x80, 0x80, 0x80), (0x8A, 0x8A, 0x8A), (0x75, 0x75, 0x75),
    (0x75, 0x75, 0x75),
)  # fmt: skip
_MONO = {
    Level.NORMAL: _GREYS,
    Level.WARNING: _GREYS,
    Level.CRITICAL: _GREYS,
    Level.EMERGENCY: Tones(
        (0xD4, 0xD4, 0xD4), (0xE2, 0xE2, 0xE2), (0xFF, 0xFF, 0xFF), (0xD4, 0xD4, 0xD4),
        (0xFF, 0xFF, 0xFF), plate=(0x75, 0x75, 0x75),
    ),
}  # fmt: skip
_PALETTES = dict(zip(PALETTE_NAMES, (_DEFAULT, _SAFE, _MONO), strict=True))
_PAUSED = Tones(_GREY, (0x75, 0x75, 0x75), (0x8A, 0x8A, 0x8A), _GREY, _GREY)


def tones_of(picture: IconPicture) -> Tones:
    """The colours that a picture is drawn in."""
    return _PAUSED if picture.paused else _PALETTES[picture.palette][picture.level]


@functools.lru_cache(maxsize=32)
def layout(size_px: int) -> Layout:
    """Lay out ten equal bars in `size_px` (at least 16) columns: the widest that leave gaps.

    A gap is a quarter to half of a bar, and one column stays free on either side where there is
    room, so that a plate frames its bars. An even size from 38 on is the double of its half: what a
    HiDPI screen shows, and what a host that shrinks the larger picture gets back in whole pixels.
    """
    if size_px >= 2 * _SMALLEST_WITH_GAPS_PX and size_px % 2 == 0:
        return Layout(*(2 * length for length in layout(size_px // 2)))
    room = size_px - 2 if size_px - 2 >= _SMALLEST_WITH_GAPS_PX else size_px
    bar, gap = max(
        (
            (bar, gap)
            for bar in range(1, size_px // BAR_COUNT + 1)
            for gap in range((bar + 1) // 2 + 1)
            if BAR_COUNT * bar + (BAR_COUNT - 1) * gap <= room
            and (4 * gap >= bar or size_px < _SMALLEST_WITH_GAPS_PX)
        ),
        key=lambda fit: (BAR_COUNT * fit[0] + (BAR_COUNT - 1) * fit[1], fit[0]),
    )
    found = Layout(bar, gap, 0, max(1, size_px // 24), 1)
    return found._replace(left=(size_px - found.width) // 2)


def draw_icon(picture: IconPicture, size_px: int) -> Image.Image:
    """Draw the icon, square, mode RGBA. `size_px`: 16 to 128."""
    return _draw(picture, size_px, lambda rgb: (*rgb, _OPAQUE))


def draw_argb(picture: IconPicture, sizes_px: Sequence[int]) -> list[bytes]:
    """Draw the icon at several sizes, each as `4 * size_px * size_px` bytes.

    Those are alpha, red, green, blue of each pixel: what StatusNotifierItem calls ARGB32 in network
    byte order. sizes_px: ascending; a picture whose half was drawn before is that one, doubled,
    which is the same at a third of the cost.
    """
    images: dict[int, Image.Image] = {}
    for size_px in sizes_px:
        half = images.get(size_px // 2)
        # Only the triangle of a warning is finer in the larger picture.
        is_double = size_px >= 2 * _SMALLEST_WITH_GAPS_PX and size_px % 2 == 0
        if half is not None and is_double and picture.level is not Level.WARNING:
            images[size_px] = half.resize((size_px, size_px), Image.Resampling.NEAREST)
        else:
            # Pillow does not care what its channels mean; so no pixel need be reordered.
            images[size_px] = _draw(picture, size_px, lambda rgb: (_OPAQUE, *rgb))
    return [image.tobytes() for image in images.values()]


class _Canvas:
    """A picture made of rectangles."""

    def __init__(self, size_px: int, encode: _Encode) -> None:
        self.image = Image.new("RGBA", (size_px, size_px), (0, 0, 0, 0))
        self._encode = encode

    def fill(self, color: Rgb, left: int, top: int, width: int, height: int) -> None:
        if width > 0 and height > 0:
            self.image.paste(self._encode(color), (left, top, left + width, top + height))


def _draw(picture: IconPicture, size_px: int, encode: _Encode) -> Image.Image:
    canvas = _Canvas(size_px, encode)
    grid = layout(size_px)
    tones = tones_of(picture)
    if tones.plate:
        canvas.fill(tones.plate, 0, 0, size_px, size_px)
    if picture.paused:
        top = _draw_pause(canvas, grid, tones.mark, size_px)
    elif picture.level is Level.WARNING:
        top = _draw_triangle(canvas, grid, tones.mark, size_px)
    elif picture.level is Level.CRITICAL:
        top = _draw_beam(canvas, grid, tones.mark, size_px)
    else:
        top = grid.line if tones.plate else 0
    bottom = size_px - grid.line if tones.plate else size_px
    _draw_bars(canvas, grid, picture, tones, top, bottom)
    return canvas.image


def _draw_bars(
    canvas: _Canvas, grid: Layout, picture: IconPicture, tones: Tones, top: int, bottom: int
) -> None:
    """Draw bars and baseline between the rows `top` and `bottom`."""
    floor = bottom - grid.line
    heights = picture.heights[-BAR_COUNT:]
    ground = grid.width if heights[-1] is None else grid.width - grid.bar - grid.gap
    canvas.fill(tones.quiet, grid.left, floor, ground, grid.line)
    for index, height in enumerate(heights):
        if height is None:
            continue
        newest = index == BAR_COUNT - 1
        # In whole units: a host that halves the picture would else leave the tops pale.
        steps = (floor - top) // grid.unit * min(max(height, 0), 100) // 100
        tall = max(grid.line, steps * grid.unit)
        color = tones.older
        if newest:
            color = tones.newest
        elif grid.gap == 0 and index % 2:
            color = tones.older_other
        left = grid.column(index)
        canvas.fill(color, left, floor - tall, grid.bar, grid.line if picture.paused else tall)
        if newest:
            canvas.fill(color, left, floor, grid.bar, grid.line)


def _draw_triangle(canvas: _Canvas, grid: Layout, color: Rgb, size_px: int) -> int:
    """Draw the mark of a warning in the middle; returns the first row below it and a gap."""
    rows = _mark_rows(grid, size_px)
    for row in range(rows):
        half = row + 1
        canvas.fill(color, size_px // 2 - half, row, 2 * half + size_px % 2, 1)
    return rows + grid.line


def _draw_beam(canvas: _Canvas, grid: Layout, color: Rgb, size_px: int) -> int:
    """Draw the mark of a critical level; returns the first row below it and a gap."""
    rows = _mark_rows(grid, size_px)
    canvas.fill(color, 0, 0, size_px, rows)
    return rows + grid.line


def _mark_rows(grid: Layout, size_px: int) -> int:
    return size_px // grid.unit * 3 // 16 * grid.unit


def _draw_pause(canvas: _Canvas, grid: Layout, color: Rgb, size_px: int) -> int:
    """Draw two upright strokes in the middle; returns the first row below them and a gap."""
    rows = size_px // grid.unit * 3 // 8 * grid.unit
    stroke = size_px // grid.unit // 8 * grid.unit
    left = (size_px - 3 * stroke) // 2 // grid.unit * grid.unit
    canvas.fill(color, left, 0, stroke, rows)
    canvas.fill(color, left + 2 * stroke, 0, stroke, rows)
    return rows + grid.line
