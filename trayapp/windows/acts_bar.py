"""A row of buttons for what may be done about the program that a window shows."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from tkinter import ttk

from trayapp.domain.acting.acts import Act, ActName, acts_of
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.opening import WindowActions
from trayapp.windows.program_actions import ProgramActions
from trayapp.windows.programs import Process, Program

_LOOK_SECONDS = 3.0
"""How often the applet is asked what the program allows."""
_OUTCOME_SECONDS = 15.0


class ActsBar(ttk.Frame):
    """Shows the acts of one program; one that is not possible is grey and says why."""

    def __init__(
        self,
        window: BaseWindow,
        actions: WindowActions,
        gap: int,
        on_processes: Callable[[Sequence[Process]], object],
    ) -> None:
        """`on_processes` is called with those of the program, whenever it was asked about."""
        super().__init__(window.root, padding=(gap, 0, gap, gap // 2))
        self._window = window
        self._on_processes = on_processes
        self._buttons = ttk.Frame(self)
        self._buttons.pack(side="left")
        self._outcome = tk.StringVar(self)
        self._outcome_until = 0.0
        self._label = ttk.Label(
            self, textvariable=self._outcome, style="Hint.TLabel", justify="left"
        )
        self._label.pack(side="left", padx=(gap // 2, 0))
        self._programs = ProgramActions(window, actions, announce=self._announce)
        self._subject = ("", "", "")
        self._acts: tuple[Act, ...] = ()
        self._wanted: ActName | None = None
        self._looked_at = float("-inf")
        self._shown: Program | None = None
        self.bind("<Configure>", lambda event: self._wrap(event.width))

    def choose(self, kind: str, name: str, title: str, wanted: ActName | None = None) -> None:
        """Show the acts of another program; wanted: what to ask about at once."""
        if (kind, name) != self._subject[:2]:
            self._show_acts(())
            self._outcome.set("")
        self._subject, self._wanted = (kind, name, title), wanted
        self._looked_at = float("-inf")

    def refresh(self) -> None:
        """Ask the applet if it is time; called every second."""
        now = time.monotonic()
        if now > self._outcome_until:
            self._outcome.set("")
        if now - self._looked_at >= _LOOK_SECONDS and self._subject[1]:
            self._looked_at = now
            subject = self._subject
            self._programs.look(*subject, partial(self._on_program, subject))

    def _on_program(self, subject: tuple[str, str, str], program: Program | None) -> None:
        if subject != self._subject:
            return
        self._shown = program
        self._on_processes(program.processes if program else ())
        self._show_acts(acts_of(program.facts) if program else ())
        wanted, self._wanted = self._wanted, None
        if program is None or wanted is None:
            return
        if any(act.name == wanted and act.is_possible for act in self._acts):
            self._programs.do(wanted, program)

    def _show_acts(self, acts: tuple[Act, ...]) -> None:
        if acts == self._acts:
            return
        self._acts = acts
        for button in self._buttons.winfo_children():
            button.destroy()
        # Tk leaves a frame as large as it was when the last of its widgets goes.
        self._buttons.configure(width=1, height=1)
        for act in acts:
            button = ttk.Button(self._buttons, text=act.text, command=partial(self._do, act.name))
            button.state(["!disabled"] if act.is_possible else ["disabled"])
            button.pack(side="left", padx=(0, self._window.px(8)))

    def _do(self, act: ActName) -> None:
        if self._shown is not None and self._shown.processes:
            self._programs.do(act, self._shown)

    def _announce(self, text: str) -> None:
        self._outcome.set(text)
        self._outcome_until = time.monotonic() + _OUTCOME_SECONDS

    def _wrap(self, width: int) -> None:
        room = width - self._buttons.winfo_reqwidth() - self._window.px(40)
        self._label.configure(wraplength=max(self._window.px(80), room))
