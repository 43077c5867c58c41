"""The statistics on screen: a small table, as of this moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.language.catalogue import _
from trayapp.windows.applet_client import Answer, Applet
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.single_instance import Listener

VALUE_LENGTH = 120
MOST_ROWS = 26
"""More are reached by scrolling."""

Rows = Sequence[tuple[str, str]]


class StatisticsWindow(BaseWindow):
    """Rows of label and value, asked for again every second; main thread only."""

    def __init__(
        self, rows: Rows, applet: Applet | None, listener: Listener | None, *, dark: bool
    ) -> None:
        """Build the table; without `applet` it stays as it is.

        Raises: WindowError where there is no display.
        """
        title = _("Memtray – Statistics")
        super().__init__(title, applet or Applet(Path()), listener, dark=dark)
        root, gap = self.root, self.px(12)
        self._is_live = applet is not None
        self._labels: list[str] = []
        frame = ttk.Frame(root, padding=gap)
        frame.pack(fill="both", expand=True)
        self._table = table = ttk.Treeview(
            frame, columns=("value",), show="tree", selectmode="browse",
            height=max(4, min(self._most_rows(), len(rows))),
        )  # fmt: skip
        bar = ttk.Scrollbar(frame, orient="vertical", command=table.yview)
        table.configure(yscrollcommand=bar.set)
        if len(rows) > self._most_rows():
            bar.pack(side="right", fill="y")
        table.pack(side="left", fill="both", expand=True)
        self.bind_keys(("q",), self.close)
        self.bind_keys(("<Home>",), lambda: table.yview_moveto(0.0))
        self.bind_keys(("<End>",), lambda: table.yview_moveto(1.0))
        self._plain = tkfont.nametofont("TkDefaultFont", root)
        self._bold = self._plain.copy()
        self._bold.configure(weight="bold")
        table.tag_configure("heading", font=self._bold)
        self._fill(rows)
        root.update_idletasks()
        root.minsize(self.px(300), self.px(160))
        table.focus_set()

    def _most_rows(self) -> int:
        return min(MOST_ROWS, int(0.75 * self.root.winfo_screenheight() / self.px(24)))

    def restyle(self) -> None:
        super().restyle()
        self._table.tag_configure("stripe", background=self.palette.surface)

    def refresh(self) -> None:
        if self._is_live:
            self.ask_once("statistics", {}, self._on_answer, lambda _error: None)

    def _on_answer(self, answer: Answer) -> None:
        rows = answer.get("rows")
        if isinstance(rows, list):
            self._fill([(str(label), str(value)) for label, value in rows])

    def _fill(self, rows: Rows) -> None:
        """Show these rows; those that are already there change in place."""
        labels = [label for label, _value in rows]
        if labels != self._labels:
            self._labels = labels
            self._table.delete(*self._table.get_children())
            is_striped = False
            for number, (label, value) in enumerate(rows):
                # Anew under each heading, so that every part looks alike.
                is_striped = bool(value) and not is_striped
                tags = ("heading",) if not value else ("stripe",) if is_striped else ()
                self._table.insert(
                    "", "end", iid=str(number), text=plain_name(label, 48), tags=tags
                )
            self._fit(rows)
        for number, (_label, value) in enumerate(rows):
            shown = plain_name(value, VALUE_LENGTH) if value else ""
            self._table.item(str(number), values=(shown,))

    def _fit(self, rows: Rows) -> None:
        """Make the columns as wide as their texts."""
        widths = [self.px(120), self.px(160)]
        for label, value in rows:
            font = self._plain if value else self._bold
            texts = plain_name(label, 48), plain_name(value, VALUE_LENGTH) if value else ""
            for column, text in enumerate(texts):
                width = min(font.measure(text) + self.px(36), self.px(820))
                widths[column] = max(widths[column], width)
        self._table.column("#0", width=widths[0], stretch=False)
        self._table.column("value", width=widths[1], stretch=True)
