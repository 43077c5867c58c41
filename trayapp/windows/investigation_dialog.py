"""The question before a program's objects are looked at, and what was found."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from pathlib import Path
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.domain.showing.investigation import findings, pause_text, refusal_text
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration
from trayapp.paths import current_paths
from trayapp.settings.file import SettingsFile
from trayapp.windows.applet_client import Answer
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.dialog import Dialog
from trayapp.windows.investigation import BETWEEN_SECONDS, Investigator, as_lines
from trayapp.windows.programs import NAME_LENGTH

_WIDTH, _LINES, _COLUMNS = 620, 24, 92


class InvestigationDialog(Dialog):
    """Says how long the program will pause, looks twice if the person agrees, shows what was found.

    Everything in it happens in the main thread; the probe is asked in others.
    """

    def __init__(
        self, window: BaseWindow, name: str, runtime: Path, keys: Sequence[tuple[int, int]]
    ) -> None:
        """keys: pid and start time of the program's processes, the largest first."""
        self._subject = plain_name(name, NAME_LENGTH)
        super().__init__(window, _("Investigate {name}?").format(name=self._subject), _WIDTH)
        ttk.Frame(self.body, width=window.px(_WIDTH)).pack()  # it keeps its width
        self._investigator: Investigator | None = None
        self._longest_seconds = 0.0
        self.say(_("Asking the program…"))
        self.offer((_("Cancel"), self.destroy))
        self.do(lambda: self._prepare(runtime, keys), self._on_plan)

    def _prepare(self, runtime: Path, keys: Sequence[tuple[int, int]]) -> Answer:
        """Find the probe. A background thread; raises MemtrayError."""
        settings = SettingsFile(current_paths().settings_file).settings
        self._longest_seconds = settings.diagnosis.longest_pause_seconds
        self._investigator = Investigator(runtime, keys)
        return self._investigator.plan()

    def _on_plan(self, plan: Answer) -> None:
        estimated = plan.get("estimated_seconds")
        is_long = isinstance(estimated, int | float) and estimated > self._longest_seconds
        between = format_duration(BETWEEN_SECONDS)
        text = _("Memtray takes two samples, {time} apart, and shows what has grown in between.")
        texts = [pause_text(self._subject, plan), text.format(time=between)]
        if is_long:
            texts.append(f"⚠ {refusal_text(self._subject, plan, self._longest_seconds)}.")
        self.say("\n".join(texts), is_error=is_long)
        label = _("Investigate anyway") if is_long else _("Investigate")
        self.offer((label, self._begin), (_("Cancel"), self.destroy))

    def _begin(self) -> None:
        self.say(_("Investigating…"))
        self.offer((_("Cancel"), self.destroy))
        self.do(self._look, self._on_first)

    def _look(self) -> Answer:
        assert self._investigator is not None  # noqa: S101  (there is no button before that)
        # The person has seen how long it takes.
        return self._investigator.look(self._longest_seconds, is_forced=True)

    def _on_first(self, _told: Answer) -> None:
        self.say(_("Second sample in {time}…").format(time=format_duration(BETWEEN_SECONDS)))
        self.after(round(1000 * BETWEEN_SECONDS), lambda: self.do(self._look, self._on_found))

    def _on_found(self, told: Answer) -> None:
        self.head(_("What the memory of {name} consists of").format(name=self._subject))
        self.say("")
        lines = as_lines(findings(told))
        self._show(lines)
        self.offer((_("Copy"), lambda: self._copy("\n".join(lines))), (_("Close"), self.destroy))
        self.place_anew()

    def _show(self, lines: Sequence[str]) -> None:
        palette, window = self._window.palette, self._window
        bar = ttk.Scrollbar(self.body)
        text = tk.Text(
            self.body, height=min(_LINES, len(lines) + 1), width=_COLUMNS, wrap="word",
            relief="flat", background=palette.surface, foreground=palette.text,
            highlightthickness=0, padx=window.px(8), pady=window.px(6),
            yscrollcommand=bar.set, font="TkDefaultFont",
        )  # fmt: skip
        bar.configure(command=text.yview)
        bold = tkfont.nametofont("TkDefaultFont", window.root).copy()
        bold.configure(weight="bold")
        self._bold = bold  # Tk forgets a font that nobody holds
        text.tag_configure("heading", font=bold)
        for line in lines:
            is_heading = bool(line) and not line.startswith(" ")
            text.insert("end", f"{line}\n", "heading" if is_heading else "")
        text.configure(state="disabled")
        bar.pack(side="right", fill="y")
        text.pack(side="left", fill="both", expand=True)
        text.bind("<Up>", lambda _: text.yview_scroll(-1, "units"))
        text.bind("<Down>", lambda _: text.yview_scroll(1, "units"))

    def _copy(self, text: str) -> None:
        root = self._window.root
        root.clipboard_clear()
        root.clipboard_append(text)
