"""The size axis of a chart: how far it goes, and its ticks with their labels."""

from __future__ import annotations

import math

from trayapp.language.catalogue import _, format_number
from trayapp.language.units import unit_for

_STEPS = (1, 2, 5, 10)


def size_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Return sizes between the two that are round in the unit of the largest, with their labels.

    There are about `most`, one more at the utmost, and at least one where `high` is above `low`.
    """
    size, unit = unit_for(max(abs(low), abs(high)))
    # Bytes are whole; anything else may be as fine as its digits tell.
    finest = 1.0 if size == 1 else 1e-6
    raw = max((high - low) / size / most, finest)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in _STEPS if factor * power >= raw * (1 - 1e-9))
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / size / step - 1e-9), math.floor(high / size / step + 1e-9)
    return [
        (
            number * step * size,
            _(unit).format(number=format_number(number * step, digits)) if number else "0",
        )
        for number in range(first, last + 1)
    ]


def size_limits(low: float, high: float) -> tuple[float, float]:
    """Return from where to where an axis goes for sizes between the two.

    From 0 unless that would press every change into the top; at least over a tenth of the size, so
    that noise does not look like growth, and no two sizes are labelled alike.
    """
    if high < 1:  # less than a byte is nothing, and what is left of a number has no tenth
        return 0.0, 1.0
    if low < high / 2:
        return 0.0, high * 1.08
    room = max(high - low, high * 0.1)
    middle = (high + low) / 2
    return max(0.0, middle - room * 0.6), middle + room * 0.6
