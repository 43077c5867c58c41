"""Write the mark, from one geometry, in every form systems want: `python packaging/draw_icons.py`.

Rising bars, the newest in the warning colour, on a dark tile: what the tray icon looks like at its
most telling moment. Ten bars where they can be seen, five below 64 pixels, all in whole pixels. The
symbolic form is shape alone: desktops colour it as their text.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

TILE = "#1f2733"
BARS = "#4aa3e8"
NEWEST = "#f0a030"
BASE = "#8492a6"
SYMBOLIC = "#2e3436"
PNG_SIZES_PX = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES_PX = (16, 20, 24, 32, 40, 48, 64, 128, 256)
ICNS_SIZES_PX = (32, 64, 128, 256, 512, 1024)
"""Those that Pillow writes; 32 is 16 points at Retina's scale."""
TEN = (18, 22, 20, 28, 34, 32, 42, 50, 60, 74)
"""Heights in 128ths of the tile."""
FIVE = (22, 32, 46, 62, 86)
_FEWER_BELOW_PX = 64
_SMOOTHING = 4
_SYMBOLIC_PX = 16


class Rect(NamedTuple):
    """A filled rectangle of the mark."""

    x: int
    y: int
    width: int
    height: int
    color: str


def shapes(size_px: int) -> Iterator[Rect]:
    """Baseline and bars on a tile of `size_px`, 16 or more, oldest first; all in whole pixels."""
    heights, share = (TEN, 100) if size_px >= _FEWER_BELOW_PX else (FIVE, 112)
    count = len(heights)
    room = size_px * share // 128
    gap = max(1, round(room / count / 4))
    bar = (room - (count - 1) * gap) // count
    width = count * bar + (count - 1) * gap
    left = (size_px - width) // 2
    line = max(1, size_px * 4 // 128)
    floor = size_px - (size_px * 22 // 128) - line
    yield Rect(left, floor + line // 2, width, line, BASE)
    for index, height in enumerate(heights):
        tall = round(size_px * height / 128)
        color = NEWEST if index == count - 1 else BARS
        yield Rect(left + index * (bar + gap), floor - tall, bar, tall, color)


def _rects(found: Iterator[Rect]) -> str:
    return "\n".join(
        f'  <rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{color}"/>'
        for x, y, width, height, color in found
    )


def _svg(size_px: int, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size_px}" height="{size_px}" '
        f'viewBox="0 0 {size_px} {size_px}">\n'
        f"  <title>Memtray</title>\n{inside}\n</svg>\n"
    )


def as_svg() -> str:
    """The mark as a scalable picture."""
    tile = f'  <rect width="128" height="128" rx="{_radius(128)}" fill="{TILE}"/>\n'
    return _svg(128, tile + _rects(shapes(128)))


def as_symbolic_svg() -> str:
    """The mark in one colour, which desktops replace by that of their text."""
    bars = (
        Rect(1 + 3 * index, 13 - tall, 2, tall, SYMBOLIC)
        for index, tall in enumerate((3, 4, 6, 8, 12))
    )
    base = Rect(1, 14, 14, 1, SYMBOLIC)
    return _svg(_SYMBOLIC_PX, _rects(iter((base, *bars))))


def as_image(size_px: int) -> Image.Image:
    """The mark in pixels; only the corners are smooth."""
    large = Image.new("RGBA", (size_px * _SMOOTHING, size_px * _SMOOTHING))
    side = size_px * _SMOOTHING - 1
    radius = _radius(size_px) * _SMOOTHING
    ImageDraw.Draw(large).rounded_rectangle((0, 0, side, side), radius, fill=TILE)
    image = large.resize((size_px, size_px), Image.Resampling.BOX)
    for x, y, width, height, color in shapes(size_px):
        image.paste(color, (x, y, x + width, y + height))
    return image


def _radius(size_px: int) -> int:
    return size_px * 26 // 128


def write_icons(folder: Path) -> None:
    """Write every form into `folder`. `memtray.png` has 128 pixels, what banners show."""
    (folder / "memtray.svg").write_text(as_svg(), encoding="utf-8")
    (folder / "memtray-symbolic.svg").write_text(as_symbolic_svg(), encoding="utf-8")
    for size_px in PNG_SIZES_PX:
        name = "memtray.png" if size_px == 128 else f"memtray-{size_px}.png"
        as_image(size_px).save(folder / name, optimize=True)
    _save_with_sizes(folder / "memtray.ico", ICO_SIZES_PX)
    _save_with_sizes(folder / "memtray.icns", ICNS_SIZES_PX)


def _save_with_sizes(file: Path, sizes_px: tuple[int, ...]) -> None:
    """Write one file with a picture drawn for each size, so that none is scaled."""
    *smaller, largest = map(as_image, sizes_px)
    largest.save(file, sizes=[(size, size) for size in sizes_px], append_images=smaller)


if __name__ == "__main__":
    write_icons(Path(__file__).parent.parent / "icons")
