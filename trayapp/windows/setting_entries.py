"""The entries of one list of the settings: their names, the fields of each, and adding one."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.errors import SettingsError
from trayapp.language.catalogue import _
from trayapp.settings.editor import SettingsEditor, shown_text, typed_value
from trayapp.settings.fields import Field
from trayapp.settings.records import SECTIONS, fields_of
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.choosing import react_to_choice
from trayapp.windows.setting_row import mask_of
from trayapp.windows.setting_texts import help_of, key_of, name_of

ADDED_CHARACTERS = 50
"""Width of what is typed into for a new entry."""
WRAP_PIXELS = 560
"""Width of what explains it."""
MOST_LISTED = 8
CHOSEN = "<<EntryChosen>>"
"""The event of a list in which another entry was chosen."""


class EntryList(ttk.Frame):
    """The names of the entries of one list, each with a summary; one of them is chosen."""

    def __init__(
        self,
        page: ttk.Frame,
        editor: SettingsEditor,
        table: str,
        names: Sequence[str],
        chosen: str,
        *,
        px: Callable[[int], int],
    ) -> None:
        super().__init__(page)
        self._editor, self._table, self._names = editor, table, names
        self.pack(fill="x", pady=(0, px(8)))
        self._rows = ttk.Treeview(
            self, columns=("what",), show="tree", selectmode="browse",
            height=min(MOST_LISTED, len(names)),
        )  # fmt: skip
        self._rows.column("#0", width=px(180), stretch=False)
        for number, name in enumerate(names):
            self._rows.insert("", "end", iid=str(number), text=plain_name(name))
        self.update_summaries()
        if len(names) > MOST_LISTED:
            bar = ttk.Scrollbar(self, orient="vertical", command=self._rows.yview)
            self._rows.configure(yscrollcommand=bar.set)
            bar.pack(side="right", fill="y")
        self._rows.pack(side="left", fill="x", expand=True)
        place = str(names.index(chosen))
        self._rows.see(place)
        self._rows.selection_set(place)
        self._rows.focus(place)
        react_to_choice(self._rows, lambda: self.event_generate(CHOSEN))

    @property
    def chosen(self) -> str | None:
        selection = self._rows.selection()
        return self._names[int(selection[0])] if selection else None

    def update_summaries(self) -> None:
        for number, name in enumerate(self._names):
            self._rows.item(str(number), values=(self._summary(name),))

    def _summary(self, name: str) -> str:
        """Return what an entry is about, to stand beside its name; never a secret."""
        keys = [key for key in SECTIONS[self._table].alternatives if key != "url"]
        values = (self._editor.value(fields_of(self._table)[key], name) for key in keys)
        summary = next((shown_text(value) for value in values if value is not None), "")
        return plain_name(summary, 90) if summary else ""


class AddEntryDialog(tk.Toplevel):
    """A small dialog for the two values that a new entry cannot do without."""

    def __init__(
        self, window: BaseWindow, table: str, editor: SettingsEditor, done: Callable[[str], object]
    ) -> None:
        super().__init__(window.root)
        self._table, self._editor, self._done = table, editor, done
        self.title(_("Memtray – Add"))
        self.transient(window.root)
        self.configure(background=window.palette.background)
        gap = window.px(10)
        frame = ttk.Frame(self, padding=gap)
        frame.pack(fill="both", expand=True)
        fields = fields_of(table)
        self._fields = [fields[key] for key in SECTIONS[table].alternatives]
        self._field = self._fields[0]
        self._typed_name, self._typed_value = tk.StringVar(self), tk.StringVar(self)
        ttk.Label(frame, text=name_of(fields["name"])).grid(row=0, sticky="w")
        first = ttk.Entry(frame, textvariable=self._typed_name, width=ADDED_CHARACTERS)
        first.grid(row=0, column=1, sticky="ew", padx=(gap, 0))
        ttk.Label(frame, text=key_of(fields["name"]), style="Hint.TLabel").grid(
            row=1, column=1, sticky="w", padx=(gap, 0), pady=(0, gap)
        )
        self._value_label(frame).grid(row=2, sticky="w")
        self._entry = ttk.Entry(frame, textvariable=self._typed_value, width=ADDED_CHARACTERS)
        self._entry.grid(row=2, column=1, sticky="ew", padx=(gap, 0))
        self._key = ttk.Label(frame, style="Hint.TLabel")
        self._key.grid(row=3, column=1, sticky="w", padx=(gap, 0))
        self._hint = ttk.Label(frame, style="Hint.TLabel", wraplength=window.px(WRAP_PIXELS))
        self._hint.grid(row=4, columnspan=2, sticky="w", pady=gap)
        self._error = ttk.Label(frame, style="Error.TLabel", wraplength=window.px(WRAP_PIXELS))
        self._error.grid(row=5, columnspan=2, sticky="w")
        buttons = ttk.Frame(frame)
        buttons.grid(row=6, columnspan=2, sticky="e", pady=(gap, 0))
        adding = ttk.Button(buttons, text=_("Add"), command=self._on_add)
        cancelling = ttk.Button(buttons, text=_("Cancel"), command=self.destroy)
        cancelling.pack(side="right")
        adding.pack(side="right", padx=gap // 2)
        self._explain()
        self.bind("<Return>", lambda _: self._on_add())
        self.bind("<Escape>", lambda _: self.destroy())
        first.focus_set()
        self.wait_visibility()
        self.grab_set()

    def _value_label(self, frame: ttk.Frame) -> ttk.Widget:
        """Return the name of the second thing to type, or a choice of names."""
        names = [name_of(field) for field in self._fields]
        if len(names) == 1:
            return ttk.Label(frame, text=names[0])
        font = tkfont.nametofont("TkTextFont", self)
        width = max(map(font.measure, names)) // font.measure("0") + 2
        choice = ttk.Combobox(frame, values=names, state="readonly", width=width)
        choice.current(0)
        choice.bind("<<ComboboxSelected>>", lambda _: self._on_key(self._fields[choice.current()]))
        return choice

    def _on_key(self, field: Field) -> None:
        if mask_of(self._field) and not mask_of(field):
            # What was typed as a secret is not to be seen as something else.
            self._typed_value.set("")
        self._field = field
        self._explain()

    def _explain(self) -> None:
        self._entry.configure(show=mask_of(self._field))
        self._key.configure(text=key_of(self._field))
        self._hint.configure(text=help_of(self._field, None))

    def _on_add(self) -> None:
        key, name = self._field.key, self._typed_name.get().strip()
        try:
            value = typed_value(self._field, self._typed_value.get())
            self._editor.add(self._table, {"name": name, key: value})
        except SettingsError as error:
            self._error.configure(text=f"⚠ {error}")
            return
        self.destroy()
        self._done(name)


def grouped_fields(table: str) -> Iterator[list[Field]]:
    """Yield the fields of an entry, those together of which exactly one is written."""
    fields = fields_of(table)
    together = SECTIONS[table].alternatives
    for key, field in fields.items():
        if key == together[0]:
            yield [fields[each] for each in together]
        elif key not in together:
            yield [field]
