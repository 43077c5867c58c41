"""The language that Memtray speaks: one catalogue for the process, English where there is none.

A text is written in English where it is used, as `_("Quit Memtray")`; what varies is filled in
after translation: `_("{name} keeps growing").format(name=name)`. What machines read (JSON keys,
verdicts, the log) is never translated.
"""

from __future__ import annotations

from collections.abc import Callable

Singular = Callable[[str], str]
Plural = Callable[[str, str, int], str]


def _english_plural(singular: str, plural: str, count: int) -> str:
    return singular if count == 1 else plural


_singular: Singular = str
_plural: Plural = _english_plural


def use_catalogue(singular: Singular = str, plural: Plural = _english_plural) -> None:
    """Speak from this catalogue from now on: gettext's two lookups. The main thread, at start."""
    global _singular, _plural
    _singular, _plural = singular, plural


def _(text: str) -> str:
    """Return the text in the person's language. Any thread."""
    return _singular(text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Return the form that fits `count`, in the person's language. Any thread."""
    return _plural(singular, plural, count)
