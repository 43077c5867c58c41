"""Redaction of who and where in a report: users, machines, paths, command lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HIDDEN = "…"
_PATH = re.compile(
    r"(?<![\w.~/\\])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\\"'<>|:]+[/\\])+([^\s/\\\"'<>|:,;)]*)"
)
"""At least one folder, then the last part."""
_HOME = re.compile(r"([/\\](?:home|Users)[/\\])[^\s/\\\"'<>|:,;)]+")
_LEAST_WORD = 3
"""A single letter does not identify a user called "a"."""


class Redactor:
    """Replaces what is private in any text."""

    def __init__(self, words: Iterable[str] = (), phrases: Iterable[str] = ()) -> None:
        """Hide `words` where they stand alone (users, machines), `phrases` wherever they are."""
        # A single word is the name of a program, which may be told.
        lines = {one for one in phrases if re.search(r"[\s/\\]", one.strip())}
        self._phrases = sorted(lines, key=len)[::-1]
        names = sorted({re.escape(one) for one in words if len(one) >= _LEAST_WORD}, key=len)[::-1]
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)") if names else None

    def __call__(self, text: str) -> str:
        """Return the text without any of it; of a path its last part stays."""
        for phrase in self._phrases:
            text = text.replace(phrase, _HIDDEN)
        text = _HOME.sub(rf"\g<1>{_HIDDEN}", text)
        text = _PATH.sub(lambda match: f"{_HIDDEN}/{match[1]}", text)
        return self._words.sub(_HIDDEN, text) if self._words else text


def hide_nothing(text: str) -> str:
    """Return the text as it is, for a report that is not private."""
    return text
