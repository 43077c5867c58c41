"""Write the mark, from one geometry, in every form systems want: `python packaging/draw_icons.py`.

A memory module with its gold contacts, on it rising bars, the newest in the colour of a warning.
Ten bars where they can be seen, five below 64 pixels, a contact under each, all in whole pixels and
symmetrical. The symbolic form is shape alone: desktops colour it as their text.

Beside it the marks of the levels for lines of the menu, told apart by shape and by colour.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

Rgb = tuple[int, int, int]

TOP: Rgb = (0x3B, 0x8D, 0xE8)
BOTTOM: Rgb = (0x14, 0x4C, 0x98)
"""The module's colour runs from one to the other."""
BARS = "#eaf3ff"
NEWEST = "#ffb52e"
BASE = "#9cc4f2"
CONTACTS = "#d9a53a"
SYMBOLIC = "#2e3436"
PNG_SIZES_PX = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES_PX = (16, 20, 24, 32, 40, 48, 64, 128, 256)
ICNS_SIZES_PX = (32, 64, 128, 256, 512, 1024)
"""Those that Pillow writes; 32 is 16 points at Retina's scale."""
TEN = (18, 22, 20, 28, 34, 32, 42, 50, 60, 74)
"""Heights in 128ths of the picture."""
FIVE = (22, 32, 44, 58, 78)
MARK_PX = 32
"""Menus show it in half of that on screens at 100 percent."""
MARKS = {"warning": "#be5800", "critical": "#e6202d", "emergency": "#e6202d"}
"""At least 3:1 to light and to dark menus."""
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


def module_height(size_px: int) -> int:
    """Rows of the module; below it are its contacts."""
    return size_px - max(2, size_px * 14 // 128)


def bars(size_px: int) -> list[Rect]:
    """The bars on a module of `size_px`, 16 or more, oldest first; as wide as symmetry allows."""
    heights, share = (TEN, 104) if size_px >= _FEWER_BELOW_PX else (FIVE, 118)
    count, room = len(heights), size_px * share // 128
    fits = (
        (count * bar + (count - 1) * gap, bar, gap)
        for bar in range(1, size_px // count)
        for gap in range((bar + 3) // 4, bar + 1)
    )
    width, bar, gap = max(fit for fit in fits if fit[0] <= room and (size_px - fit[0]) % 2 == 0)
    left = (size_px - width) // 2
    floor = module_height(size_px) - max(1, size_px * 8 // 128) - max(1, size_px * 4 // 128)
    return [
        Rect(
            left + index * (bar + gap),
            floor - round(size_px * height / 128),
            bar,
            round(size_px * height / 128),
            NEWEST if index == count - 1 else BARS,
        )
        for index, height in enumerate(heights)
    ]


def baseline(size_px: int) -> Rect:
    """What the bars stand on."""
    first, *_, last = bars(size_px)
    width = last.x + last.width - first.x
    return Rect(first.x, first.y + first.height, width, max(1, size_px * 4 // 128), BASE)


def contacts(size_px: int) -> list[Rect]:
    """One under each bar; they begin behind the module."""
    top = module_height(size_px) - 1
    return [Rect(bar.x, top, bar.width, size_px - top, CONTACTS) for bar in bars(size_px)]


def _rects(found: list[Rect]) -> str:
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
    stops = "".join(
        f'<stop offset="{place}" stop-color="#{red:02x}{green:02x}{blue:02x}"/>'
        for place, (red, green, blue) in enumerate((TOP, BOTTOM))
    )
    module = (
        f'  <linearGradient id="module" x2="0" y2="1">{stops}</linearGradient>\n'
        f'  <rect width="128" height="{module_height(128)}" rx="{_radius(128)}" '
        'fill="url(#module)"/>'
    )
    above = [baseline(128), *bars(128)]
    return _svg(128, "\n".join([_rects(contacts(128)), module, _rects(above)]))


def as_symbolic_svg() -> str:
    """The mark in one colour, which desktops replace by that of their text."""
    columns = list(zip(range(1, 14, 3), (2, 3, 5, 7, 10), strict=True))
    shapes = [Rect(x, 10 - tall, 2, tall, SYMBOLIC) for x, tall in columns]
    shapes.append(Rect(1, 11, 14, 2, SYMBOLIC))
    shapes += [Rect(x, 13, 2, 2, SYMBOLIC) for x, _ in columns]
    return _svg(_SYMBOLIC_PX, _rects(shapes))


def as_image(size_px: int) -> Image.Image:
    """The mark in pixels; only the corners are smooth."""
    image = Image.new("RGBA", (size_px, size_px))
    _fill(image, contacts(size_px))
    image.paste(_module(size_px), (0, 0), _corners(size_px))
    _fill(image, [baseline(size_px), *bars(size_px)])
    return image


def _module(size_px: int) -> Image.Image:
    """The module's colours, without its corners."""
    height = module_height(size_px)
    image = Image.new("RGBA", (size_px, height))
    for y in range(height):
        share = y / (height - 1)
        color = tuple(round(a + share * (b - a)) for a, b in zip(TOP, BOTTOM, strict=True))
        image.paste((*color, 0xFF), (0, y, size_px, y + 1))
    return image


def _corners(size_px: int) -> Image.Image:
    """What of the module is to be seen."""
    width, height = size_px * _SMOOTHING, module_height(size_px) * _SMOOTHING
    large = Image.new("L", (width, height))
    outline = (0, 0, width - 1, height - 1)
    ImageDraw.Draw(large).rounded_rectangle(outline, _radius(size_px) * _SMOOTHING, fill=0xFF)
    return large.resize((size_px, module_height(size_px)), Image.Resampling.BOX)


def _fill(image: Image.Image, found: list[Rect]) -> None:
    for x, y, width, height, color in found:
        image.paste(color, (x, y, x + width, y + height))


def _radius(size_px: int) -> int:
    return size_px * 18 // 128


def as_mark(level: str) -> Image.Image:
    """A triangle, a disc, or a square that is full: each worse one covers more."""
    edge = MARK_PX * _SMOOTHING
    image = Image.new("RGBA", (edge, edge))
    draw = ImageDraw.Draw(image)
    last, unit = edge - 1, edge // 32
    if level == "warning":
        draw.polygon([(edge // 2, unit), (last, last - unit), (0, last - unit)], MARKS[level])
    elif level == "critical":
        draw.ellipse((0, 0, last, last), MARKS[level])
    else:
        draw.rounded_rectangle((0, 0, last, last), 4 * unit, MARKS[level])
    top, strokes = (11, (14,)) if level == "warning" else (6, (14,))
    if level == "emergency":
        strokes = (9, 19)
    foot = 28 if level == "warning" else 26
    for left in strokes:
        draw.rectangle(_box(left, top, 4, foot - top - 6, unit), "#ffffff")
        draw.rectangle(_box(left, foot - 4, 4, 4, unit), "#ffffff")
    return image.resize((MARK_PX, MARK_PX), Image.Resampling.BOX)


def _box(x: int, y: int, width: int, height: int, unit: int) -> tuple[int, int, int, int]:
    return (x * unit, y * unit, (x + width) * unit - 1, (y + height) * unit - 1)


def write_icons(folder: Path) -> None:
    """Write every form into `folder`. `memtray.png` has 128 pixels, what banners show."""
    (folder / "memtray.svg").write_text(as_svg(), encoding="utf-8")
    (folder / "memtray-symbolic.svg").write_text(as_symbolic_svg(), encoding="utf-8")
    for size_px in PNG_SIZES_PX:
        name = "memtray.png" if size_px == 128 else f"memtray-{size_px}.png"
        as_image(size_px).save(folder / name, optimize=True)
    for level in MARKS:
        as_mark(level).save(folder / f"menu-{level}.png", optimize=True)
    _save_with_sizes(folder / "memtray.ico", ICO_SIZES_PX)
    _save_with_sizes(folder / "memtray.icns", ICNS_SIZES_PX)


def _save_with_sizes(file: Path, sizes_px: tuple[int, ...]) -> None:
    """Write one file with a picture drawn for each size, so that none is scaled."""
    *smaller, largest = map(as_image, sizes_px)
    largest.save(file, sizes=[(size, size) for size in sizes_px], append_images=smaller)


if __name__ == "__main__":
    write_icons(Path(__file__).parent.parent / "icons")
