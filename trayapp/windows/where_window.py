"""Where all memory is: one bar of all parts, a tree of what they consist of, and an explanation."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import font as tkfont
from tkinter import ttk
from typing import Literal

from trayapp.charts.labels import plain_name
from trayapp.domain.records.account import UNEXPLAINED, Account, AccountPart
from trayapp.domain.showing.account import (
    account_lines,
    comes_back_cell,
    explanation,
    in_order,
    size_text,
)
from trayapp.errors import MemtrayError
from trayapp.language.catalogue import _
from trayapp.language.units import format_percent, format_size
from trayapp.windows.applet_client import Answer, Applet
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.opening import LiveOptions
from trayapp.windows.single_instance import Listener

BAR_PX = 22
MOST_BELOW = 60
"""So many parts of one part have a row."""
TITLE_LENGTH = 64
_COLUMNS = ("size", "share", "back")


class WhereWindow(BaseWindow):
    """Reads the account every ten seconds while it can be seen; main thread only."""

    SIZE_NAME = "where"
    REFRESH_MILLISECONDS = 10_000

    def __init__(
        self, options: LiveOptions, read: Callable[[], Account], listener: Listener
    ) -> None:
        """Build it, with nothing in it yet. Raises: WindowError where there is no display."""
        title = _("Memtray – Where memory goes")
        super().__init__(title, Applet(options.runtime), listener, dark=options.is_dark)
        self._read = read
        self._account: Account | None = None
        self._parts: dict[str, AccountPart] = {}
        self._swatches: dict[str, tk.PhotoImage] = {}
        gap = self.px(12)
        frame = ttk.Frame(self.root, padding=gap)
        frame.pack(fill="both", expand=True)
        self._headline = ttk.Label(frame, text=_("Reading…"), style="Name.TLabel")
        self._headline.pack(anchor="w")
        self._bar = tk.Canvas(frame, height=self.px(BAR_PX), highlightthickness=0, borderwidth=0)
        self._bar.pack(fill="x", pady=(self.px(6), gap))
        self._bar.bind("<Configure>", lambda _event: self._draw_bar())
        self._bar.bind("<Button-1>", self._on_bar)
        self._make_buttons(frame, gap)
        self._explained = ttk.Label(frame, anchor="nw", justify="left")
        self._explained.pack(side="bottom", fill="x", pady=(gap, 0))
        self._explained.bind("<Configure>", self._on_width)
        self._tree = self._make_tree(frame)
        self.bind_keys(("q",), self.close)
        self.bind_keys(("<F5>", "<Control-r>"), self.refresh)
        self.root.geometry(f"{self.px(820)}x{self.px(640)}")
        self.root.minsize(self.px(480), self.px(320))
        self._tree.focus_set()

    def _make_buttons(self, frame: ttk.Frame, gap: int) -> None:
        buttons = ttk.Frame(frame)
        buttons.pack(side="bottom", fill="x", pady=(gap, 0))
        copy = ttk.Button(buttons, text=_("Copy as text"), command=self._copy)
        copy.pack(side="left")
        ttk.Button(buttons, text=_("Refresh"), command=self.refresh).pack(
            side="left", padx=(self.px(8), 0)
        )
        ttk.Button(buttons, text=_("Close"), command=self.close).pack(side="right")

    def _make_tree(self, frame: ttk.Frame) -> ttk.Treeview:
        body = ttk.Frame(frame)
        body.pack(fill="both", expand=True)
        tree = ttk.Treeview(body, columns=_COLUMNS, selectmode="browse", height=8)
        bar = ttk.Scrollbar(body, orient="vertical", command=tree.yview)
        tree.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
        tree.pack(side="left", fill="both", expand=True)
        font = tkfont.nametofont("TkDefaultFont", self.root)
        headings = (_("Size"), _("Share"), _("Comes back"))
        samples = (_("about {size}").format(size="888 MiB"), "88.8%", _("when written"))
        for name, heading, sample in zip(_COLUMNS, headings, samples, strict=True):
            side: Literal["w", "e"] = "w" if name == "back" else "e"
            width = max(font.measure(heading), font.measure(sample)) + self.px(24)
            tree.heading(name, text=heading, anchor=side)
            tree.column(name, width=width, stretch=False, anchor=side)
        tree.heading("#0", text=_("Part"), anchor="w")
        tree.column("#0", width=self.px(320), stretch=True)
        tree.bind("<<TreeviewSelect>>", lambda _event: self._explain())
        return tree

    # -- what happens

    def refresh(self) -> None:
        """Read the account in the background; the one before stays until it is there."""
        if self._is_asking:
            return
        self._is_asking = True

        def read() -> Answer:
            return {"account": self._read()}

        self.applet.do(read, self._on_account, self._on_failure)

    def restyle(self) -> None:
        super().restyle()
        ttk.Style(self.root).configure(
            "Treeview.Heading",
            background=self.palette.surface,
            foreground=self.palette.muted,
            relief="flat",
        )
        self._bar.configure(background=self.palette.background)
        self._swatches = {}
        if self._account is not None:
            self._fill(self._account)

    def _on_account(self, answer: Answer) -> None:
        self._is_asking = False
        account = answer["account"]
        if isinstance(account, Account):
            self._fill(account)

    def _on_failure(self, error: MemtrayError) -> None:
        self._is_asking = False
        self._explained.configure(text=str(error), style="Error.TLabel")

    def _copy(self) -> None:
        if self._account is not None:
            self.root.clipboard_clear()
            self.root.clipboard_append("\n".join(account_lines(self._account)))

    def _on_bar(self, event: tk.Event[tk.Misc]) -> None:
        for item in self._bar.find_overlapping(event.x, event.y, event.x, event.y):
            for tag in self._bar.gettags(item):
                if tag in self._parts:
                    self._tree.selection_set(tag)
                    self._tree.see(tag)

    def _on_width(self, event: tk.Event[tk.Misc]) -> None:
        self._explained.configure(wraplength=max(100, event.width - self.px(4)))

    # -- what is shown

    def _fill(self, account: Account) -> None:
        """Show an account; rows that are there already change in place, and stay open."""
        self._account = account
        when = time.strftime("%X")
        text = _("{total} of memory, as of {time}")
        total = format_size(account.total_bytes)
        self._headline.configure(text=text.format(total=total, time=when))
        before, self._parts = self._parts, {}
        shown = in_order(account)
        if account.container is not None:
            shown.append(account.container)
        self._put("", shown, account)
        gone = [iid for iid in before if iid not in self._parts]
        for iid in gone:
            if self._tree.exists(iid):
                self._tree.delete(iid)
        if not before and shown:
            first = next((part.key for part in shown if part.key == "programs"), shown[0].key)
            self._tree.selection_set(f"/{first}")
            self._tree.focus(f"/{first}")
        self._draw_bar()
        self._explain()

    def _put(self, parent: str, parts: Sequence[AccountPart], account: Account) -> None:
        for place, part in enumerate(parts[:MOST_BELOW]):
            iid = f"{parent}/{part.key}"
            if iid in self._parts:
                continue
            self._parts[iid] = part
            is_apart = part.key.startswith("container")
            share = part.size_bytes / account.total_bytes
            values = (
                size_text(part),
                "" if is_apart else format_percent(share, 1),
                comes_back_cell(part),
            )
            title = plain_name(part.title, TITLE_LENGTH)
            if not self._tree.exists(iid):
                self._tree.insert(parent, place, iid=iid)
            self._tree.item(iid, text=title, values=values)
            if not parent:
                self._tree.item(iid, text=f" {title}", image=self._swatch(part.key))
            self._tree.move(iid, parent, place)
            self._put(iid, part.parts, account)

    def _explain(self) -> None:
        chosen = self._tree.selection()
        iid = chosen[0] if chosen else ""
        text = ""
        while iid and not text:
            # What has no words for itself is explained by what it is part of.
            part = self._parts.get(iid)
            text = "" if part is None else explanation(part)
            iid = self._tree.parent(iid)
        self._explained.configure(text=text or " ", style="TLabel")

    def _draw_bar(self) -> None:
        """Draw all parts side by side, the whole of memory from edge to edge."""
        self._bar.delete("all")
        account, width = self._account, self._bar.winfo_width()
        if account is None:
            return
        known_bytes = sum(max(0, part.size_bytes) for part in account.parts)
        left = 0.0
        for part in in_order(account):
            right = left + width * max(0, part.size_bytes) / known_bytes
            self._bar.create_rectangle(
                left, 0, right, self.px(BAR_PX), width=0, fill=self._color(part.key),
                tags=(f"/{part.key}",),
            )  # fmt: skip
            left = right

    def _color(self, key: str) -> str:
        """Return the colour of a part, the same each time, whatever its size."""
        palette = self.palette
        if key in ("free", "per_cpu_lists"):
            return palette.pressed
        if key == UNEXPLAINED:
            return palette.muted
        order = ("programs", "page_cache", "shared", "slab_reclaimable", "kernel", "hugepages")
        place = order.index(key) if key in order else len(order)
        return palette.lines[place % len(palette.lines)]

    def _swatch(self, key: str) -> tk.PhotoImage:
        if key not in self._swatches:
            side = self.px(12)
            image = tk.PhotoImage(master=self.root, width=side, height=side)
            color = self.palette.background if key == "container" else self._color(key)
            image.put(color, to=(0, 0, side, side))
            self._swatches[key] = image
        return self._swatches[key]
