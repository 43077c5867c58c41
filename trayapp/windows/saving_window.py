"""The window that asks what to export or report, and shows how far it is."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.errors import MemtrayError
from trayapp.language.catalogue import _
from trayapp.language.extras import install_command
from trayapp.language.reasons import reason_of
from trayapp.language.units import format_percent
from trayapp.windows.applet_client import Applet
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.file_writing import Verb, WriteProcess, WriteRequest, formats_of, spans
from trayapp.windows.save_dialog import ask_save_file
from trayapp.windows.style import style_lists

_POLL_MILLISECONDS = 100
_WIDTH = 400


class SavingWindow(BaseWindow):
    """A form with two or three fields; then a progress bar; then the outcome."""

    def __init__(
        self,
        verb: Verb,
        memtray: Sequence[str],
        open_file: Callable[[Path], object],
        *,
        arguments: tuple[str, ...],
        dark: bool,
    ) -> None:
        """Make the window. Raises: WindowError where there is no display."""
        titles = {"export": _("Memtray – Export"), "report": _("Memtray – Report")}
        # Nothing is asked of the applet, whether it runs or not.
        super().__init__(titles[verb], Applet(Path()), None, dark=dark)
        root = self.root
        self._verb, self._memtray, self._open_file = verb, memtray, open_file
        self._arguments = arguments
        self._formats, self._spans = formats_of(verb), spans()
        self._writing: WriteProcess | None = None
        self._done: Path | None = None
        frame = ttk.Frame(root, padding=self.px(16))
        frame.pack(fill="both", expand=True)
        frame.columnconfigure(1, weight=1)
        gap = self.px(5)
        self._format = self._choice(frame, 0, _("File"), [one.label for one in self._formats], gap)
        usual = next(place for place, one in enumerate(self._formats) if one.needs is None)
        self._format.current(usual)
        self._format.bind("<<ComboboxSelected>>", lambda _event: self._show_needs(), add=True)
        self._span = self._choice(frame, 1, _("Period"), [one.label for one in self._spans], gap)
        # A report is about what has just happened, an export about all.
        self._span.current(1 if verb == "report" else len(self._spans) - 1)
        self._private = tk.BooleanVar(root, value=True)
        if verb == "report":
            ttk.Checkbutton(
                frame,
                text=_("Leave out command lines, paths and names"),
                variable=self._private,
            ).grid(row=2, column=1, sticky="w", pady=gap)
        self._bar = ttk.Progressbar(frame, maximum=1.0)
        self._bar.grid(row=3, column=0, columnspan=2, sticky="ew", pady=(2 * gap, 0))
        self._bar.grid_remove()
        self._message = ttk.Label(
            frame, style="Hint.TLabel", wraplength=self.px(_WIDTH), justify="left"
        )
        self._message.grid(row=4, column=0, columnspan=2, sticky="w", pady=(gap, 0))
        buttons = ttk.Frame(frame)
        buttons.grid(row=5, column=0, columnspan=2, sticky="e", pady=(3 * gap, 0))
        self._open = ttk.Button(buttons, text=_("Open"), command=self._open_written)
        self._copy = ttk.Button(buttons, text=_("Copy command"))
        self._save = ttk.Button(buttons, text=_("Save as…"), command=self._ask_file)
        self._close = ttk.Button(buttons, text=_("Close"), command=self.close)
        self._save.pack(side="left", padx=gap)
        self._close.pack(side="left")
        root.resizable(width=False, height=False)
        frame.columnconfigure(1, minsize=self.px(_WIDTH - 60))

    def run(self, *, follow_desktop: bool = False) -> None:
        """Show the window until it is closed, and end what is still being written then."""
        self._save.focus_set()
        try:
            super().run(follow_desktop=follow_desktop)
        finally:
            if self._writing is not None:
                self._writing.close()

    def restyle(self) -> None:
        """Colour everything, also the progress bar and the lists that drop down."""
        super().restyle()
        palette = self.palette
        style_lists(self.root, palette)
        ttk.Style(self.root).configure(
            "TProgressbar",
            background=palette.system,
            troughcolor=palette.surface,
            bordercolor=palette.surface,
            lightcolor=palette.system,
            darkcolor=palette.system,
            thickness=self.px(8),
        )

    def _choice(
        self, frame: ttk.Frame, row: int, label: str, texts: list[str], gap: int
    ) -> ttk.Combobox:
        ttk.Label(frame, text=label).grid(row=row, column=0, sticky="w", padx=(0, 3 * gap))
        choice = ttk.Combobox(frame, values=texts, state="readonly")
        choice.current(0)
        choice.grid(row=row, column=1, sticky="ew", pady=gap)
        # A chosen text that stays marked looks as if it were about to be typed over.
        choice.bind("<<ComboboxSelected>>", lambda _event: choice.selection_clear())
        return choice

    def _show_needs(self) -> None:
        """Say how to install what the chosen kind of file needs; without it nothing is saved."""
        needs = self._formats[self._format.current()].needs
        self._save.state(["!disabled" if needs is None else "disabled"])
        if needs is None:
            self._copy.pack_forget()
            self._show_message("")
            return
        command = install_command(needs.package)
        self._show_message(
            _("To install {package}: {command}").format(package=needs.package, command=command)
        )
        self._copy.configure(command=lambda: self._copy_text(command))
        self._copy.pack(side="left", before=self._save)

    def _copy_text(self, text: str) -> None:
        self.root.clipboard_clear()
        self.root.clipboard_append(text)

    def _ask_file(self) -> None:
        chosen = self._formats[self._format.current()]
        name = f"memtray-{self._verb}-{time.strftime('%Y-%m-%d')}{chosen.ending}"
        kinds = [(chosen.label, chosen.ending)]
        if (answer := ask_save_file(self.root, _("Save as"), name, kinds)) is not None:
            self._start(answer)

    def _start(self, output: Path) -> None:
        request = WriteRequest(
            verb=self._verb,
            output=output,
            since=self._spans[self._span.current()].since,
            is_private=self._verb == "report" and self._private.get(),
            arguments=self._arguments,
        )
        try:
            self._writing = WriteProcess(request, self._memtray)
        except OSError as error:
            self._show_message(reason_of(error), is_error=True)
            return
        self._done = None
        self._open.pack_forget()
        self._save.state(["disabled"])
        self._close.configure(text=_("Cancel"))
        self._close.focus_set()
        self._bar.grid()
        self._show_progress()

    def _show_progress(self) -> None:
        writing = self._writing
        if writing is None:
            return
        if writing.is_running:
            self._bar.configure(value=writing.share)
            name = plain_name(writing.output.name, 60)
            self._show_message(
                _("Writing {name}: {share}").format(name=name, share=format_percent(writing.share))
            )
            self.root.after(_POLL_MILLISECONDS, self._show_progress)
            return
        problem = writing.problem
        writing.close()
        self._writing = None
        self._bar.grid_remove()
        self._save.state(["!disabled"])
        self._close.configure(text=_("Close"))
        if problem is None:
            self._done = writing.output
            self._show_message(
                _("Saved as {file}").format(file=plain_name(str(writing.output), 200))
            )
            self._open.pack(side="left", before=self._save)
            self._open.focus_set()
        elif problem:
            self._show_message(plain_name(problem, 400), is_error=True)
            self._save.focus_set()
        else:
            self._show_message(_("Cancelled; nothing was saved."))
            self._save.focus_set()

    def _show_message(self, text: str, *, is_error: bool = False) -> None:
        self._message.configure(text=text, style="Error.TLabel" if is_error else "Hint.TLabel")

    def _open_written(self) -> None:
        if self._done is None:
            return
        try:
            self._open_file(self._done)
        except (MemtrayError, OSError) as error:
            self._show_message(str(error), is_error=True)

    def close(self) -> None:
        """Cancel what is being written, or else end."""
        if self._writing is not None:
            self._writing.cancel()
        else:
            super().close()
