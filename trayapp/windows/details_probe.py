"""The report of a program's own probe in its details: in words, and its components."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.language.catalogue import _
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.component_list import ComponentList
from trayapp.windows.node_report import is_node
from trayapp.windows.probe_reports import (
    MOST_COMPONENTS,
    Report,
    components_of,
    inside_text,
    no_probe,
)


class ProbePane(ttk.Frame):
    """The reports of probes; `on_components` is called with whether components are shown."""

    def __init__(
        self,
        window: BaseWindow,
        gap: int,
        bold: tkfont.Font,
        on_components: Callable[[bool], object],
        on_investigate: Callable[[], object],
        on_dump: Callable[[], object],
    ) -> None:
        """Make it; on_investigate and on_dump are called when their buttons are pressed."""
        super().__init__(window.root, padding=(gap, window.px(6), gap, window.px(10)))
        self._window, self._gap, self._on_components = window, gap, on_components
        self._text = tk.StringVar(self)
        self.columnconfigure((0, 1), weight=1, uniform="half")
        head = ttk.Frame(self)
        head.grid(sticky="ew")
        self._title = ttk.Label(head, text=_("Python probe"), font=bold)
        self._title.pack(side="left")
        self._investigate = ttk.Button(head, text=_("Investigate…"), command=on_investigate)
        self._dump = ttk.Button(head, text=_("Write a dump…"), command=on_dump)
        self._label = ttk.Label(self, textvariable=self._text, style="Hint.TLabel", justify="left")
        self._components_title = ttk.Label(self, text=_("Components"), font=bold)
        self._components = ComponentList(self, scale=window.scale)
        self._components_title.grid(row=0, column=1, sticky="w", padx=(gap, 0))
        self._components.grid(row=1, column=1, sticky="new", padx=(gap, 0))

    def show(
        self,
        reports: Sequence[Report],
        rss_bytes: float | None,
        *,
        is_brief: bool,
        has_heap: bool = False,
    ) -> None:
        """Show what the probes of a target report; rss_bytes: of all of its processes.

        is_brief: without its memory, which is described beside its figures.
        has_heap: whether a runtime without a probe is known to have one (Java).
        """
        text = inside_text(reports[0], time.time(), is_brief=is_brief) if reports else no_probe()
        self._text.set(text)
        is_of_node = bool(reports) and is_node(reports[0])
        self._title.configure(text=_("Node.js probe") if is_of_node else _("Python probe"))
        if reports and reports[0].get("runtime", "python") == "python":
            self._investigate.pack(side="left", padx=(self._gap, 0))
        else:
            self._investigate.pack_forget()
        if reports or has_heap:
            self._dump.pack(side="left", padx=(self._gap // 2, 0))
        else:
            self._dump.pack_forget()
        found = components_of(reports, rss_bytes)
        self._components.show(found[:MOST_COMPONENTS], len(found), self._window.palette)
        for part in (self._components_title, self._components):
            if found:
                part.grid()
            else:
                part.grid_remove()
        self._on_components(bool(found))
        self._label.grid(row=1, column=0, columnspan=1 if found else 2, sticky="nw")
        self.wrap(self._window.root.winfo_width())

    def show_problem(self, text: str) -> None:
        self._text.set(text)

    def wrap(self, width: int) -> None:
        """Break the lines of the text for a window of this width."""
        inner = width - 2 * self._gap
        half = (inner - self._gap) // 2
        is_beside = bool(self._components.winfo_manager())
        if half > 0:  # before it is shown the window has no width
            self._label.configure(wraplength=half if is_beside else inner)
