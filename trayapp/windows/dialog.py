"""A question in front of a window: a title, a few sentences, and buttons."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import ttk

from trayapp.language.catalogue import _
from trayapp.windows.applet_client import Answer, Done
from trayapp.windows.base_window import BaseWindow

WIDTH = 460


class Dialog(tk.Toplevel):
    """A question. Nothing is done before a button is pressed; the last one has the keyboard."""

    def __init__(self, window: BaseWindow, title: str, width: int = WIDTH) -> None:
        super().__init__(window.root)
        self.withdraw()
        self._window = window
        self.title(title)
        self.transient(window.root)
        self.resizable(width=False, height=False)
        self.configure(background=window.palette.background)
        gap = window.px(14)
        frame = ttk.Frame(self, padding=gap)
        frame.pack(fill="both", expand=True)
        pixels = window.px(width)
        self._heading = ttk.Label(frame, text=title, style="Name.TLabel")
        self._heading.pack(anchor="w")
        self._text = ttk.Label(frame, wraplength=pixels, justify="left")
        self._text.pack(anchor="w", pady=(gap // 2, gap // 2))
        self.body = ttk.Frame(frame)
        self.body.pack(fill="x")
        self._buttons = ttk.Frame(frame)
        self._buttons.pack(anchor="e", pady=(gap, 0))
        self.protocol("WM_DELETE_WINDOW", self.destroy)
        self.bind("<Escape>", lambda _event: self.destroy())

    def open(self) -> None:
        """Show it in front of its window."""
        self.place_anew()
        self.deiconify()
        self.wait_visibility()
        self.grab_set()

    def place_anew(self) -> None:
        """Put it in the middle of its window, where all of it is on the screen."""
        root = self._window.root
        self.update_idletasks()
        left = root.winfo_rootx() + (root.winfo_width() - self.winfo_reqwidth()) // 2
        top = root.winfo_rooty() + (root.winfo_height() - self.winfo_reqheight()) // 3
        left = min(left, self.winfo_screenwidth() - self.winfo_reqwidth())
        top = min(top, self.winfo_screenheight() - self.winfo_reqheight())
        self.geometry(f"+{max(0, left)}+{max(0, top)}")

    def head(self, title: str) -> None:
        """Ask something else from now on."""
        self.title(title)
        self._heading.configure(text=title)

    def say(self, text: str, *, is_error: bool = False) -> None:
        """Show these sentences instead."""
        colour = self._window.palette.levels[3] if is_error else self._window.palette.text
        self._text.configure(text=text, foreground=colour)

    def offer(self, *buttons: tuple[str, Callable[[], object]]) -> None:
        """Show these buttons instead; the last one has the keyboard."""
        for button in self._buttons.winfo_children():
            button.destroy()
        for label, act in buttons:
            button = ttk.Button(self._buttons, text=label, command=act)
            button.pack(side="left", padx=(self._window.px(8), 0))
            for key, turn in (("<Left>", "<<PrevWindow>>"), ("<Right>", "<<NextWindow>>")):
                button.bind(key, partial(_generate, turn))
        if buttons:
            button.focus_set()

    def do(self, errand: Callable[[], Answer], done: Done) -> None:
        """Do something in the background, then `done`, unless the dialog is closed by then.

        A MemtrayError is shown, and the dialog stays.
        """

        def on_answer(answer: Answer) -> None:
            if self.winfo_exists():
                done(answer)

        def on_failure(error: Exception) -> None:
            if self.winfo_exists():
                self.say(str(error), is_error=True)
                self.offer((_("Close"), self.destroy))

        if self.winfo_exists():
            self._window.applet.do(errand, on_answer, on_failure)


def _generate(name: str, event: tk.Event[tk.Misc]) -> None:
    event.widget.event_generate(name)
