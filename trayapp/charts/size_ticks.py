"""Where the size lines of a small chart are, and what stands beside them."""

from __future__ import annotations

import math

from trayapp.language.catalogue import _, format_number
from trayapp.language.units import unit_for

_STEPS = (1, 2, 5, 10)


def size_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Sizes between the two that are round in the unit of the largest, with what they are called.

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
