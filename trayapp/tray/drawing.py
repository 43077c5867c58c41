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
from collections.abc import Callable
from typing import TYPE_CHECKING

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

_Encode = Callable[[Rgb, int], bytes]
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
    pixels = _draw(picture, size_px, tones_of(picture), lambda rgb, opacity: bytes((*rgb, opacity)))
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
        lambda rgb, opacity: bytes((0, 0, 0, rgb[0] if opacity == _OPAQUE else opacity)),
    )
    return _as_image(pixels, size_px)


def draw_argb(picture: IconPicture, size_px: int) -> bytes:
    """Draw the icon, as `4 * size_px * size_px` bytes: alpha, red, green, blue of each pixel.

    That is what StatusNotifierItem calls ARGB32 in network byte order. `size_px`: 10 to 192.
    """
    return _draw(picture, size_px, tones_of(picture), _as_argb)


@functools.lru_cache(maxsize=32)
def _as_argb(rgb: Rgb, opacity: int) -> bytes:
    return bytes((opacity, *rgb))


def _as_image(pixels: bytes, size_px: int) -> Image:
    from PIL import Image

    return Image.frombytes("RGBA", (size_px, size_px), pixels)


class _Canvas:
    """A picture made of rectangles: rows are put together where these begin and end, and repeated.

    Without Pillow, whose compiled part takes 1.4 MiB. Where two rectangles overlap, the later one
    is on top and must not begin above the other.
    """

    def __init__(self, size_px: int, encode: _Encode) -> None:
        self.size_px = size_px
        self.grid = layout(size_px)
        self.encode = encode
        self._fills: list[tuple[int, int, slice, bytes]] = []
        """First row, row behind the last one, bytes of a row and what they are."""

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
            self.add(left, top, top + height, self.encode(color, opacity) * width)

    def add(self, left: int, top: int, bottom: int, pixels: bytes) -> None:
        """Add a rectangle down to before the row `bottom`, each of whose rows is `pixels`."""
        if top < bottom:
            start = 4 * left
            self._fills.append((top, bottom, slice(start, start + len(pixels)), pixels))

    def pixels(self) -> bytes:
        """Return the four bytes of each pixel, row by row from the top."""
        # Those that begin where none ends are painted on the row before.
        fills = self._fills
        ends = {bottom for _, bottom, _, _ in fills}
        edges = ends.union((top for top, _, _, _ in fills), (0, self.size_px))
        row = bytearray(4 * self.size_px)
        bands = []
        above = 0
        for edge in sorted(edges):
            bands.append(row * (edge - above))
            above = edge
            if edge in ends:
                row = bytearray(4 * self.size_px)
                for top, bottom, place, pixels in fills:
                    if top <= edge < bottom:
                        row[place] = pixels
            else:
                for top, _, place, pixels in fills:
                    if top == edge:
                        row[place] = pixels
        return b"".join(bands)


def _draw(picture: IconPicture, size_px: int, tones: Tones, encode: _Encode) -> bytes:
    canvas = _Canvas(size_px, encode)
    _draw_on(canvas, picture, tones)
    return canvas.pixels()


def _draw_on(canvas: _Canvas, picture: IconPicture, tones: Tones) -> None:
    size_px, line = canvas.size_px, canvas.grid.line
    if tones.plate:
        canvas.fill(tones.plate, 0, 0, size_px, size_px)
    if picture.is_stalled:
        _draw_exclamation(canvas, tones.mark)
        return
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
    line, bar, left, step = grid.line, grid.bar, grid.left, grid.bar + grid.gap
    floor = bottom - line
    heights = picture.heights[-BAR_COUNT:]
    ground = grid.width if heights[-1] is None else grid.width - step
    canvas.fill(tones.quiet, left, floor, ground, line)
    if tones.plate is None:
        _draw_tracks(canvas, top, floor)
    newest = BAR_COUNT - 1
    for index, height in enumerate(heights):
        if height is not None:
            tall = canvas.rows_of(height, floor - top)
            color = tones.older
            if index == newest:
                color = tones.newest
                canvas.fill(color, left, floor, bar, line)
            elif grid.gap == 0 and index % 2 == 1:
                color = tones.older_other
            canvas.fill(color, left, floor - tall, bar, line if picture.paused else tall)
        left += step


def _draw_tracks(canvas: _Canvas, top: int, floor: int) -> None:
    """Draw all tracks as one rectangle, as they begin and end together."""
    grid = canvas.grid
    track = canvas.encode(TRACK, TRACK_OPACITY) * grid.bar
    if grid.gap:
        tracks = (track + bytes(4 * grid.gap)) * (BAR_COUNT - 1) + track
    else:
        tracks = (track + canvas.encode(TRACK, OTHER_TRACK_OPACITY) * grid.bar) * (BAR_COUNT // 2)
    canvas.add(grid.left, top, floor, tracks)


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
