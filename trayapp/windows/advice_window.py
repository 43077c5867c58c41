"""The window of advice: a card for each, with buttons, and below them what was done."""

from __future__ import annotations

import json
import time
import tkinter as tk
from collections.abc import Mapping, Sequence
from tkinter import ttk
from typing import Any

from trayapp.charts.labels import plain_name
from trayapp.domain.judging.advice.records import PRIORITIES, priority_said
from trayapp.domain.showing.advice_lines import act_line, deed_line, saving_line
from trayapp.errors import MemtrayError
from trayapp.language.catalogue import _
from trayapp.windows.applet_client import Answer, Applet
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.opening import LiveOptions
from trayapp.windows.scrolled import Scrolled
from trayapp.windows.single_instance import Listener

MOST_DONE = 20
LONGEST_LINE = 600
_WIDTH, _HEIGHT = 640, 560
Told = Mapping[str, Any]


class AdviceWindow(BaseWindow):
    """Cards of advice and a list of what was done; main thread only."""

    SIZE_NAME = "advice"
    REFRESH_MILLISECONDS = 2000

    def __init__(self, options: LiveOptions, listener: Listener) -> None:
        """Build it. Raises: WindowError where there is no display."""
        title = _("Memtray – Advice")
        super().__init__(title, Applet(options.runtime), listener, dark=options.is_dark)
        gap = self._gap = self.px(12)
        self.root.minsize(self.px(420), self.px(260))
        self.root.geometry(f"{self.px(_WIDTH)}x{self.px(_HEIGHT)}")
        self._scrolled = Scrolled(self.root)
        self._scrolled.pack(fill="both", expand=True, padx=(gap, 0), pady=(gap, 0))
        self._message = tk.StringVar(self.root)
        line = ttk.Frame(self.root, padding=(gap, self.px(6), gap, gap))
        line.pack(fill="x")
        self._line = ttk.Label(line, textvariable=self._message, style="Hint.TLabel")
        self._line.pack(side="left", fill="x", expand=True)
        ttk.Button(line, text=_("Close"), command=self.close).pack(side="right")
        self._shown = ""
        self._wrapped: list[ttk.Label] = []
        self._pending: set[str] = set()
        self.bind_keys(("q",), self.close)
        self.root.bind("<Configure>", lambda _: self._wrap(), add="+")

    def restyle(self) -> None:
        super().restyle()
        self._scrolled.restyle(self.palette.background)
        style = ttk.Style(self.root)
        for priority, color in zip(PRIORITIES, self.palette.levels, strict=True):
            style.configure(f"{priority}.TLabel", foreground=color)

    def refresh(self) -> None:
        self.ask_once("advice", {}, self._show, lambda error: self._message.set(str(error)))

    def _show(self, answer: Answer) -> None:
        """Build the cards anew where anything has changed."""
        advice, done = _listed(answer.get("advice")), _listed(answer.get("done"))[:MOST_DONE]
        text = json.dumps([advice, done, sorted(self._pending)], default=str)
        if text == self._shown:
            return
        self._shown = text
        for child in self._scrolled.page.winfo_children():
            child.destroy()
        self._wrapped = []
        if not advice:
            self._add_line(_("No advice at the moment."), "TLabel")
        for told in advice:
            self._add_card(told)
        if done:
            ttk.Label(self._scrolled.page, text=_("What was done"), style="Name.TLabel").pack(
                anchor="w", pady=(self._gap, self.px(4))
            )
        for told in done:
            self._add_deed(told)
        self._wrap()

    def _add_card(self, told: Told) -> None:
        page = self._scrolled.page
        head = ttk.Frame(page)
        head.pack(fill="x")
        priority = str(told.get("priority"))
        ttk.Label(head, text=priority_said(priority), style=f"{priority}.TLabel").pack(
            side="right", anchor="ne", padx=(self._gap, 0)
        )
        title = ttk.Label(head, text=_text(told, "title"), style="Name.TLabel", justify="left")
        title.pack(side="left", anchor="w")
        self._wrapped.append(title)
        self._add_line(_text(told, "evidence"), "TLabel")
        if saving := saving_line(told):
            self._add_line(saving, "TLabel")
        for act in _listed(told.get("actions")):
            self._add_line(f"→ {act_line(act)}", "TLabel")
        if told.get("unless"):
            self._add_line(_text(told, "unless"), "Hint.TLabel")
        self._add_buttons(told)
        ttk.Frame(page, style="Line.TFrame", height=1).pack(fill="x", pady=(0, self._gap))

    def _add_buttons(self, told: Told) -> None:
        row = ttk.Frame(self._scrolled.page)
        row.pack(fill="x", pady=(self.px(6), self._gap))
        identity = _text(told, "id")
        act = next((one for one in _listed(told.get("actions")) if one.get("automatic")), None)
        state = "disabled" if identity in self._pending else "normal"
        if act is not None:
            ttk.Button(
                row,
                text=str(act["what"]),
                state=state,
                command=lambda: self._send(identity, what="apply", id=identity),
            ).pack(side="left", padx=(0, self.px(6)))
        for label, for_good in ((_("Not now"), False), (_("Never"), True)):
            ttk.Button(
                row,
                text=label,
                state=state,
                command=lambda good=for_good: self._send(  # type: ignore[misc]
                    identity, what="dismiss", id=identity, for_good=good
                ),
            ).pack(side="left", padx=(0, self.px(6)))

    def _add_deed(self, told: Told) -> None:
        moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(float(told.get("at") or 0.0)))
        text = f"{moment}  {deed_line(told)}"
        self._add_line(text, "TLabel" if told.get("held") is not False else "Hint.TLabel")
        if told.get("undo"):
            identity = _text(told, "id")
            ttk.Button(
                self._scrolled.page,
                text=_("Undo"),
                command=lambda: self._send(identity, what="undo", id=identity),
            ).pack(anchor="w", pady=self.px(4))

    def _add_line(self, text: str, style: str) -> None:
        label = ttk.Label(
            self._scrolled.page, text=plain_name(text, LONGEST_LINE), style=style, justify="left"
        )
        label.pack(anchor="w", pady=self.px(1))
        self._wrapped.append(label)

    def _send(self, identity: str, **arguments: object) -> None:
        """Have the applet do it; the buttons of that card rest until it answers."""
        self._pending.add(identity)
        self._message.set(_("Please wait…"))
        self._shown = ""

        def on_answer(answer: Answer) -> None:
            self._pending.discard(identity)
            self._message.set(plain_name(str(answer.get("text", "")), LONGEST_LINE))
            self._show(answer)

        def on_failure(error: MemtrayError) -> None:
            self._pending.discard(identity)
            self._message.set(str(error))
            self._shown = ""

        self.applet.ask("advice", arguments, on_answer, on_failure)

    def _wrap(self) -> None:
        width = self._scrolled.page.winfo_width() - self.px(90)
        for label in self._wrapped:
            if width > 100:
                label.configure(wraplength=width)
        self._line.configure(wraplength=max(200, self.root.winfo_width() - self.px(140)))


def _listed(told: object) -> Sequence[Told]:
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def _text(told: Told, key: str) -> str:
    return plain_name(str(told.get(key, "")), LONGEST_LINE)
