"""The choices of the trends: ranges as buttons, views and curves as menus."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.charts.palette import Palette
from trayapp.charts.selection import METRICS, RANGES, Selection, metric_label
from trayapp.dataclass import replace
from trayapp.language.catalogue import _
from trayapp.windows.style import style_menu

MENU_ROWS = 24
"""Longer menus go on in a column beside."""


class TrendMenus:
    """Two menus that show a selection; `on_choice` is called with a changed one."""

    def __init__(
        self,
        bar: ttk.Frame,
        gap: int,
        *,
        has_history: bool,
        on_choice: Callable[[Selection], object],
        on_all_targets: Callable[[], object],
    ) -> None:
        """has_history: there are kinds of memory, runs and the machine to choose from."""
        self._has_history = has_history
        self._on_choice, self._on_all_targets = on_choice, on_all_targets
        self._selection = Selection()
        self._metric = tk.StringVar(bar)
        self._stacked = tk.BooleanVar(bar)
        self._runs_of = tk.StringVar(bar)
        self._shown: dict[str, tk.BooleanVar] = {}
        self._view_menu = _add_menu(bar, _("View"), gap)
        self._curve_menu = _add_menu(bar, _("Show"), gap)
        self._application_menu = tk.Menu(self._curve_menu, tearoff=False)
        self._runs_menu = tk.Menu(self._view_menu, tearoff=False)
        self._fill_view_menu()

    def restyle(self, palette: Palette) -> None:
        menus = (self._curve_menu, self._application_menu, self._view_menu, self._runs_menu)
        for menu in menus:
            style_menu(menu, palette)

    def show(
        self, selection: Selection, names: Sequence[str], applications: Sequence[str] = ()
    ) -> None:
        """Tick what is selected of these targets and applications."""
        self._selection = selection
        others = {f"target {name}": plain_name(name) for name in applications}
        entries = {"system": _("System"), "app": _("Memtray itself")} if self._has_history else {}
        entries |= {f"target {name}": plain_name(name) for name in names}
        # Made anew only when the targets are others than before.
        if list(entries | others) != list(self._shown):
            self._fill_curve_menu(entries, others)
            self._fill_runs_menu(names)
        chosen = {f"target {name}" for name in selection.targets}
        chosen |= {"system"} if selection.system else set()
        chosen |= {"app"} if selection.app else set()
        for key, variable in self._shown.items():
            variable.set(key in chosen)
        self._metric.set(selection.metric)
        self._stacked.set(selection.stacked)
        self._runs_of.set(selection.runs_of or "")

    def _fill_view_menu(self) -> None:
        menu = self._view_menu
        for stacked, label in ((False, _("Lines")), (True, _("Stacked areas"))):
            menu.add_radiobutton(
                label=label, value=stacked, variable=self._stacked, command=self._on_view
            )
        if self._has_history:
            menu.add_separator()
            for metric in METRICS:
                menu.add_radiobutton(
                    label=metric_label(metric),
                    value=metric,
                    variable=self._metric,
                    command=self._on_view,
                )
            menu.add_separator()
            menu.add_cascade(label=_("Overlay runs"), menu=self._runs_menu)

    def _fill_curve_menu(self, entries: dict[str, str], others: dict[str, str]) -> None:
        menu = self._curve_menu
        menu.delete(0, "end")
        self._shown = {key: tk.BooleanVar(menu) for key in entries | others}
        menu.add_command(label=_("All tracked programs"), command=self._on_all_targets)
        menu.add_separator()
        for number, (key, label) in enumerate(entries.items(), 2):
            menu.add_checkbutton(
                label=label,
                variable=self._shown[key],
                command=self._on_curves,
                columnbreak=number % MENU_ROWS == 0,
            )
        self._fill_application_menu(others)

    def _fill_application_menu(self, others: dict[str, str]) -> None:
        menu = self._application_menu
        menu.delete(0, "end")
        for number, (key, label) in enumerate(others.items()):
            menu.add_checkbutton(
                label=label,
                variable=self._shown[key],
                command=self._on_curves,
                columnbreak=number > 0 and number % MENU_ROWS == 0,
            )
        if others:
            self._curve_menu.add_separator()
            self._curve_menu.add_cascade(label=_("Not tracked"), menu=menu)

    def _fill_runs_menu(self, names: Sequence[str]) -> None:
        self._runs_menu.delete(0, "end")
        for number, name in enumerate(("", *names)):
            self._runs_menu.add_radiobutton(
                label=plain_name(name) if name else _("No"),
                value=name,
                variable=self._runs_of,
                command=self._on_view,
                columnbreak=number > 0 and number % MENU_ROWS == 0,
            )

    def _on_view(self) -> None:
        before, runs_of = self._selection, self._runs_of.get() or None
        self._on_choice(
            replace(
                before,
                metric=self._metric.get(),
                stacked=self._stacked.get(),
                runs_of=runs_of,
                window=before.window if runs_of == before.runs_of else None,
            )
        )

    def _on_curves(self) -> None:
        chosen = [key for key, variable in self._shown.items() if variable.get()]
        targets = tuple(key.removeprefix("target ") for key in chosen if key.startswith("target "))
        self._on_choice(
            replace(
                self._selection,
                runs_of=None,
                system="system" in chosen,
                app="app" in chosen,
                targets=targets,
            )
        )


class RangeButtons:
    """A button for each range of the time axis; `on_choice` is called with its seconds."""

    def __init__(
        self,
        bar: ttk.Frame,
        gap: int,
        on_choice: Callable[[float | None], object],
        *,
        all_only: bool,
    ) -> None:
        self.ranges = RANGES[-1:] if all_only else RANGES
        self._label = tk.StringVar(bar)
        for one in self.ranges:
            ttk.Radiobutton(
                bar,
                text=_(one.label),
                value=one.label,
                variable=self._label,
                style="Toolbutton",
                command=lambda seconds=one.seconds: on_choice(seconds),  # type: ignore[misc]
            ).pack(side="left", padx=(0, gap // 4))

    def show(self, selection: Selection) -> None:
        """Mark the button of the range that is shown, if there is one."""
        seconds = selection.span_seconds if selection.window is None else -1.0
        self._label.set(next((one.label for one in RANGES if one.seconds == seconds), ""))


def _add_menu(bar: ttk.Frame, text: str, gap: int) -> tk.Menu:
    button = ttk.Menubutton(bar, text=text)
    button.pack(side="left", padx=(0, gap // 2))
    menu = tk.Menu(button, tearoff=False)
    button.configure(menu=menu)
    # As in other toolkits' menu buttons, beside the space bar.
    for key in ("<Return>", "<Down>"):
        button.bind(key, lambda _: button.event_generate("<space>"))
    return menu
