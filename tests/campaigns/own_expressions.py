"""Memtray's own regular expressions on lines that strangers may write: none is slow.

By hand: `python -m tests.campaigns.own_expressions [--tries N] [--seed N] [--seconds N]`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import random
import re
import signal
import sys
from collections.abc import Iterator

from tests.campaigns.outcome import run_campaign

MOST_SECONDS = 2.0
_LENGTH = 4000
_ROOMS = ("domain", "recording", "export", "readers", "delivery", "language", "settings")
_PIECES = (
    "a", "1", "1.", "1,111,", "a ", "1 ", " ", "\t ", "a:", "1:", "a-", "[a", "{a", "{", "\\", "a=",
    "a=b,", ".", "1 1.1 ", "0-", "a/b", "/", "B/", "(", "12:34 ", "aa bb ", "名 ", "a'", 'x"', "é",
    "Mon ", "1K->1K(", "1B / ", "# TYPE ", "_", "aB_",
)  # fmt: skip
_STARTS = ("", "a", "1 ", "12:34:56 ", "Mem: ", "{", "PRM ", "Elapsed time ", "total ")
_ENDS = ("", "!", "\0", "\n!", " 1")
_ONLY_FOUND = r"\d+|[^\W\d_]+(?:['’.-]?[^\W\d_]+)*\.?|[^\w\s]+|_"
"""Used with findall only, which takes whatever it finds."""
_CUT = (("([+-]?\\d[\\d., ", 120), (r"\s*(\d+)\*?[-+]?\s+(\S.*?)\s+\d+\.\d+\s", 400))
"""How the expressions begin whose text is cut before: a quantity, and a row of macOS's top."""


@functools.cache
def own_expressions() -> list[re.Pattern[str]]:
    """Return those that modules keep, each once."""
    found: dict[tuple[str, int], re.Pattern[str]] = {}
    for room in _ROOMS:
        package = importlib.import_module(f"trayapp.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for value in vars(importlib.import_module(module.name)).values():
                for pattern in _patterns(value):
                    found[pattern.pattern, pattern.flags] = pattern
    return [found[key] for key in sorted(found)]


def _patterns(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str) and value.pattern != _ONLY_FOUND:
            yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _patterns(each)
    elif isinstance(value, dict):
        yield from _patterns(list(value.values()))


def _attempt(chance: random.Random) -> str | None:
    pattern = chance.choice(own_expressions())
    piece = "".join(chance.choice(_PIECES) for _ in range(chance.choice((1, 1, 2, 3))))
    text = chance.choice(_STARTS) + piece * (_LENGTH // len(piece)) + chance.choice(_ENDS)
    text = text[: next((most for start, most in _CUT if pattern.pattern.startswith(start)), None)]
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    try:
        for search in (pattern.match, pattern.search, pattern.fullmatch):
            search(text)
    except TimeoutError:
        return f"{pattern.pattern!r} on {text[:40]!r}…{text[-3:]!r}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


def _end(*_: object) -> None:
    raise TimeoutError


if __name__ == "__main__":
    signal.signal(signal.SIGVTALRM, _end)
    sys.exit(run_campaign("own_expressions", _attempt, tries=5000, seconds=600))
