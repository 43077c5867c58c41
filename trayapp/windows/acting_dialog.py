"""The questions before a program is ended or restarted, and what became of it."""

from __future__ import annotations

import sys
import time
import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.language.catalogue import _, ngettext
from trayapp.language.units import format_size
from trayapp.windows.applet_client import Answer
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.dialog import Dialog
from trayapp.windows.programs import (
    GRACE_SECONDS,
    NAME_LENGTH,
    PROBE_LINES,
    Process,
    Program,
    end_warning,
    process_lines,
    restart_warning,
)

_POLL_MILLISECONDS = 250

Announce = Callable[[str], object]


class ActDialog(Dialog):
    """A question about one program, with its processes."""

    def __init__(
        self, window: BaseWindow, program: Program, title: str, announce: Announce
    ) -> None:
        """announce: is called with a sentence on what became of it."""
        super().__init__(window, title)
        self._program, self._announce = program, announce
        self._name = plain_name(program.title, NAME_LENGTH)

    def list_processes(self, processes: Sequence[Process]) -> None:
        """Show the largest of these."""
        for child in self.body.winfo_children():
            child.destroy()
        lines = process_lines(processes, time.time())
        ttk.Label(self.body, text=lines, style="Hint.TLabel", justify="left").pack(anchor="w")

    def ask(self, verb: str, done: Callable[[Answer], object], **more: object) -> None:
        """Ask the applet about the program; a refusal is shown, and the dialog stays."""

        def on_answer(answer: Answer) -> None:
            if self.winfo_exists():
                done(answer)

        def on_failure(error: Exception) -> None:
            if self.winfo_exists():
                self.say(str(error), is_error=True)
                self.offer((_("Close"), self.destroy))

        arguments = self._program.arguments | more
        self._window.applet.ask(verb, arguments, on_answer, on_failure)

    def finish(self, text: str) -> None:
        """Close, and say what became of it."""
        self.destroy()
        self._announce(text)


class EndDialog(ActDialog):
    """Asks once, asks the program politely, and after a while offers to use force."""

    def __init__(self, window: BaseWindow, program: Program, announce: Announce) -> None:
        name = plain_name(program.title, NAME_LENGTH)
        super().__init__(window, program, _("End {name}?").format(name=name), announce)
        self._left = program.processes
        self._since = 0.0
        self._is_forced = False
        self.say(end_warning(sys.platform))
        self.list_processes(program.processes)
        self.offer((_("End"), self._end), (_("Cancel"), self.destroy))

    def _end(self, *, force: bool = False) -> None:
        self._is_forced = force
        self.say(_("Waiting for it to end…"))
        self.offer((_("Close"), self.destroy))
        pairs = [process.pair for process in self._left]
        self.ask("end", self._on_asked, processes=pairs, force=force)

    def _on_asked(self, answer: Answer) -> None:
        self._since = time.monotonic()
        refusals = answer.get("refusals")
        self._refusal = str(refusals[0]) if isinstance(refusals, list) and refusals else ""
        self._poll()

    def _poll(self) -> None:
        if self.winfo_exists():
            pairs = [process.pair for process in self._left]
            self.ask("running", self._on_running, processes=pairs)

    def _on_running(self, answer: Answer) -> None:
        found = answer.get("processes")
        running = found if isinstance(found, list) else []
        self._left = tuple(process for process in self._left if process.pair in running)
        if not self._left:
            self._on_ended()
            return
        if time.monotonic() - self._since >= GRACE_SECONDS:
            self._offer_force()
        self.after(_POLL_MILLISECONDS, self._poll)

    def _offer_force(self) -> None:
        if self._since == float("inf"):
            return
        self._since = float("inf")
        self.list_processes(self._left)
        if self._is_forced:
            # Not even force helps: it waits in the kernel, or belongs to somebody else.
            self.say(self._refusal or _("It is still running; the system could not end it."))
            return
        count = len(self._left)
        text = ngettext(
            "{count} process is still running. If you force it to end, unsaved work is lost.",
            "{count} processes are still running. If you force them to end, unsaved work is lost.",
            count,
        )
        self.head(_("Force {name} to end?").format(name=self._name))
        self.say(self._refusal or text.format(count=count))
        self.offer((_("Force end"), lambda: self._end(force=True)), (_("Close"), self.destroy))

    def _on_ended(self) -> None:
        sizes = [process.rss_bytes or 0.0 for process in self._program.processes]
        text = _("{name} has exited; it used {size}.")
        self.finish(text.format(name=self._name, size=format_size(sum(sizes))))


class RestartDialog(ActDialog):
    """Asks once, and waits for who starts the program again."""

    def __init__(self, window: BaseWindow, program: Program, announce: Announce) -> None:
        name = plain_name(program.title, NAME_LENGTH)
        super().__init__(window, program, _("Restart {name}?").format(name=name), announce)
        self.say(restart_warning(program.facts) if program.facts else "")
        self.list_processes(program.processes)
        self.offer((_("Restart"), self._restart), (_("Cancel"), self.destroy))

    def _restart(self) -> None:
        self.say(_("Waiting for it to restart…"))
        self.offer((_("Close"), self.destroy))
        self.ask("restart", lambda answer: self.finish(str(answer.get("text", ""))))


class ProbeDialog(ActDialog):
    """Shows what to add to a program, and copies it."""

    def __init__(self, window: BaseWindow, program: Program, announce: Announce) -> None:
        super().__init__(window, program, _("Add the Python probe"), announce)
        self.say(
            _(
                "Add these lines to {name}. After its next start, Memtray can free its memory and "
                "shows its components, caches and tasks."
            ).format(name=self._name)
        )
        palette = window.palette
        lines = PROBE_LINES.strip().split("\n")
        text = tk.Text(
            self.body, height=len(lines), width=40, relief="flat", background=palette.surface,
            foreground=palette.text, highlightthickness=0, padx=window.px(8), pady=window.px(6),
        )  # fmt: skip
        text.insert("1.0", "\n".join(lines))
        text.configure(state="disabled")
        text.pack(fill="x")
        self.offer((_("Copy"), self._copy), (_("Close"), self.destroy))

    def _copy(self) -> None:
        root = self._window.root
        root.clipboard_clear()
        root.clipboard_append(PROBE_LINES)
        self.finish(_("The lines are copied."))
