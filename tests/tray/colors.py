"""What eyes make of colours: contrast, difference, and the three kinds of colour blindness."""

from __future__ import annotations

import math

Rgb = tuple[int, int, int]
_Triple = tuple[float, float, float]
_Matrix = tuple[_Triple, _Triple, _Triple]

#: Complete loss of one kind of cone, for linear RGB.
#: Source: Machado, Oliveira, Fernandes (2009), doi:10.1109/TVCG.2009.113, table 1, severity 1.0.
SIGHTS: dict[str, _Matrix] = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
_TO_XYZ: _Matrix = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_WHITE: _Triple = (0.95047, 1.0, 1.08883)


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio as WCAG 2 defines it, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def difference(one: Rgb, other: Rgb, sight: str) -> float:
    """Distance in CIELAB (CIE 1976, D65) as seen by one of SIGHTS; black to white is 100."""
    return math.dist(_lab(one, sight), _lab(other, sight))


def _luminance(rgb: Rgb) -> float:
    red, green, blue = _linear(rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(rgb: Rgb) -> _Triple:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in rgb)
    )
    return red, green, blue


def _times(matrix: _Matrix, vector: _Triple) -> _Triple:
    x, y, z = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def _lab(rgb: Rgb, sight: str) -> _Triple:
    red, green, blue = (min(max(part, 0.0), 1.0) for part in _times(SIGHTS[sight], _linear(rgb)))
    x, y, z = (
        _bent(part / white)
        for part, white in zip(_times(_TO_XYZ, (red, green, blue)), _WHITE, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _bent(share: float) -> float:
    edge = 6 / 29
    return share ** (1 / 3) if share > edge**3 else share / (3 * edge**2) + 4 / 29
