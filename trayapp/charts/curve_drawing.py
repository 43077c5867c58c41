"""Drawing the curves of a chart: lines with their bands, and areas on top of each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D

from trayapp.charts.axes import DAY_SECONDS
from trayapp.charts.curves import Curve
from trayapp.charts.size_axis import size_limits
from trayapp.charts.stacking import Layers

HATCHES = (None, "///", "...", "xxx", "\\\\\\", "+++")
"""One for each time that the colours of a stack begin anew."""
MOST_HATCHED = 24
"""Among more layers nobody could tell one from another, and hatches take time."""


def draw_curve(
    axes: Axes,
    curve: Curve,
    colour: str,
    dashes: str | tuple[int, tuple[float, ...]],
    *,
    filled: bool = False,
    faint: bool = False,
) -> Line2D:
    days = curve.times / DAY_SECONDS
    (line,) = axes.plot(
        days, curve.mean, color=colour, linestyle=dashes, linewidth=1.1 if faint else 1.7,
        solid_joinstyle="round",
    )  # fmt: skip
    if filled:
        axes.fill_between(days, 0, curve.mean, color=colour, alpha=0.10, linewidth=0)
    known = np.isfinite(curve.mean)
    before, after = np.roll(known, 1), np.roll(known, -1)
    before[:1], after[-1:] = False, False
    if np.any(alone := known & ~before & ~after):
        axes.plot(days[alone], curve.mean[alone], color=colour, marker="o", ms=3, linestyle="none")
    return line


def draw_bands(axes: Axes, curves: Sequence[Curve], colours: Sequence[str]) -> None:
    """Draw from the least to the greatest value, where a point stands for several samples.

    All bands at once: a hundred of them one by one would take half a second.
    """
    shapes, shape_colours = [], []
    for curve, colour in zip(curves, colours, strict=True):
        if not np.any(curve.high > curve.low):
            continue
        days = curve.times / DAY_SECONDS
        is_known = np.concatenate(([0], np.isfinite(curve.low).astype(int), [0]))
        ends = np.flatnonzero(np.diff(is_known))
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            there = np.column_stack((days[start:end], curve.high[start:end]))
            back = np.column_stack((days[start:end], curve.low[start:end]))[::-1]
            shapes.append(np.concatenate((there, back)))
            shape_colours.append(colour)
    axes.add_collection(
        PolyCollection(
            shapes,
            facecolors=[(colour, 0.22) for colour in shape_colours],
            # The edge keeps a spike visible that is only one pixel wide.
            edgecolors=[(colour, 0.6) for colour in shape_colours],
            linewidths=0.6,
        ),
        autolim=False,
    )


def draw_layers(
    axes: Axes, layers: Layers, curves: Sequence[Curve], colours: Sequence[str], palette_size: int
) -> list[str | None]:
    """Draw the areas of a stack and the thin edges of their spikes; return the hatch of each."""
    days = layers.times / DAY_SECONDS
    hatches: list[str | None] = [None] * len(curves)
    if len(curves) <= MOST_HATCHED:
        # They tell apart what colour alone would not.
        hatches = [HATCHES[curve.slot // palette_size % len(HATCHES)] for curve in curves]
    bottoms = [np.zeros_like(days), *layers.tops[:-1]]
    parts = layers.stretches()
    shapes = [
        [
            np.concatenate(
                (
                    np.column_stack((days[part], top[part])),
                    np.column_stack((days[part], bottom[part]))[::-1],
                )
            )
            for part in parts
        ]
        for top, bottom in zip(layers.tops, bottoms, strict=True)
    ]
    # All of one hatch at once: a hundred areas one by one would take half a second.
    for hatch in dict.fromkeys(hatches):
        places = [place for place, each in enumerate(hatches) if each == hatch]
        axes.add_collection(
            PolyCollection(
                [shape for place in places for shape in shapes[place]],
                facecolors=[(colours[place], 0.55) for place in places for _part in parts],
                edgecolors=[colours[place] for place in places for _part in parts],
                linewidths=0.8,
                hatch=hatch,
            ),
            autolim=False,
        )
    spiky = [
        place for place in range(len(curves)) if np.any(layers.highs[place] > layers.tops[place])
    ]
    axes.add_collection(
        LineCollection(
            [
                np.column_stack((days[part], layers.highs[place][part]))
                for place in spiky
                for part in parts
            ],
            colors=[(colours[place], 0.7) for place in spiky for _part in parts],
            linewidths=0.6,
        ),
        autolim=False,
    )
    return hatches


def limits_of(curves: Sequence[Curve]) -> tuple[float, float]:
    """Return from where to where the size axis goes for these curves."""
    known = [curve for curve in curves if curve.is_known]
    high = max((float(np.nanmax(curve.high)) for curve in known), default=1.0)
    return size_limits(min((float(np.nanmin(curve.low)) for curve in known), default=0.0), high)
