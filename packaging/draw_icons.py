"""Write the mark, from one geometry, as SVG and PNG: `python packaging/draw_icons.py`.

Ten rising bars, the newest in the warning colour, on a dark tile: what the tray icon looks like at
its most telling moment.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

SIZE = 128
RADIUS = 26
TILE = "#1f2733"
BARS = "#4aa3e8"
NEWEST = "#f0a030"
BASE = "#5b6676"
LEFT, BOTTOM, WIDTH, GAP = 19, 98, 8, 1
HEIGHTS = (18, 22, 20, 28, 34, 32, 42, 50, 60, 74)
SHAPES = (
    (14, BOTTOM + 4, 100, 4, BASE),
    *(
        (
            LEFT + index * (WIDTH + GAP),
            BOTTOM - height,
            WIDTH,
            height,
            NEWEST if index == len(HEIGHTS) - 1 else BARS,
        )
        for index, height in enumerate(HEIGHTS)
    ),
)


def as_svg() -> str:
    """The mark as a scalable picture."""
    shapes = "\n".join(
        f'  <rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{color}"/>'
        for x, y, width, height, color in SHAPES
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">\n'
        "  <title>Memtray</title>\n"
        f'  <rect width="{SIZE}" height="{SIZE}" rx="{RADIUS}" fill="{TILE}"/>\n'
        f"{shapes}\n</svg>\n"
    )


def as_image(scale: int = 4) -> Image.Image:
    """The mark in pixels, drawn larger and scaled down for smooth corners."""
    image = Image.new("RGBA", (SIZE * scale, SIZE * scale))
    draw = ImageDraw.Draw(image)
    side = SIZE * scale - 1
    draw.rounded_rectangle((0, 0, side, side), RADIUS * scale, fill=TILE)
    for x, y, width, height, color in SHAPES:
        box = (x * scale, y * scale, (x + width) * scale - 1, (y + height) * scale - 1)
        draw.rectangle(box, fill=color)
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    folder = Path(__file__).parent.parent / "icons"
    (folder / "memtray.svg").write_text(as_svg(), encoding="utf-8")
    as_image().save(folder / "memtray.png", optimize=True)
