"""Doing what may be done about a program, the same from every window."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from trayapp.charts.labels import plain_name
from trayapp.domain.acting.acts import END, FOLDER, FREE, PROBE, RESTART, ActName
from trayapp.language.catalogue import _
from trayapp.windows.acting_dialog import EndDialog, ProbeDialog, RestartDialog
from trayapp.windows.applet_client import Answer
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.opening import WindowActions
from trayapp.windows.programs import NAME_LENGTH, Program, program_from

_DIALOGS = {END: EndDialog, RESTART: RestartDialog, PROBE: ProbeDialog}


class ProgramActions:
    """Asks the applet what a program allows, and does it. The window's thread.

    announce: shows a line of text for some seconds. on_done: called when something was done that
    may show in any row.
    """

    def __init__(
        self,
        window: BaseWindow,
        actions: WindowActions,
        *,
        announce: Callable[[str], object],
        on_done: Callable[[], object] = str,
    ) -> None:
        self._window, self._actions = window, actions
        self._announce, self._on_done = announce, on_done
        self._dialog: tk.Toplevel | None = None

    def look(
        self, kind: str, name: str, title: str, done: Callable[[Program | None], object]
    ) -> None:
        """Ask what a program is and allows; `done` gets None where the applet does not say."""
        self._window.applet.ask(
            "program",
            {"kind": kind, "name": name},
            lambda answer: done(program_from(kind, name, title, answer)),
            lambda _error: done(None),
        )

    def ask_and_do(self, act: ActName, kind: str, name: str, title: str) -> None:
        """Look at a program, and do one thing about it."""

        def on_program(program: Program | None) -> None:
            if program is None or not program.processes:
                shown = plain_name(title, NAME_LENGTH)
                self._announce(_("{name} has already exited.").format(name=shown))
            else:
                self.do(act, program)

        self.look(kind, name, title, on_program)

    def do(self, act: ActName, program: Program) -> None:
        """Do it, or ask first where something ends by it."""
        if act in _DIALOGS:
            if self._dialog is not None and self._dialog.winfo_exists():
                self._dialog.destroy()
            dialog = _DIALOGS[act](self._window, program, self._on_outcome)
            self._dialog = dialog
            dialog.open()
        elif act == FREE:
            self._announce(_("Freeing memory of {name}…").format(name=program.title))
            self._ask("free", program, self._on_freed)
        elif act == FOLDER:
            self._ask("describe", program, self._on_described)

    def _on_outcome(self, text: str) -> None:
        self._on_done()
        self._announce(text)

    def _on_freed(self, answer: Answer) -> None:
        self._on_outcome(str(answer.get("text", "")))

    def _on_described(self, answer: Answer) -> None:
        pid, started = answer.get("pid"), answer.get("started_at")
        if isinstance(pid, int):
            moment = float(started) if isinstance(started, (int, float)) else None
            self._window.run_errand(
                lambda: self._actions.open_folder(pid, moment),
                lambda error: self._announce(str(error)),
            )

    def _ask(self, verb: str, program: Program, done: Callable[[Answer], object]) -> None:
        self._window.applet.ask(
            verb, program.arguments, done, lambda error: self._announce(str(error))
        )
