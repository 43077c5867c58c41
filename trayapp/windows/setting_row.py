"""One setting in the window: title, help, value, range, and what is wrong with it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.errors import SettingsError
from trayapp.language.catalogue import _
from trayapp.settings.editor import SettingsEditor, default_value
from trayapp.settings.fields import Field
from trayapp.settings.kinds import Choice, Color, Flag, Texts
from trayapp.settings.records import SECTIONS, TARGETS_TABLE
from trayapp.settings.text_kinds import Secret, Subject
from trayapp.windows.color_button import ColorButton
from trayapp.windows.setting_texts import (
    choices_of,
    help_of,
    key_of,
    meant_value,
    name_of,
    refusal_text,
    shown_value,
    title_of,
)

CHARACTERS = 30
"""Width of what is typed into, or chosen."""
_LABEL_MARGINS = 8
"""More pixels than a label keeps free at both sides."""

Change = Callable[[dict[str, object]], None]
"""Writes values, None being back to the default; raises SettingsError."""


REFUSED = "<<Refused>>"
"""The event of a row whose value was not taken."""


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
        self._shown_text = ""
        self._key = fields[0].key
        self._key_shown = tk.StringVar(self)
        self.columnconfigure(0, weight=1)
        # In all rows alike, whatever is in there.
        side_pixels = tkfont.nametofont("TkTextFont", self).measure("0") * CHARACTERS
        self.columnconfigure(1, minsize=side_pixels)
        self.rowconfigure(1, weight=1)
        title = ttk.Label(self, text=title_of(fields), style="Name.TLabel")
        title.grid(row=0, column=0, sticky="nwe")
        self._help = ttk.Label(self, style="Hint.TLabel")
        self._help.grid(row=1, column=0, sticky="nwe")
        for label in (title, self._help):
            label.bind("<Configure>", wrap)
        side = ttk.Frame(self)
        side.grid(row=0, column=1, rowspan=2, sticky="new", padx=round(8 * scale))
        if len(fields) > 1:
            choice = ttk.Combobox(
                side, values=[name_of(field) for field in fields], textvariable=self._key_shown,
                state="readonly",
            )  # fmt: skip
            choice.pack(fill="x", pady=(0, round(3 * scale)))
            choice.bind(
                "<<ComboboxSelected>>", lambda _: self._on_key([*self._fields][choice.current()])
            )
        self._flag = tk.BooleanVar(self)
        self._text = tk.StringVar(self)
        self._words: dict[str, tk.BooleanVar] = {}
        self._entry: ttk.Entry | None = None
        self._add_input(side, fields[0])
        self._file_key = ttk.Label(side, style="Hint.TLabel")
        self._file_key.pack(anchor="w", pady=(round(2 * scale), 0))
        self._reset = ttk.Button(self, text=_("Reset"), command=self._on_reset)
        self._reset.grid(row=0, column=2, rowspan=2, sticky="ne")
        self._error = ttk.Label(self, style="Error.TLabel", wraplength=round(600 * scale))
        self.update_value()

    @property
    def _field(self) -> Field:
        return self._fields[self._key]

    @property
    def _is_optional(self) -> bool:
        return self._key not in ("name", *SECTIONS[self._field.table].alternatives)

    def update_value(self) -> None:
        """Show what the file says now, unless something else is being typed."""
        written = {
            key: value
            for key, field in self._fields.items()
            if (value := self._editor.value(field, self.entry)) is not None
        }
        if written and self._key not in written:
            self._key = next(iter(written))
        field = self._field
        value = written.get(field.key)
        default = default_value(field)
        can_reset = self._is_optional and value is not None
        self._reset.state(["!disabled" if can_reset else "disabled"])
        self._explain(default)
        shown = default if value is None else value
        if shown == self._shown and self._is_edited():
            return
        self._shown = shown
        self._show_value()
        self._show_error(None)

    @property
    def is_refused(self) -> bool:
        """Whether what was typed is shown to be wrong."""
        return bool(self._error.winfo_manager())

    def commit(self) -> bool:
        """Write what is being typed, if it fits; return whether nothing is left unwritten."""
        self._on_typed()
        return not self._is_edited()

    def _add_input(self, side: ttk.Frame, field: Field) -> None:
        kind = field.kind
        if isinstance(kind, Flag):
            box = ttk.Checkbutton(
                side, text=_("on"), variable=self._flag,
                command=lambda: self._write(self._flag.get()),
            )  # fmt: skip
            box.pack(anchor="w")
            return
        if isinstance(kind, Texts) and kind.words:
            for word, shown in choices_of(field).items():
                self._words[word] = tk.BooleanVar(self)
                ttk.Checkbutton(
                    side, text=shown, variable=self._words[word], command=self._on_words
                ).pack(anchor="w")
            return
        line = ttk.Frame(side)
        line.pack(fill="x")
        entry = self._choice(line, field) if isinstance(kind, Choice | Subject) else None
        if entry is None:
            entry = ttk.Entry(line, textvariable=self._text)
        if isinstance(kind, Color):
            side_px = tkfont.nametofont("TkTextFont", self).metrics("linespace")
            ColorButton(line, self._text, self._write, side_px).pack(side="right")
        entry.pack(side="left", fill="x", expand=True)
        for event in ("<Return>", "<KP_Enter>", "<FocusOut>", "<<ComboboxSelected>>"):
            entry.bind(event, lambda _: self._on_typed())
        entry.bind("<Escape>", self._on_escape)
        self._entry = entry

    def _choice(self, side: ttk.Frame, field: Field) -> ttk.Entry:
        """A list that drops down with what there is at that moment."""
        state = "readonly" if isinstance(field.kind, Choice) else "normal"
        box = ttk.Combobox(side, textvariable=self._text, state=state)
        box.configure(
            postcommand=lambda: box.configure(values=[*choices_of(field, self._targets()).values()])
        )
        return box

    def _targets(self) -> Sequence[str]:
        is_subject = isinstance(self._field.kind, Subject)
        return self._editor.entries(TARGETS_TABLE) if is_subject else ()

    def _show_value(self) -> None:
        """Show what is written in every widget."""
        self._flag.set(self._shown is True)
        for word, chosen in self._words.items():
            chosen.set(isinstance(self._shown, list) and word in self._shown)
        self._hide()
        self._shown_text = shown_value(self._field, self._shown, self._targets())
        self._text.set(self._shown_text)

    def _hide(self) -> None:
        if self._entry is not None:
            self._entry.configure(show=mask_of(self._field))

    def _explain(self, default: object) -> None:
        self._key_shown.set(name_of(self._field))
        self._file_key.configure(text=key_of(self._field))
        self._help.configure(text=help_of(self._field, default))

    def _is_edited(self) -> bool:
        return not self._words and self._text.get() != self._shown_text

    def _on_typed(self) -> None:
        if not self._is_edited():
            return
        text = self._text.get()
        try:
            is_empty = not text.strip() and default_value(self._field) is None
            value = (
                None
                if is_empty and self._is_optional
                else meant_value(self._field, text, self._targets())
            )
        except SettingsError as error:
            self._show_error(str(error))
            return
        self._write(value)

    def _on_words(self) -> None:
        self._write([word for word, chosen in self._words.items() if chosen.get()])

    def _on_key(self, key: str) -> None:
        """Choose another setting: what is written so far goes under its name, if it fits.

        What may hold a secret does not: it would be there to be read.
        """
        was_hidden = bool(mask_of(self._field))
        self._key = key
        self._explain(None)
        self._show_error(None)
        if self._editor.value(self._field, self.entry) is not None:
            self.update_value()
        elif was_hidden:
            self._shown = None
            self._show_value()
        elif self._text.get():
            self._hide()
            self._write(self._text.get())

    def _on_escape(self, _: object) -> str | None:
        """Show what is written again, in place of what is typed or chosen."""
        before = self._key, self._text.get()
        self._text.set(self._shown_text)
        self.update_value()
        self._show_error(None)
        return None if (self._key, self._text.get()) == before else "break"

    def _on_reset(self) -> None:
        self._write(None)

    def _write(self, value: object) -> None:
        others = dict.fromkeys(key for key in self._fields if key != self._key)
        try:
            self._change({**others, self._key: value})
        except SettingsError as error:
            self._show_error(str(error))
            # A switch that was refused is where it was.
            self._flag.set(self._shown is True)
            for word, chosen in self._words.items():
                chosen.set(isinstance(self._shown, list) and word in self._shown)
            return
        self._shown = default_value(self._field) if value is None else value
        self._show_value()
        self._show_error(None)
        self.update_value()

    def _show_error(self, sentence: str | None) -> None:
        """Show what is wrong with what was typed; None: nothing is."""
        if sentence is None:
            self._error.grid_remove()
        else:
            self._error.configure(text=f"⚠ {refusal_text(self._field, sentence)}")
            self._error.grid(row=2, column=0, columnspan=3, sticky="w")
            self.event_generate(REFUSED)


def wrap(event: tk.Event[ttk.Label]) -> None:
    """Let a text have as many lines as the width that it is given takes."""
    event.widget.configure(wraplength=event.width - _LABEL_MARGINS)


def mask_of(field: Field) -> str:
    """Return the character that hides a secret; empty for what is none."""
    return "•" if isinstance(field.kind, Secret) and field.key == "url" else ""
