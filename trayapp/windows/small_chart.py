"""Small charts on a Tk canvas: at once there, where a large one would load matplotlib first."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from datetime import datetime
from tkinter import font as tkfont
from typing import Any

from trayapp.charts.palette import LIGHT, Palette
from trayapp.charts.size_axis import size_limits, size_ticks
from trayapp.domain.judging.changes import Bin
from trayapp.domain.records.series import Event, Point
from trayapp.language.catalogue import _
from trayapp.language.units import format_size

_GAP = 8
"""Pixels between text and axes, on an ordinary screen."""
_LEAST_CHANGE = 16 * 1024.0
"""The axis of changes goes at least so far up and down."""
_LIMIT_REACH = 4.0
"""A limit of more than so many times the peak would press everything to the ground."""
_MARK_PIXELS = 26
"""Marks of one kind that are nearer to each other are one."""
_SIZES = 4
"""About so many are written beside an axis."""


class SmallChart(tk.Canvas):
    """One chart, replaced as a whole by each `show_…`, and drawn anew when its size changes."""

    def __init__(self, parent: tk.Misc, *, width: int, height: int, scale: float) -> None:
        super().__init__(parent, width=width, height=height, highlightthickness=0)
        self._scale = scale
        self._font = tkfont.nametofont("TkDefaultFont", self).copy()
        self._font.configure(size=8)
        self._draw: Callable[[], object] = str
        self._palette = LIGHT
        self.bind("<Configure>", lambda _: self._redraw())

    def show_curve(
        self,
        points: Sequence[Point],
        events: Sequence[Event],
        since: float,
        until: float,
        palette: Palette,
        limit_bytes: float | None = None,
    ) -> None:
        """Show sizes over time: the mean as a line, all that was read as a band, events as lines.

        limit_bytes: drawn where it is not too far above.
        """

        def draw() -> None:
            known = [point.maximum for point in points if point.maximum is not None]
            if not known:
                self._write_sentence(_("Nothing recorded yet."))
                return
            top = max(known)
            is_near = limit_bytes is not None and limit_bytes <= _LIMIT_REACH * top
            if limit_bytes is not None and is_near:
                top = max(top, limit_bytes)
            # From zero, as nobody can zoom here: how much of it changes is to be seen.
            floor, ceiling = size_limits(0.0, top)
            left, upper, right, lower = self._axes(floor, ceiling)

            def x(moment: float) -> float:
                return left + (moment - since) / (until - since) * (right - left)

            def y(size: float) -> float:
                return lower - (size - floor) / (ceiling - floor) * (lower - upper)

            for part in _parts(points):
                band = [(x(p.wall_seconds), y(p.maximum or 0.0)) for p in part]
                band += [(x(p.wall_seconds), y(p.minimum or 0.0)) for p in reversed(part)]
                self.create_polygon(band, fill=palette.grid, outline=palette.grid)
                line = [(x(p.wall_seconds), y(p.mean or 0.0)) for p in part]
                # A line needs two points.
                self.create_line(
                    line if len(line) > 1 else line * 2, fill=palette.system,
                    width=max(1, round(1.5 * self._scale)),
                )  # fmt: skip
            if limit_bytes is not None and limit_bytes <= ceiling:
                self.create_line(
                    left, y(limit_bytes), right, y(limit_bytes), fill=palette.levels[3], dash=(4, 3)
                )
                self._write(left, y(limit_bytes) + 2, _("limit"), "nw", palette.levels[3])
            elif limit_bytes is not None:
                # Too far above to be drawn: the curve would lie on the ground.
                text = _("limit {size}").format(size=format_size(limit_bytes))
                self._write(left + 2, upper, f"↑ {text}", "nw", palette.levels[3])
            for event, count in _bundled(events, x, _MARK_PIXELS * self._scale):
                self._mark(event, count, x(event.wall_seconds), upper, lower)
            self.create_line(left, y(0.0), right, y(0.0), fill=palette.muted)
            moments = (since, (since + until) / 2, until)
            texts = [f"{datetime.fromtimestamp(moment):%H:%M}" for moment in moments]
            self._write_times(left, right, lower, texts)

        self._show(draw, palette)

    def show_hours(self, changes: Sequence[float | None], palette: Palette) -> None:
        """Show the change of each hour as a bar up or down from zero."""

        def draw() -> None:
            known = [change for change in changes if change is not None]
            if not known:
                self._write_sentence(_("Nothing recorded yet."))
                return
            # What has hardly changed is not drawn as if it had.
            high, low = max(_LEAST_CHANGE, *known), min(-_LEAST_CHANGE, *known)
            room = 0.08 * (high - low) + 1.0
            left, upper, right, lower = self._axes(low - room, high + room)
            step = (right - left) / len(changes)
            unit = (lower - upper) / (high - low + 2 * room)
            zero = lower + (low - room) * unit
            for number, change in enumerate(changes):
                if change is None:
                    continue
                start = left + number * step
                colour = palette.system if change >= 0 else palette.muted
                end = zero - change * unit
                self._draw_bar(start, step, min(zero - 1, end), max(zero + 1, end), colour)
            self.create_line(left, zero, right, zero, fill=palette.muted)
            hours = _("{hours} h ago")
            count = len(changes)
            texts = (hours.format(hours=count), hours.format(hours=count // 2), _("now"))
            self._write_times(left, right, lower, texts)

        self._show(draw, palette)

    def show_histogram(self, bins: Sequence[Bin], palette: Palette) -> None:
        """Show how many values lie in each bin."""

        def draw() -> None:
            most = max(one.number for one in bins)
            gap = round(_GAP * self._scale)
            row = self._font.metrics("linespace")
            left, right = gap, self.winfo_width() - gap
            upper, lower = row + gap, self.winfo_height() - row - gap
            # A bar as wide as the chart would be no bar.
            step = min((right - left) / len(bins), 64 * self._scale)
            first = (left + right - step * len(bins)) / 2
            for number, one in enumerate(bins):
                start = first + number * step
                height = one.number / most * (lower - upper)
                colour = palette.system if one.low >= 0 else palette.muted
                # What lies far off is outlined: its bar stands for more than its width.
                is_far = one.extreme is not None
                self.create_rectangle(
                    start + 0.06 * step, lower - height, start + 0.94 * step, lower,
                    fill=palette.background if is_far else colour, outline=colour,
                    width=max(1, round(self._scale)) if is_far else 0,
                )  # fmt: skip
                if one.number:
                    place = start + step / 2, lower - height - 2
                    self._write(*place, str(one.number), "s", palette.text)
                # Every second edge, where they would run into each other; under the middle of a
                # single bin, which is no wider than what it is named by.
                if one.extreme is not None:
                    text, anchor = f"… {format_size(one.extreme)}", "n" if number else "nw"
                    self._write(start + step / 2, lower + 3, text, anchor, palette.text)
                elif number % (1 + (len(bins) > 4)) == 0 and not (
                    number == len(bins) - 2 and bins[-1].extreme is not None
                ):
                    alone = len(bins) == 1
                    text, anchor = format_size(one.low), "n" if number or alone else "nw"
                    self._write(start + alone * step / 2, lower + 3, text, anchor, palette.muted)
            self.create_line(gap, lower, right, lower, fill=palette.muted)

        self._show(draw, palette)

    def show_bars(self, sizes: Sequence[float | None], palette: Palette) -> None:
        """Show sizes at moments that nobody knows exactly, oldest first; None is a gap."""

        def draw() -> None:
            known = [size for size in sizes if size is not None]
            if not known:
                self._write_sentence(_("Nothing recorded yet."))
                return
            top = 1.08 * max(known) + 1.0
            left, upper, right, lower = self._axes(0.0, top)
            step = (right - left) / len(sizes)
            for number, size in enumerate(sizes):
                if size is not None:
                    start = left + number * step
                    high = lower - size / top * (lower - upper)
                    self._draw_bar(start, step, high, lower, palette.system)
            self.create_line(left, lower, right, lower, fill=palette.muted)

        self._show(draw, palette)

    def show_text(self, text: str, palette: Palette) -> None:
        self._show(lambda: self._write_sentence(text), palette)

    # -- parts

    def _show(self, draw: Callable[[], object], palette: Palette) -> None:
        self._draw, self._palette = draw, palette
        self.configure(background=palette.background)
        self._redraw()

    def _redraw(self) -> None:
        self.delete("all")
        if self.winfo_width() > 1:
            self._draw()

    def _write_sentence(self, text: str) -> None:
        self.create_text(
            self.winfo_width() // 2, self.winfo_height() // 2, text=text, fill=self._palette.muted,
            font=self._font, width=self.winfo_width() - 20, justify="center",
        )  # fmt: skip

    def _write(self, x: float, y: float, text: str, anchor: str, colour: str) -> None:
        options: dict[str, Any] = {"anchor": anchor, "fill": colour, "font": self._font}
        self.create_text(x, y, text=text, **options)

    def _draw_bar(self, left: float, step: float, top: float, bottom: float, colour: str) -> None:
        self.create_rectangle(
            left + 0.12 * step, top, left + 0.88 * step, bottom, fill=colour, width=0
        )

    def _axes(self, low: float, high: float) -> tuple[float, float, float, float]:
        """Draw size lines and labels; return left, top, right and bottom of what is inside."""
        gap, row = round(_GAP * self._scale), self._font.metrics("linespace")
        ticks = size_ticks(low, high, _SIZES)
        left = gap + max((self._font.measure(label) for _, label in ticks), default=0) + gap
        right, upper, lower = self.winfo_width() - gap, gap, self.winfo_height() - row - gap
        for tick, label in ticks:
            at = lower - (tick - low) / (high - low) * (lower - upper)
            self.create_line(left, at, right, at, fill=self._palette.grid)
            self._write(left - gap, at, label, "e", self._palette.muted)
        return left, upper, right, lower

    def _write_times(self, left: float, right: float, lower: float, texts: Sequence[str]) -> None:
        """Write three texts below the time axis: at its start, its middle and its end."""
        places = ((0.0, "nw"), (0.5, "n"), (1.0, "ne"))
        for (share, anchor), text in zip(places, texts, strict=True):
            x = left + share * (right - left)
            self._write(x, lower + 3, text, anchor, self._palette.muted)

    def _mark(self, event: Event, count: int, at: float, upper: float, lower: float) -> None:
        """Draw a line, and a mark at its top: a triangle for an alert, a circle for the rest.

        Of several that are marked as one, how many; their line ends soon, to leave the curve alone.
        """
        palette, levels = self._palette, ("normal", "warning", "critical", "emergency")
        is_alert = event.kind == "alert" and event.level in levels
        colour = palette.levels[levels.index(event.level)] if is_alert else palette.muted
        size = round(4 * self._scale)
        foot = lower if count == 1 else min(lower, upper + 3 * size)
        self.create_line(at, upper, at, foot, fill=colour, dash=(2, 3))
        if count > 1:
            self._write(at + size + 1, upper, str(count), "w", palette.text)
        if is_alert:
            self.create_polygon(
                at, upper - size, at - size, upper + size, at + size, upper + size, fill=colour
            )
        else:
            self.create_oval(at - size, upper - size, at + size, upper + size, fill=colour, width=0)


def _bundled(
    events: Sequence[Event], x: Callable[[float], float], apart: float
) -> list[tuple[Event, int]]:
    """Return events with their numbers, those of one kind at nearly one place as one."""
    found: list[tuple[Event, int]] = []
    last: dict[tuple[str, str], int] = {}
    for event in sorted(events, key=lambda one: one.wall_seconds):
        key = event.kind, event.level
        place = last.get(key)
        if place is not None and x(event.wall_seconds) - x(found[place][0].wall_seconds) < apart:
            found[place] = found[place][0], found[place][1] + 1
        else:
            last[key] = len(found)
            found.append((event, 1))
    return found


def _parts(points: Sequence[Point]) -> list[list[Point]]:
    """Return the points between gaps."""
    parts: list[list[Point]] = [[]]
    for point in points:
        if point.mean is None:
            parts.append([])
        else:
            parts[-1].append(point)
    return [part for part in parts if part]
