"""Colours: how they are written, and how well one is seen on another."""

from __future__ import annotations

import re

Rgb = tuple[int, int, int]
"""Red, green, blue, 0 to 255 each."""

LEGIBLE_CONTRAST = 3.0
"""The least that WCAG 2.1 (1.4.11) asks of what is no text."""
_FORM = re.compile(r"#[0-9a-fA-F]{6}")
_HALVINGS = 12


def parse_color(text: str) -> Rgb:
    """Read "#rrggbb". Raises: ValueError for anything else."""
    if not _FORM.fullmatch(text):
        raise ValueError(f"not a colour: {text!r}")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def luminance(rgb: Rgb) -> float:
    """Relative luminance as WCAG 2 defines it, 0 (black) to 1 (white)."""
    red, green, blue = (_linear(part / 255) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio as WCAG 2 defines it, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def with_luminance(rgb: Rgb, wanted: float) -> Rgb:
    """The colour of about that luminance and of the same hue: darker, brighter, or paler."""
    low, high = 0.0, 2.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if luminance(_shade(rgb, middle)) < wanted else (low, middle)
    return _shade(rgb, high)


def _shade(rgb: Rgb, place: float) -> Rgb:
    """From black (0) through the hue at its brightest (1) to white (2)."""
    most = max(*rgb, 1)
    brightest = [255 * part / most for part in rgb]
    if place <= 1:
        red, green, blue = (round(place * part) for part in brightest)
    else:
        red, green, blue = (round(part + (place - 1) * (255 - part)) for part in brightest)
    return red, green, blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
