"""Texts of strangers in tables that a spreadsheet may open: never a formula, never two cells.

Spreadsheets do not agree on what separates cells: where the decimal sign is a comma, they split at
semicolons, and what was one quoted cell becomes several. So it is the text itself that is made
harmless, wherever a cell might begin in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_FORMULA = re.compile(
    # Where a cell begins: at the start, or after what may separate two of them.
    r"(?P<before>(?:^|[;\t\r\n\v\f\x1c-\x1f\x85\u2028\u2029；])"
    # What is skipped before a formula: spaces, marks without width, controls, an opening quote.
    r"[\s\"\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd]*)"
    # ASCII, full width, and small forms, which spreadsheets take for the same.
    r"(?P<sign>[=+\-@＝＋－＠﹦﹢﹣﹫])"
)  # fmt: skip

FIGURE = "%.12g"
"""Twelve digits are finer than anything measured."""

_GUARDED = re.compile(_FORMULA.pattern.replace("(?P<sign>", "'(?P<sign>"))


def guarded(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet might take for a formula."""
    return _FORMULA.sub(r"\g<before>'\g<sign>", text)


def unguarded(text: str) -> str:
    """Undo `guarded`, when one's own table is read again."""
    return _GUARDED.sub(r"\g<before>\g<sign>", text)


def quoted(text: str) -> str:
    """A cell of text, guarded and in quotes, as RFC 4180 has it."""
    doubled = guarded(text).replace('"', '""')
    return f'"{doubled}"'


def table_line(cells: Iterable[str | float | None]) -> str:
    """One line with commas; texts are quoted, figures are not, what is unknown is empty."""
    return ",".join(map(_cell, cells)) + "\n"


def _cell(cell: str | float | None) -> str:
    if cell is None:
        return ""
    return quoted(cell) if isinstance(cell, str) else FIGURE % cell
