"""Text of the file or for a message, on one line whatever is in it."""

from __future__ import annotations


def quote(text: str) -> str:
    """Return `text` as a TOML basic string on one line, whatever is in it.

    Lone surrogates are written as an escape that TOML refuses: it has no way to hold them.
    """
    return '"' + "".join(_escape(character) for character in text) + '"'


def one_line(text: str) -> str:
    """Escape what would break a line, hide or reorder text in a message for a person."""
    return "".join(character if character.isprintable() else _code(character) for character in text)


def _escape(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else _code(character)


def _code(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
