"""One setting in the window: what it is for, its value, its range, what is wrong with it."""

from __future__ import annotations

import re
import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from trayapp.domain.language import _
from trayapp.errors import SettingsError
from trayapp.settings.editor import SettingsEditor, default_value, shown_text, typed_value
from trayapp.settings.fields import RESERVED_NAMES, Field
from trayapp.settings.kinds import Choice, Flag, Secret, Subject, Texts

CHARACTERS = 24
"""Width of what is typed into."""
WRAP_PIXELS = 400

Change = Callable[[dict[str, object]], None]
"""Writes values, None being back to the default; raises SettingsError."""


class SettingRow(ttk.Frame):
    """A setting, or several of which exactly one is written: `fields` are the choices."""

    def __init__(
        self,
        parent: tk.Misc,
        fields: Sequence[Field],
        editor: SettingsEditor,
        entry: str | None,
        change: Change,
        *,
        scale: float,
    ) -> None:
        """Build it; `entry` is the name of the [[table]] it belongs to, if it is one."""
        super().__init__(parent, padding=(0, round(7 * scale)))
        self._fields = {field.key: field for field in fields}
        self._editor = editor
        self.entry = entry
        self._change = change
        self._shown: object = None
        self._key = tk.StringVar(self, fields[0].key)
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        ttk.Label(self, text=_title(fields), style="Name.TLabel").grid(row=0, column=0, sticky="w")
        self._help = ttk.Label(self, style="Hint.TLabel", wraplength=round(WRAP_PIXELS * scale))
        self._help.grid(row=1, column=0, sticky="nw")
        side = ttk.Frame(self)
        side.grid(row=0, column=1, rowspan=2, sticky="ne", padx=round(8 * scale))
        if len(fields) > 1:
            choice = ttk.Combobox(
                side, values=[*self._fields], textvariable=self._key, state="readonly",
                width=CHARACTERS,
            )  # fmt: skip
            choice.pack(side="top", anchor="e", pady=(0, round(3 * scale)))
            choice.bind("<<ComboboxSelected>>", lambda _: self._on_key())
        self._flag = tk.BooleanVar(self)
        self._text = tk.StringVar(self)
        self._words: dict[str, tk.BooleanVar] = {}
        self._add_input(side, fields[0])
        self._reset = ttk.Button(self, text=_("Reset"), command=self._on_reset)
        self._reset.grid(row=0, column=2, rowspan=2, sticky="ne")
        self._error = ttk.Label(self, style="Error.TLabel", wraplength=round(600 * scale))
        self.update_value()

    @property
    def _field(self) -> Field:
        return self._fields[self._key.get()]

    def update_value(self) -> None:
        """Show what the file says now, unless something else is being typed."""
        written = {
            key: value
            for key, field in self._fields.items()
            if (value := self._editor.value(field, self.entry)) is not None
        }
        if written and self._key.get() not in written:
            self._key.set(next(iter(written)))
        field = self._field
        value = written.get(field.key)
        default = default_value(field)
        optional = len(self._fields) == 1 and field.key != "name"
        self._reset.state(["!disabled" if optional and value is not None else "disabled"])
        self._help.configure(text=_help(field, default))
        shown = default if value is None else value
        if shown == self._shown and self._is_edited():
            return
        self._shown = shown
        self._flag.set(shown is True)
        self._text.set(shown_text(shown))
        for word, chosen in self._words.items():
            chosen.set(isinstance(shown, list) and word in shown)
        self._tell(None)

    def commit(self) -> bool:
        """Write what is being typed, if it fits; whether nothing is left unwritten."""
        self._on_typed()
        return not self._is_edited()

    def _add_input(self, side: ttk.Frame, field: Field) -> None:
        kind = field.kind
        if isinstance(kind, Flag):
            box = ttk.Checkbutton(
                side, text=_("on"), variable=self._flag,
                command=lambda: self._write(self._flag.get()),
            )  # fmt: skip
            box.pack(anchor="e")
            return
        if isinstance(kind, Texts) and kind.words:
            frame = ttk.Frame(side)
            frame.pack(anchor="e")
            for word in kind.words:
                self._words[word] = tk.BooleanVar(self)
                ttk.Checkbutton(
                    frame, text=word, variable=self._words[word], command=self._on_words
                ).pack(anchor="w")
            return
        entry: ttk.Entry
        if isinstance(kind, Choice):
            entry = ttk.Combobox(
                side, values=kind.words, textvariable=self._text, state="readonly", width=CHARACTERS
            )
        elif isinstance(kind, Subject):
            names = [*RESERVED_NAMES, *self._editor.entries("targets")]
            entry = ttk.Combobox(side, values=names, textvariable=self._text, width=CHARACTERS)
        else:
            entry = ttk.Entry(
                side, textvariable=self._text, width=CHARACTERS + 2, show=mask_of(field)
            )
        entry.pack(anchor="e")
        for event in ("<Return>", "<KP_Enter>", "<FocusOut>", "<<ComboboxSelected>>"):
            entry.bind(event, lambda _: self._on_typed())
        entry.bind("<Escape>", self._on_escape)

    def _is_edited(self) -> bool:
        return not self._words and self._text.get() != shown_text(self._shown)

    def _on_typed(self) -> None:
        if not self._is_edited():
            return
        text = self._text.get()
        try:
            is_empty = not text.strip() and default_value(self._field) is None
            optional = is_empty and len(self._fields) == 1
            value = (
                None if optional and self._field.key != "name" else typed_value(self._field, text)
            )
        except SettingsError as error:
            self._tell(str(error))
            return
        self._write(value)

    def _on_words(self) -> None:
        self._write([word for word, chosen in self._words.items() if chosen.get()])

    def _on_key(self) -> None:
        """Another one of the choices: what is written so far goes under its name, if it fits."""
        self._help.configure(text=_help(self._field, None))
        if self._text.get():
            self._write(self._text.get())

    def _on_escape(self, _: object) -> str | None:
        if not self._is_edited():
            return None
        self._text.set(shown_text(self._shown))
        self._tell(None)
        return "break"

    def _on_reset(self) -> None:
        self._write(None)

    def _write(self, value: object) -> None:
        others = dict.fromkeys(key for key in self._fields if key != self._key.get())
        try:
            self._change({**others, self._key.get(): value})
        except SettingsError as error:
            self._tell(str(error))
            # A switch that was refused is where it was.
            self._flag.set(self._shown is True)
            for word, chosen in self._words.items():
                chosen.set(isinstance(self._shown, list) and word in self._shown)
            return
        self._shown = default_value(self._field) if value is None else value
        self._text.set(shown_text(self._shown))
        self._tell(None)
        self.update_value()

    def _tell(self, sentence: str | None) -> None:
        """Show what is wrong with what was typed; None: nothing."""
        if sentence is None:
            self._error.grid_remove()
        else:
            self._error.configure(text=f"⚠ {sentence}")
            self._error.grid(row=2, column=0, columnspan=3, sticky="w")


def mask_of(field: Field) -> str:
    """What hides a secret; the names of places where one is kept are none."""
    return "•" if isinstance(field.kind, Secret) and field.key == "url" else ""


def label_of(field: Field) -> str:
    """The name of a setting for people: its key in the file, spelled out."""
    return field.key.replace("_", " ").capitalize()


def _title(fields: Sequence[Field]) -> str:
    return " / ".join(map(label_of, fields))


def _help(field: Field, default: object) -> str:
    """What it is for, in one sentence, and what fits."""
    text = _(field.help)
    facts = []
    # What can be chosen from a list or by a click is seen there.
    kind = field.kind
    is_seen = isinstance(kind, Flag | Choice) or (isinstance(kind, Texts) and bool(kind.words))
    if not is_seen:
        facts.append(_("Range: {range}").format(range=allowed_text(field)))
    if isinstance(default, bool):
        facts.append(_("Default: on") if default else _("Default: off"))
    elif default not in (None, "", []):
        facts.append(_("Default: {value}").format(value=shown_text(default)))
    sentence = f"{text[:1].upper()}{text[1:]}."
    return "\n".join((sentence, " · ".join(facts))) if facts else sentence


def allowed_text(field: Field) -> str:
    """What fits, as it is typed into a field: without the quotes of the file."""
    return re.sub(r'"([^"]+)"', r"\1", field.kind.allowed)
