"""Curves on top of each other: the same moments for all, and nothing where nothing ran."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trayapp.charts.curves import Curve, Floats
from trayapp.dataclass import NamedTuple

COLUMNS = 700
COLUMNS_IN_ALL = 30_000
"""Where there are many layers, each gets fewer columns."""


class Layers(NamedTuple):
    """A stack; all arrays of shape (n,)."""

    times: Floats
    """Wall seconds."""
    tops: list[Floats]
    """Where each layer ends by its mean, the lowest first."""
    highs: list[Floats]
    """Where it would end by its greatest value: no spike is hidden."""
    rest: Floats | None
    """What the machine uses beside them; NaN where that is not known."""
    seen: npt.NDArray[np.bool_]
    """Where anything is known at all: between two such stretches nothing is to be drawn."""

    def stretches(self) -> list[slice]:
        """Return the parts in which something is known."""
        edges = np.flatnonzero(np.diff(np.concatenate(([0], self.seen.astype(int), [0]))))
        return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def stack(
    curves: Sequence[Curve], since: float, until: float, whole: Curve | None = None
) -> Layers:
    """Stack `curves`, the first lowest; `whole` is what they are parts of."""
    times = np.linspace(since, until, min(COLUMNS, max(200, COLUMNS_IN_ALL // (len(curves) + 1))))
    base = np.zeros_like(times)
    tops, highs = [], []
    for curve in curves:
        highs.append(base + _on(times, curve, curve.high))
        base = base + _on(times, curve, curve.mean)
        tops.append(base)
    seen = np.zeros(len(times), dtype=bool)
    for curve in (*curves, *(() if whole is None else (whole,))):
        seen |= _on(times, curve, np.ones_like(curve.mean)) > 0
    rest = None
    if whole is not None:
        used = _on(times, whole, whole.mean)
        # Shared pages count in every process: the sum may be more than what is in use.
        rest = np.where(used > 0, np.maximum(used, base), np.nan)
    return Layers(times, tops, highs, rest, seen)


def _on(times: Floats, curve: Curve, values: Floats) -> Floats:
    """Return the values at other times, 0 in gaps; extremes between two columns are kept."""
    if not curve.is_known:
        return np.zeros_like(times)
    known = np.isfinite(curve.mean)
    steps = np.diff(curve.times)
    reach = max(3 * float(np.median(steps)) if len(steps) else 1.0, times[1] - times[0])
    right = np.clip(np.searchsorted(curve.times, times), 0, len(curve.times) - 1)
    left = np.maximum(right - 1, 0)
    is_left = np.abs(curve.times[left] - times) < np.abs(curve.times[right] - times)
    nearest = np.where(is_left, left, right)
    is_there = known[nearest] & (np.abs(curve.times[nearest] - times) <= reach)
    found = np.where(is_there, np.nan_to_num(values[nearest]), 0.0)
    if values is curve.high:
        column = np.searchsorted(times, curve.times[known])
        np.maximum.at(found, np.clip(column, 0, len(times) - 1), values[known])
    return found
