"""The window of `memtray about`."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from tkinter import ttk

from trayapp import __version__
from trayapp.language.catalogue import _
from trayapp.paths import current_paths
from trayapp.windows.applet_client import Applet
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.opening import LiveOptions, WindowActions
from trayapp.windows.single_instance import Listener


class AboutWindow(BaseWindow):
    """A few lines that can be copied, and two buttons; main thread only."""

    def __init__(self, options: LiveOptions, actions: WindowActions, listener: Listener) -> None:
        """Build it. Raises: WindowError where there is no display."""
        title = _("About Memtray")
        super().__init__(title, Applet(options.runtime), listener, dark=options.is_dark)
        gap = self.px(12)
        frame = ttk.Frame(self.root, padding=gap)
        frame.pack(fill="both", expand=True)
        ttk.Label(frame, text="Memtray", style="Name.TLabel").grid(
            row=0, column=0, columnspan=2, sticky="w"
        )
        ttk.Label(
            frame, text=_("Watches memory and warns you before it becomes a problem."),
            style="Hint.TLabel",
        ).grid(row=1, column=0, columnspan=2, sticky="w", pady=(0, gap))  # fmt: skip
        for row, (label, value) in enumerate(about_rows(), start=2):
            ttk.Label(frame, text=label, style="Hint.TLabel").grid(row=row, column=0, sticky="w")
            shown = ttk.Entry(frame, width=max(36, min(60, len(value))))
            shown.insert(0, value)
            shown.configure(state="readonly")
            shown.grid(row=row, column=1, sticky="ew", padx=(gap, 0), pady=self.px(2))
        frame.columnconfigure(1, weight=1)
        self._problem = ttk.Label(frame, style="Error.TLabel")
        buttons = ttk.Frame(self.root, padding=(gap, 0, gap, gap))
        buttons.pack(fill="x")
        manual = ttk.Button(
            buttons, text=_("Manual"),
            command=lambda: self.run_errand(actions.open_manual, self._show_problem),
        )  # fmt: skip
        manual.pack(side="left")
        ttk.Button(buttons, text=_("Close"), command=self.close).pack(side="right")
        self.bind_keys(("q", "<Escape>"), self.close)
        manual.focus_set()

    def _show_problem(self, error: Exception) -> None:
        self._problem.configure(text=str(error))
        self._problem.grid(row=99, column=0, columnspan=2, sticky="w")


def about_rows() -> Sequence[tuple[str, str]]:
    """Return labels and values, as a person would copy them into a report of a fault."""
    paths = current_paths()
    return (
        (_("Version"), __version__),
        (_("System"), f"{platform.system()} {platform.release()}"),
        (_("Python"), platform.python_version()),
        (_("Settings file"), str(paths.settings_file)),
        (_("History file"), str(paths.history_file)),
        (_("Licence"), "MIT"),
    )
