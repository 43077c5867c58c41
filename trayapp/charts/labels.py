"""Names written by strangers, made fit for a chart, a menu or a title."""

from __future__ import annotations

import unicodedata

from trayapp.domain.records.names import DIRECTION_MARK
from trayapp.language.catalogue import _

NAME_LENGTH = 32
"""Longer names end in an ellipsis."""


def plain_name(name: str, length: int = NAME_LENGTH) -> str:
    """Return a name as one printable line of at most `length` characters; never empty.

    Control characters, line breaks, lone surrogates and characters that turn the writing
    direction around become a replacement mark.
    """
    shown = "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(one)[0] in "CZ" and one != " " else one
        for one in name[: 4 * length].replace(DIRECTION_MARK, "")
    ).strip()
    if not shown:
        return _("(no name)")
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def chart_name(name: str, length: int = NAME_LENGTH) -> str:
    """Return `plain_name` for matplotlib: "$" starts no formula, "_" hides no legend entry."""
    shown = plain_name(name, length).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown
