"""The median, without the modules that Python's `statistics` brings into a resident process."""

from __future__ import annotations

from collections.abc import Iterable


def median(values: Iterable[float]) -> float:
    """The value in the middle; between the two in the middle where their number is even.

    Python's own `statistics` loads `decimal`, `fractions` and `random`: 0.7 MiB kept for this.

    Raises: IndexError if there are no values.
    """
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
