"""A number of two digits in whole pixels, of any size: strokes as on a pocket calculator."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from trayapp.dataclass import NamedTuple

LEAST_TALL = 7
"""Rows below which a digit cannot be read."""
_STROKES = ("tlrdgb", "rg", "trmdb", "trmgb", "lrmg", "tlmgb", "tlmdgb", "trg", "tlrmdgb", "tlrmgb")
"""Which strokes each digit has: Top, Middle, Bottom; at the left l and, below it, d; then r, g."""
_UNKNOWN = ("m", "m")
_LARGEST = 99


class Box(NamedTuple):
    """A rectangle of pixels."""

    left: int
    top: int
    width: int
    height: int


class Figure(NamedTuple):
    """The size of one digit, in pixels."""

    stroke: int
    """How thick its lines are, and how far it is from the next digit."""
    wide: int
    tall: int


@functools.lru_cache(maxsize=64)
def fit_figure(width: int, height: int) -> Figure | None:
    """Return the largest digits of which two fit side by side; None: too small to read."""
    stroke = max(1, min((width + 2) // 9, height // 5))
    tall = 3 * stroke + (height - 3 * stroke) // 2 * 2
    wide = min((width - stroke) // 2, 2 * tall // 3)
    if tall < LEAST_TALL or wide <= 2 * stroke:
        return None
    return Figure(stroke, wide, tall)


def number_strokes(percent: int | None, figure: Figure) -> tuple[int, list[Box]]:
    """Return the width of the whole number, and its strokes from its upper left corner.

    More than 99 is 99, which is as much as there is room for; None is two dashes.
    """
    digits = _UNKNOWN if percent is None else str(min(max(percent, 0), _LARGEST))
    step = figure.wide + figure.stroke
    boxes = [
        box._replace(left=box.left + index * step)
        for index, digit in enumerate(digits)
        for box in _boxes(_STROKES[int(digit)] if digit.isdigit() else digit, figure)
    ]
    return len(digits) * step - figure.stroke, boxes


def _boxes(strokes: str, figure: Figure) -> Iterator[Box]:
    thick, wide, tall = figure
    far, half = wide - thick, (tall - thick) // 2
    places = {
        "t": Box(0, 0, wide, thick),
        "m": Box(0, half, wide, thick),
        "b": Box(0, tall - thick, wide, thick),
        "l": Box(0, 0, thick, half + thick),
        "r": Box(far, 0, thick, half + thick),
        "d": Box(0, half, thick, half + thick),
        "g": Box(far, half, thick, half + thick),
    }
    return (places[stroke] for stroke in strokes)
