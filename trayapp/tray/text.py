"""Text from anywhere, made fit for a tray: strangers named the processes in it."""

from __future__ import annotations

from trayapp.domain.records.names import DIRECTION_MARK

# Spaces that line figures up, and the mark; Python does not count them as printable.
_KEPT = f"\u00a0\u2007\u2008\u2009\u202f{DIRECTION_MARK}"


def plain_line(text: str, limit: int) -> str:
    """Return one line of at most `limit` characters, cut with an ellipsis.

    Control characters, lone surrogates, directional overrides and the like become spaces.
    """
    line = text[: limit + 1]
    if not line.isprintable():
        line = "".join(char if char.isprintable() or char in _KEPT else " " for char in line)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def plain_lines(text: str, limit: int) -> str:
    """Return several lines, each as `plain_line` makes it; at most `limit` characters in all."""
    lines = (plain_line(line, limit) for line in text[:limit].split("\n"))
    return "\n".join(lines)


def cut_utf16(text: str, units: int) -> str:
    """Return the longest beginning within `units` UTF-16 units, which is how Windows counts."""
    return text.encode("utf-16-le", "replace")[: 2 * units].decode("utf-16-le", "ignore")


def without_markup(text: str) -> str:
    """Return text that reads the same as markup and as plain text, as hosts do not agree.

    In tooltips, waybar takes titles for markup, and only up to some version descriptions, too;
    Plasma takes no titles for it, and descriptions where they begin with a tag.
    """
    return text.translate(_LIKE_MARKUP)


_LIKE_MARKUP = str.maketrans("<>&", "‹›+")
