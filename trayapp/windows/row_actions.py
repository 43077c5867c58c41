"""The menu of a row of the table: what can be done with a target or application."""

from __future__ import annotations

import shlex
import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from tkinter import messagebox

from trayapp.charts.labels import plain_name
from trayapp.charts.palette import Palette
from trayapp.dataclass import dataclass, replace
from trayapp.domain.acting.acts import END, ActName, acts_of
from trayapp.domain.showing.table import (
    APP,
    APPLICATION,
    PAST,
    PROCESS,
    TARGET,
    TableRow,
    name_text,
)
from trayapp.language.catalogue import _
from trayapp.windows.applet_client import Answer
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.opening import WindowActions
from trayapp.windows.program_actions import ProgramActions
from trayapp.windows.programs import Program
from trayapp.windows.style import style_menu

_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the menu."""

    label: str
    act: Callable[[TableRow], object]
    enabled: bool = True


class RowActions:
    """What can be done with a row, and the menu that offers it.

    announce: shows a line of text for some seconds. on_done: called when the applet has done
    something that may show in any row. on_tracked: called with the name of a new target.
    """

    def __init__(
        self,
        window: BaseWindow,
        actions: WindowActions,
        *,
        announce: Callable[[str], object],
        on_done: Callable[[], object],
        on_tracked: Callable[[str], object],
    ) -> None:
        self._window, self._actions = window, actions
        self._announce, self._on_done, self._on_tracked = announce, on_done, on_tracked
        self._menu = tk.Menu(window.root, tearoff=False)
        self._programs = ProgramActions(window, actions, announce=announce, on_done=on_done)

    def restyle(self, palette: Palette) -> None:
        style_menu(self._menu, palette)

    def open_details(self, row: TableRow) -> None:
        shown = row.parent or row.key
        kind = APPLICATION if shown.kind == APPLICATION else TARGET
        self._run(lambda: self._actions.open_window("details", shown.name, kind))

    def open_menu(self, row: TableRow, x: int, y: int) -> None:
        """Open it there, as soon as it is known what the row's program allows."""
        if row.is_running:
            title = name_text(replace(row, pids=()))
            self._programs.look(
                row.kind, row.name, title, lambda program: self._open_menu(row, program, x, y)
            )
        else:
            self._open_menu(row, None, x, y)

    def end(self, row: TableRow) -> None:
        """Ask whether to end the program of a row."""
        if row.is_running:
            self._programs.ask_and_do(END, row.kind, row.name, name_text(replace(row, pids=())))

    def _open_menu(self, row: TableRow, program: Program | None, x: int, y: int) -> None:
        menu = self._menu
        menu.delete(0, "end")
        for entry in self._entries(row, program):
            if entry is None:
                menu.add_separator()
            else:
                menu.add_command(
                    label=entry.label,
                    command=lambda act=entry.act: act(row),  # type: ignore[misc]
                    state="normal" if entry.enabled else "disabled",
                )
        try:
            menu.tk_popup(x, y, 0)
        finally:
            menu.grab_release()

    def _entries(self, row: TableRow, program: Program | None) -> Sequence[_Entry | None]:
        has_past = row.kind in (TARGET, PAST, APPLICATION)
        return (
            _Entry(_("Details…"), self.open_details),
            _Entry(_("Trends…"), self._open_trends, enabled=has_past or row.kind == APP),
            None,
            *self._acts(program),
            _Entry(
                _("Track"), self._track,
                enabled=row.kind in (APPLICATION, PROCESS) and row.is_running,
            ),
            _Entry(_("Stop tracking"), self._untrack, enabled=row.kind == TARGET),
            _Entry(_("Delete history…"), self._forget, enabled=has_past),
            None,
            _Entry(_("Copy command line"), self._copy_command, enabled=row.is_running),
        )  # fmt: skip

    def _acts(self, program: Program | None) -> Iterator[_Entry | None]:
        """Yield what the program allows, and a line below it."""
        if program is None or program.facts is None:
            return
        for act in acts_of(program.facts):
            yield _Entry(act.text, partial(self._act, act.name, program), enabled=act.is_possible)
        yield None

    def _act(self, act: ActName, program: Program, _row: TableRow) -> None:
        self._programs.do(act, program)

    def _open_trends(self, row: TableRow) -> None:
        self._run(lambda: self._actions.open_window("trends", row.name))

    def _track(self, row: TableRow) -> None:
        def on_tracked(answer: Answer) -> None:
            self._announce(_("{name} is now tracked.").format(name=answer.get("name")))
            self._on_tracked(str(answer.get("name")))

        self._ask("track", row, on_tracked)

    def _untrack(self, row: TableRow) -> None:
        text = _("{name} is no longer tracked; its history is kept.").format(name=row.name)
        self._ask("untrack", row, lambda _answer: self._announce(text))

    def _forget(self, row: TableRow) -> None:
        is_sure = messagebox.askyesno(
            parent=self._window.root,
            title=_("Delete history"),
            message=_("Delete everything recorded about {name}?").format(
                name=plain_name(row.name, _NAME_LENGTH)
            ),
            detail=_(
                "Its charts, alerts and runs are deleted permanently. If it is tracked, tracking "
                "continues."
            ),
            icon="warning",
            default="no",
        )
        if is_sure:
            text = _("The history of {name} was deleted.").format(name=row.name)
            self._ask("forget", row, lambda _answer: self._announce(text))

    def _copy_command(self, row: TableRow) -> None:
        def on_described(answer: Answer) -> None:
            arguments = answer.get("arguments")
            words = [str(word) for word in arguments] if isinstance(arguments, list) else []
            # What is no text (half of a character) cannot be in a clipboard.
            text = shlex.join(words) or str(answer.get("name", ""))
            self._window.root.clipboard_clear()
            self._window.root.clipboard_append(text.encode("utf-8", "replace").decode())
            self._announce(_("Command line of {name} copied.").format(name=row.name))

        self._ask("describe", row, on_described)

    def _ask(self, verb: str, row: TableRow, done: Callable[[Answer], object]) -> None:
        def on_answer(answer: Answer) -> None:
            self._on_done()
            done(answer)

        arguments = {"kind": row.kind, "name": row.name}
        self._window.applet.ask(verb, arguments, on_answer, self._on_failure)

    def _run(self, errand: Callable[[], object]) -> None:
        self._window.run_errand(errand, self._on_failure)

    def _on_failure(self, error: Exception) -> None:
        self._announce(str(error))
