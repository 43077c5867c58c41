"""The settings file as the window uses it: read, followed, changed value by value.

For child processes, as `editing`.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from trayapp.errors import SettingsError
from trayapp.language.catalogue import _
from trayapp.settings.editing import add_entry, change_values, load_values, remove_entry
from trayapp.settings.fields import Field
from trayapp.settings.file import read_text, rewrite
from trayapp.settings.kinds import LimitKind, Number, RefusedError, Texts
from trayapp.settings.parsing import parse_settings, read_value
from trayapp.settings.records import fields_of

_MOST_UNDONE = 50


class SettingsEditor:
    """The file and what it says now; one thread.

    Every change is made to the file as it is at that moment, so that what an editor saved meanwhile
    is not lost. `problem` is why the file as a whole cannot be used, in one line, or None.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.problem: str | None = None
        self._text: str | None = None
        self._data: dict[str, Any] = {}
        self._done: list[tuple[str, str]] = []
        self.refresh()

    def refresh(self) -> bool:
        """Read the file again; return whether anything is new."""
        text, problem = None, None
        try:
            text = read_text(self.file)
        except SettingsError as error:
            problem = self._sentence(error)
        if text == self._text and problem == self.problem:
            return False
        if text is not None:
            try:
                parse_settings(text, str(self.file))
            except SettingsError as error:
                problem = self._sentence(error)
            with suppress(RefusedError):
                self._data = load_values(text)
        is_new = text != self._text or problem != self.problem
        self._text, self.problem = text, problem
        return is_new

    @property
    def can_undo(self) -> bool:
        """Whether the last change made here is still the last of all changes."""
        return bool(self._done) and self._done[-1][1] == self._text

    def entries(self, table: str) -> list[str]:
        """Return the names of all [[table]], in the order of the file."""
        found = self._data.get(table, [])
        entries = found if isinstance(found, list) else []
        return [str(each.get("name", "")) for each in entries if isinstance(each, dict)]

    def value(self, field: Field, entry: str | None = None) -> object:
        """Return the value of a setting as it is written in the file; None: it is not."""
        place: Any = self._data.get(field.table, {})
        if entry is not None:
            place = next((each for each in place if each.get("name") == entry), {})
        return place.get(field.key) if isinstance(place, dict) else None

    def change(self, table: str, values: Mapping[str, object], entry: str | None = None) -> None:
        """Set values, None being back to the default.

        Raises: SettingsError with the sentence to show beside the field.
        """
        fields = fields_of(table)
        for key, value in values.items():
            if value is not None:
                try:
                    read_value(fields[key], value)
                except RefusedError as error:
                    raise SettingsError(str(error)) from error
        self._rewrite(lambda text: change_values(text, table, values, entry))

    def add(self, table: str, values: Mapping[str, object]) -> None:
        """Add a [[table]].

        Raises: SettingsError with the sentence to show.
        """
        self._rewrite(lambda text: add_entry(text, table, values))

    def remove(self, table: str, entry: str) -> None:
        """Remove a [[table]] by its name.

        Raises: SettingsError with the sentence to show.
        """
        self._rewrite(lambda text: remove_entry(text, table, entry))

    def undo(self) -> None:
        """Undo the last change, unless the file was changed elsewhere since.

        Raises: SettingsError with the sentence to show.
        """
        before, after = self._done[-1]

        def back(text: str) -> str:
            if text != after:
                raise RefusedError(_("was changed elsewhere in the meantime; nothing was undone"))
            return before

        self._rewrite(back)
        del self._done[-2:]

    def _rewrite(self, change: Callable[[str], str]) -> None:
        try:
            before, after = rewrite(self.file, change)
        except SettingsError as error:
            raise SettingsError(self._sentence(error)) from error
        if before != after:
            self._done = [*self._done, (before, after)][-_MOST_UNDONE:]
        self.refresh()

    def _sentence(self, error: SettingsError) -> str:
        """Return the text without the file's name, which the window shows anyway."""
        return str(error).removeprefix(f"{self.file}: ")


def default_value(field: Field) -> object:
    """Return the default as it would be written in the file; None: there is none."""
    if field.default is None:
        return None
    return load_values(f"it = {field.kind.write(field.default)}")["it"]


def shown_text(value: object) -> str:
    """Return a value of the file as the text of an entry field."""
    if isinstance(value, list):
        return shlex.join(map(str, value))
    return "" if value is None else str(value)


def typed_value(field: Field, text: str) -> object:
    """Return the text of an entry field as the file would have it.

    Raises: SettingsError if a list of texts has a quote that is not closed.
    """
    kind, text = field.kind, text.strip()
    if isinstance(kind, Number):
        for read in (int, float):
            with suppress(ValueError):
                return read(text)
        return text
    if isinstance(kind, Texts):
        try:
            return shlex.split(text)
        except ValueError as error:
            raise SettingsError(_("a quote is not closed")) from error
    if isinstance(kind, LimitKind) and not text:
        return None
    return text
