"""The boxes of check buttons: Tk's own mark "on" by a cross, which many read as "no"."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from tkinter import ttk
from typing import Any

from trayapp.charts.palette import Palette
from trayapp.dataclass import NamedTuple
from trayapp.domain.records.colors import parse_color

BOX_PIXELS, GAP_PIXELS = 15, 7
"""On an ordinary screen: of the box, and between it and its text."""
_CORNER, _STROKE = 0.2, 0.13
"""As shares of the box."""
_TICK = ((0.24, 0.53), (0.43, 0.72), (0.77, 0.3))
_ELEMENT = "Memtray.Checkbutton.indicator"


class Look(NamedTuple):
    """One state of a box, with or without its tick."""

    fill: str
    edge: str
    tick: str | None = None
    is_wide: bool = False
    """A wide edge, since it has the keyboard."""


def style_checks(style: ttk.Style, palette: Palette, scale: float) -> None:
    """Draw the boxes in these colours; again after the palette has changed."""
    looks = {
        "off": Look(palette.surface, palette.edge),
        "on": Look(palette.system, palette.system, palette.background),
        "off-focus": Look(palette.surface, palette.system, is_wide=True),
        "on-focus": Look(palette.background, palette.system, palette.system, is_wide=True),
        "off-disabled": Look(palette.background, palette.grid),
        "on-disabled": Look(palette.background, palette.grid, palette.muted),
    }
    images = {key: f"memtray-check-{key}" for key in looks}
    size, gap = round(BOX_PIXELS * scale), round(GAP_PIXELS * scale)
    call = style.tk.call
    for key, look in looks.items():
        if images[key] not in style.tk.splitlist(call("image", "names")):
            call("image", "create", "photo", images[key], "-width", size + gap, "-height", size)
        call(images[key], "put", box_pixels(size, look, palette.background), "-to", 0, 0)
    if _ELEMENT in style.element_names():
        return
    style.element_create(
        _ELEMENT, "image", images["off"],
        ("disabled", "selected", images["on-disabled"]), ("disabled", images["off-disabled"]),
        ("focus", "selected", images["on-focus"]), ("focus", images["off-focus"]),
        ("selected", images["on"]),
        sticky="w",
    )  # fmt: skip
    parts: list[tuple[str, Any]] = [
        (_ELEMENT, {"side": "left", "sticky": ""}),
        ("Checkbutton.label", {"sticky": "nswe"}),
    ]
    style.layout("TCheckbutton", [("Checkbutton.padding", {"sticky": "nswe", "children": parts})])


def box_pixels(size: int, look: Look, ground: str) -> str:
    """Return the picture as Tk takes it: rows of colours."""
    edge_width = max(1.0, size / 15) * (2 if look.is_wide else 1)
    stroke = _STROKE * size / 2
    rows = []
    for places in _places(size):
        row = []
        for outside, from_tick in places:
            colour = _mix(look.fill, look.edge, _cover(outside + edge_width))
            if look.tick is not None:
                colour = _mix(look.tick, colour, _cover(from_tick - stroke))
            row.append(_mix(colour, ground, _cover(outside)))
        rows.append("{" + " ".join(row) + "}")
    return " ".join(rows)


@cache
def _places(size: int) -> list[list[tuple[float, float]]]:
    """Return each pixel's distance from the edge of the box, negative inside, and from the tick."""
    corners = [(across * size, down * size) for across, down in _TICK]
    strokes = list(pairwise(corners))

    def place(at: tuple[float, float]) -> tuple[float, float]:
        return _outside(at, size), min(_distance(at, *stroke) for stroke in strokes)

    return [[place((x + 0.5, y + 0.5)) for x in range(size)] for y in range(size)]


def _outside(at: tuple[float, float], size: int) -> float:
    """Return how far a point is outside of the box with its round corners; negative inside."""
    half, corner = size / 2, _CORNER * size
    across, down = (abs(place - half) - half + corner for place in at)
    return math.hypot(max(across, 0.0), max(down, 0.0)) + min(max(across, down), 0.0) - corner


def _distance(
    at: tuple[float, float], start: tuple[float, float], end: tuple[float, float]
) -> float:
    """Return the distance from a point to a line with ends."""
    along = end[0] - start[0], end[1] - start[1]
    share = ((at[0] - start[0]) * along[0] + (at[1] - start[1]) * along[1]) / (
        along[0] ** 2 + along[1] ** 2
    )
    share = min(1.0, max(0.0, share))
    return math.hypot(at[0] - start[0] - share * along[0], at[1] - start[1] - share * along[1])


def _cover(outside: float) -> float:
    """Return the share of a pixel that is covered, by its middle's distance outside of the form."""
    return min(1.0, max(0.0, 0.5 - outside))


def _mix(over: str, under: str, share: float) -> str:
    if share in (0.0, 1.0):
        return over if share else under
    parts = zip(parse_color(over), parse_color(under), strict=True)
    return "#" + "".join(f"{round(below + (above - below) * share):02x}" for above, below in parts)
