"""Declarations of settings: their default, range, title and help."""

from __future__ import annotations

from typing import Any, TypeVar

from trayapp.dataclass import dataclass, field, take_metadata
from trayapp.settings.kinds import Duration, Kind, Size

T = TypeVar("T")


def setting(default: T, kind: Kind, title: str, help_text: str, *, key: str = "") -> T:
    """Declare a setting, as a field of its section's record.

    title, help_text: for people, to be translated; a short name, and a sentence without its stop.
    key: what the file calls it, where that is not the field's name (less the unit of a duration
    or a size, which the file's value has).
    """
    return field(default=default, metadata=declare(kind, title, help_text, key=key))


def declare(kind: Kind, title: str, help_text: str, *, key: str = "") -> dict[str, Any]:
    """Return the metadata of a setting that has no default; otherwise as `setting`."""
    return {"setting": (kind, title, help_text, key)}


@dataclass(frozen=True, slots=True)
class Field:
    """One setting, as its section declares it."""

    table: str
    key: str
    attribute: str
    """Its name in the record."""
    kind: Kind
    title: str
    help: str
    default: object
    """The record's value when nothing is set; None if nothing is the default."""


class Section:
    """One table of the file, [name], or a list of them, [[name]], declared by its record."""

    def __init__(
        self,
        name: str,
        record: type,
        title: str,
        help_text: str,
        alternatives: tuple[str, ...] = (),
        alternatives_title: str = "",
    ) -> None:
        """Take the declarations out of the record's fields; only one section can have them.

        alternatives: the settings of which exactly one is written, and what they share.
        """
        self.name = name
        self.record = record
        self.title = title
        self.help = help_text
        self.alternatives = alternatives
        self.alternatives_title = alternatives_title
        self.fields: dict[str, Field] = {}
        # Taken, for all settings together would otherwise keep 35 KiB that nobody needs.
        for attribute, default, metadata in take_metadata(record):
            kind, title, help_text, key = metadata["setting"]
            unit = {Duration: "_seconds", Size: "_bytes"}.get(type(kind), "")
            key = key or attribute.removesuffix(unit)
            self.fields[key] = Field(name, key, attribute, kind, title, help_text, default)
