"""Drawing the icon: ten bars in whole pixels, whose level shows by colour and by form.

Each bar stands in a track of the whole height, half transparent, so that it fits any panel: ten
bars are seen at any level, and how low a low one is. Even a bar of nothing has an eighth of the
height, since fewer rows are not seen at all.

Normal: bars on a baseline. Warning: a triangle above them. Critical: a beam across the top, where
the bars would hit the ceiling. Emergency: the picture inverted, white bars on a filled plate.
Paused: only the tops of the bars, grey, under a pause sign. Nobody watches: an exclamation mark.
The newest bar, at the right, has a tone of its own and stands on its own ground: the baseline ends
before it. A number, where it is wanted and large enough to be read, stands under the bars or in
their stead.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.colors import Rgb
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.menu import IconPicture
from trayapp.tray.palettes import (
    OTHER_TRACK_OPACITY,
    TRACK,
    TRACK_OPACITY,
    Tones,
    template_tones_of,
    tones_of,
)

if TYPE_CHECKING:
    from PIL.Image import Image

BAR_COUNT = 10
_OPAQUE = 255
# Below this size ten bars with gaps between them do not fit.
_SMALLEST_WITH_GAPS_PX = 2 * BAR_COUNT - 1

Pixels: TypeAlias = Any
"""A picture of Pillow's, mode RGBA; it does not care what its channels mean."""
_NEAREST = 0

_Encode = Callable[[Rgb, int], tuple[int, int, int, int]]
"""From a colour and how opaque it is, 0 to 255, to the four bytes of a pixel."""


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
        """The width from the first bar's left edge to the last one's right edge."""
        return BAR_COUNT * self.bar + (BAR_COUNT - 1) * self.gap

    def column(self, index: int) -> int:
        """Return the left edge of the bar `index`, from 0, oldest first."""
        return self.left + index * (self.bar + self.gap)


@functools.lru_cache(maxsize=32)
def layout(size_px: int) -> Layout:
    """Lay out ten equal bars in `size_px` (at least 10) columns, as wide as whole pixels allow.

    A gap is a quarter to half of a bar. One column stays free on either side, so that a plate
    frames its bars, unless that costs a third of the width. An even size is the double of its half,
    unless that costs a tenth: it is what a HiDPI screen shows, and what a host that shrinks the
    larger picture gets back in whole pixels.
    """
    widest = _widest(size_px, size_px)
    framed = _widest(size_px, max(BAR_COUNT, size_px - 2))
    found = framed if 3 * framed.width > 2 * widest.width else widest
    if size_px >= 2 * _SMALLEST_WITH_GAPS_PX and size_px % 2 == 0:
        doubled = Layout(*(2 * length for length in layout(size_px // 2)))
        if 10 * doubled.width >= 9 * found.width:
            return doubled
    return found._replace(left=(size_px - found.width) // 2)


def _widest(size_px: int, room_px: int) -> Layout:
    """Return the widest bars within `room_px`; gaps only where there is room."""
    fits = (
        Layout(bar, gap, 0, max(1, size_px // 24), 1)
        for bar in range(1, size_px // BAR_COUNT + 1)
        for gap in range((bar + 1) // 2 + 1)
        if 4 * gap >= bar or room_px < _SMALLEST_WITH_GAPS_PX
    )
    return max((fit for fit in fits if fit.width <= room_px), key=lambda fit: (fit.width, fit.bar))


def draw_icon(picture: IconPicture, size_px: int) -> Image:
    """Draw the icon, square, mode RGBA. `size_px`: 10 to 192."""
    pixels = _draw(picture, size_px, tones_of(picture), lambda rgb, opacity: (*rgb, opacity))
    return _as_image(pixels, size_px)


def draw_template(picture: IconPicture, size_px: int) -> Image:
    """Draw the icon in black, more and less opaque, for macOS to colour as its menu bar has it.

    What stands on a plate is cut out of it. Square, mode RGBA. `size_px`: 10 to 192.
    """
    tones = template_tones_of(picture)
    # A tone says how opaque it is there; tracks are the only thing without one.
    pixels = _draw(
        picture,
        size_px,
        tones,
        lambda rgb, opacity: (0, 0, 0, rgb[0] if opacity == _OPAQUE else opacity),
    )
    return _as_image(pixels, size_px)


def draw_argb(picture: IconPicture, sizes_px: Sequence[int]) -> list[bytes]:
    """Draw the icon at several sizes, each as `4 * size_px * size_px` bytes.

    Those are alpha, red, green, blue of each pixel: what StatusNotifierItem calls ARGB32 in network
    byte order. sizes_px: ascending; a picture whose half was drawn before is that one, doubled,
    which is the same at a third of the cost.
    """
    tones = tones_of(picture)
    # Only the triangle of a warning is finer in the larger picture.
    can_double = picture.level is not Level.WARNING or picture.paused
    drawn: dict[int, Pixels] = {}
    for size_px in sizes_px:
        half_px = size_px // 2
        half = drawn.get(half_px)
        if half is not None and can_double and layout(size_px).unit == 2 * layout(half_px).unit:
            size = (size_px, size_px)
            drawn[size_px] = half.resize(size, _NEAREST, (0, 0, half_px, half_px))
        else:
            drawn[size_px] = _draw(picture, size_px, tones, lambda rgb, opacity: (opacity, *rgb))
    return [_as_bytes(pixels) for pixels in drawn.values()]


def _as_image(pixels: Pixels, size_px: int) -> Image:
    from PIL import Image

    return Image.frombytes("RGBA", (size_px, size_px), _as_bytes(pixels))


@functools.cache
def pillow_core() -> Any:
    """Return Pillow's core, whose pictures are filled and copied as those of `PIL.Image` are.

    That module takes another 1.6 MiB, for files and filters that an icon has no use for. As the
    core is no published interface, it is asked for a pixel first; None: it does not give that back
    (`setimage` wants a box in Pillow 13.0; 10.3, 11.3 and 12.0 take one as well).
    """
    try:
        from PIL import _imaging

        pixel = _encoded(_imaging, _imaging.fill("RGBA", (1, 1), (1, 2, 3, 4)))
    except (ImportError, AttributeError, TypeError, ValueError, SystemError):
        return None
    return _imaging if pixel == b"\1\2\3\4" else None


def _empty(size_px: int) -> Pixels:
    core, size, nothing = pillow_core(), (size_px, size_px), (0, 0, 0, 0)
    if core is not None:
        return core.fill("RGBA", size, nothing)
    from PIL import Image

    return Image.new("RGBA", size, nothing)


def _as_bytes(pixels: Pixels) -> bytes:
    """Return the four bytes of each pixel, row by row from the top."""
    core = pillow_core()
    data: bytes = pixels.tobytes() if core is None else _encoded(core, pixels)
    return data


def _encoded(core: Any, pixels: Pixels) -> bytes:
    width, height = pixels.size
    encoder = core.raw_encoder("RGBA", "RGBA")
    encoder.setimage(pixels, (0, 0, width, height))
    data: bytes = encoder.encode(4 * width * height)[2]
    return data


class _Canvas:
    """A picture made of rectangles."""

    def __init__(self, size_px: int, encode: _Encode) -> None:
        self.size_px = size_px
        self.grid = layout(size_px)
        self.pixels: Pixels = _empty(size_px)
        self._encode = encode

    @property
    def mark_rows(self) -> int:
        """The height of a mark, which stands at the top."""
        return self.size_px // self.grid.unit * 3 // 16 * self.grid.unit

    def rows_of(self, height: int, most: int) -> int:
        """Return how many rows of `most` a bar of `height` percent has; the lowest has a few.

        In whole units: a host that halves the picture would else leave the tops pale.
        """
        unit = self.grid.unit
        least = min(-(-self.size_px // unit // 8), most // unit)
        return (least + (most // unit - least) * min(max(height, 0), 100) // 100) * unit

    def fill(
        self, color: Rgb, left: int, top: int, width: int, height: int, opacity: int = _OPAQUE
    ) -> None:
        """Fill a rectangle within the picture, or nothing where it has no width or height."""
        if width > 0 and height > 0:
            pixel = self._encode(color, opacity)
            self.pixels.paste(pixel, (left, top, left + width, top + height))


def _draw(picture: IconPicture, size_px: int, tones: Tones, encode: _Encode) -> Pixels:
    canvas = _Canvas(size_px, encode)
    line = canvas.grid.line
    if tones.plate:
        canvas.fill(tones.plate, 0, 0, size_px, size_px)
    if picture.is_stalled:
        _draw_exclamation(canvas, tones.mark)
        return canvas.pixels
    if picture.paused:
        top = _draw_pause(canvas, tones.mark)
    elif picture.level is Level.WARNING:
        top = _draw_triangle(canvas, tones.mark)
    elif picture.level is Level.CRITICAL:
        top = _draw_beam(canvas, tones.mark)
    else:
        top = line if tones.plate else 0
    bottom = size_px - line if tones.plate else size_px
    if picture.number_place != "off" and not picture.paused:
        bottom = _draw_number(canvas, picture, tones, top, bottom)
    if top < bottom:
        _draw_bars(canvas, picture, tones, top, bottom)
    return canvas.pixels


def _draw_number(canvas: _Canvas, picture: IconPicture, tones: Tones, top: int, bottom: int) -> int:
    """Draw the number, where it is large enough to be read; returns the row where bars must end.

    Instead of bars, it has the size that leaves room for a mark, whatever the level.
    """
    # Most icons carry no number.
    from trayapp.tray.digits import fit_figure, number_strokes

    # In whole units, so that a picture stays the double of its half.
    size_px, unit, line = canvas.size_px, canvas.grid.unit, canvas.grid.line
    instead = picture.number_place == "instead"
    rows = size_px - canvas.mark_rows - line if instead else size_px * 3 // 8
    width = size_px - 2 * line if tones.plate else size_px
    figure = fit_figure(width // unit, rows // unit)
    if figure is None:
        return bottom
    wide, strokes = number_strokes(picture.percent, figure)
    left = (size_px // unit - wide) // 2
    below = (bottom - top - unit * figure.tall) // unit // 2 if instead else 0
    start = bottom // unit - figure.tall - below
    for box in strokes:
        place = (left + box.left, start + box.top, box.width, box.height)
        canvas.fill(tones.older, *(unit * length for length in place))
    return top if instead else unit * start - line


def _draw_bars(canvas: _Canvas, picture: IconPicture, tones: Tones, top: int, bottom: int) -> None:
    """Draw bars, their tracks and the baseline between the rows `top` and `bottom`."""
    grid = canvas.grid
    floor = bottom - grid.line
    heights = picture.heights[-BAR_COUNT:]
    ground = grid.width if heights[-1] is None else grid.width - grid.bar - grid.gap
    canvas.fill(tones.quiet, grid.left, floor, ground, grid.line)
    for index, height in enumerate(heights):
        left, is_other = grid.column(index), grid.gap == 0 and index % 2 == 1
        if tones.plate is None:
            opacity = OTHER_TRACK_OPACITY if is_other else TRACK_OPACITY
            canvas.fill(TRACK, left, top, grid.bar, floor - top, opacity)
        if height is None:
            continue
        newest = index == BAR_COUNT - 1
        tall = canvas.rows_of(height, floor - top)
        color = tones.older
        if newest:
            color = tones.newest
        elif is_other:
            color = tones.older_other
        canvas.fill(color, left, floor - tall, grid.bar, grid.line if picture.paused else tall)
        if newest:
            canvas.fill(color, left, floor, grid.bar, grid.line)


def _draw_triangle(canvas: _Canvas, color: Rgb) -> int:
    """Draw the mark of a warning in the middle; returns the first row below it and a gap."""
    size_px = canvas.size_px
    for row in range(canvas.mark_rows):
        half = row + 1
        canvas.fill(color, size_px // 2 - half, row, 2 * half + size_px % 2, 1)
    return canvas.mark_rows + canvas.grid.line


def _draw_beam(canvas: _Canvas, color: Rgb) -> int:
    """Draw the mark of a critical level; returns the first row below it and a gap."""
    canvas.fill(color, 0, 0, canvas.size_px, canvas.mark_rows)
    return canvas.mark_rows + canvas.grid.line


def _draw_pause(canvas: _Canvas, color: Rgb) -> int:
    """Draw two upright strokes in the middle; returns the first row below them and a gap."""
    unit = canvas.grid.unit
    size = canvas.size_px // unit
    rows, stroke = size * 3 // 8 * unit, size // 8 * unit
    left = (size - 3 * (size // 8)) // 2 * unit
    canvas.fill(color, left, 0, stroke, rows)
    canvas.fill(color, left + 2 * stroke, 0, stroke, rows)
    return rows + canvas.grid.line


def _draw_exclamation(canvas: _Canvas, color: Rgb) -> None:
    """Draw an exclamation mark as tall as the picture, in the middle."""
    unit = canvas.grid.unit
    size = canvas.size_px // unit
    # As wide as the middle leaves it: odd in an odd picture, even in an even one.
    wide = max(2, size // 5 // 2 * 2) + size % 2
    left, tall = (size - wide) // 2 * unit, size * 5 // 8 * unit
    canvas.fill(color, left, 0, wide * unit, tall)
    dot = min(wide, size // 4) * unit
    canvas.fill(color, left, canvas.size_px - dot, wide * unit, dot)
