"""The figures in the details: how much memory, of which kind, and how it has changed."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.domain.judging.changes import change_over
from trayapp.domain.records.series import Point
from trayapp.domain.showing.table import TableRow, taken_bytes
from trayapp.language.catalogue import N_, _
from trayapp.language.units import format_size
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.columns import FIGURES, TEXTS

CHANGES = {"minute": 60.0, "ten": 600.0, "hour": 3600.0}
"""Seconds of each change that is shown."""
_IN_A_ROW = 8
_CAPTIONS = {
    "memory": N_("Memory"),
    "private": N_("Private (USS)"),
    "peak": N_("Peak"),
    "minute": N_("Change, 1 min"),
    "ten": N_("Change, 10 min"),
    "hour": N_("Change, 1 h"),
    "rate": N_("Change/s"),
    "share": N_("% of limit"),
    "resident": N_("Resident (RSS)"),
    "proportional": N_("Proportional (PSS)"),
    "swap": N_("Swapped"),
    "virtual": N_("Virtual size"),
    "committed": N_("Committed"),
    "kernel_peak": N_("Kernel peak"),
    "cpu": N_("CPU"),
}
_TEXTS: Mapping[str, Callable[[TableRow], str]] = {
    **FIGURES,
    **{key: TEXTS[key] for key in ("memory", "share")},
    "rate": TEXTS["delta"],
}
"""The text of each figure that a row of the table has, too."""


class FiguresPane(ttk.Frame):
    """Captions with their figures below, and notes about them."""

    def __init__(self, window: BaseWindow, gap: int, bold: tkfont.Font) -> None:
        super().__init__(window.root, padding=(gap, window.px(4), gap, window.px(12)))
        self._figures: dict[str, tk.StringVar] = {}
        for number, (key, caption) in enumerate(_CAPTIONS.items()):
            self._figures[key] = tk.StringVar(self, "–")
            row, column = divmod(number, _IN_A_ROW)
            self.columnconfigure(column, weight=1)
            ttk.Label(self, text=_(caption), style="Hint.TLabel").grid(
                row=2 * row, column=column, sticky="w", pady=(row * window.px(6), 0)
            )
            ttk.Label(self, textvariable=self._figures[key], font=bold).grid(
                row=2 * row + 1, column=column, sticky="w", padx=(0, window.px(8))
            )
        self._notes = ttk.Label(self, style="Hint.TLabel")
        self._notes.grid(row=4, column=0, columnspan=_IN_A_ROW, sticky="w")
        self._notes.grid_remove()

    def show(self, row: TableRow, hour: Sequence[Point], notes: str) -> None:
        """Show the figures of a row.

        hour: its last hour as it was recorded; notes: lines about them, such as why its private
        memory is a dash, or old.
        """
        for key, text in _TEXTS.items():
            self._figures[key].set(text(row))
        self._figures["peak"].set(format_size(_peak(row, hour)))
        now, size_bytes = time.time(), taken_bytes(row)
        points = [*hour]
        if size_bytes is not None:
            points.append(Point(now, size_bytes, size_bytes, size_bytes))
        for key, seconds in CHANGES.items():
            self._figures[key].set(format_change(change_over(points, seconds, now)))
        if notes:
            self._notes.configure(text=notes)
            self._notes.grid()
        else:
            self._notes.grid_remove()


def _peak(row: TableRow, hour: Sequence[Point]) -> float | None:
    """Return the peak since Memtray started, or of the last hour where that is all there is."""
    peaks = (row.peak_bytes, *row.bars, *(point.maximum for point in hour))
    return max((peak for peak in peaks if peak is not None), default=None)


def format_change(change_bytes: float | None) -> str:
    """Return a change in size with its sign."""
    sign = "+" if change_bytes is not None and change_bytes >= 1 else ""
    return f"{sign}{format_size(change_bytes)}"
