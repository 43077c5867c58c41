"""Mutations of the settings file: each is read, or refused in one line, within a second.

By hand: `python -m tests.campaigns.settings [--tries N] [--seed N] [--seconds N]`.
"""

from __future__ import annotations

import random
import sys
import time

from tests.campaigns.outcome import run_campaign
from trayapp.applet.rules import monitor_rules
from trayapp.errors import SettingsError
from trayapp.settings.parsing import parse_settings
from trayapp.settings.template import default_text

MOST_SECONDS = 1.5
_SPOILERS = (
    "", "\0", "\ufeff", "\n", "\r", "=", ".", "[", "]", "[[", "{", "}", '"', "'", '"""', "#", ",",
    "-1", "0", "1e400", "nan", "inf", "9" * 400, "9" * 5000, "0x", "true", "\ud7ff", "\u202e",
    "1979-05-27", "[" * 2000, "a." * 3000, "(a+)+\\\\1", "regex = 'x'\n", "99999999999d", "∞", "\\",
)  # fmt: skip
_TARGETS = (
    '[[targets]]\nname = "web"\nregex = "w(?P<n>\\\\d+)"\n[[channels]]\nname="a"\nurl="json://h"\n'
)


def _attempt(chance: random.Random) -> str | None:
    text = _spoil(default_text() + _TARGETS, chance)
    began = time.thread_time()
    try:
        monitor_rules(parse_settings(text, "memtray.toml"))
    except SettingsError as error:
        told = str(error)
        if "\n" in told or len(told) > 1000:
            return f"not one line: {told[:200]!r}"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{type(error).__name__}: {error}"[:300]
    took = time.thread_time() - began
    return f"took {took:.1f} s" if took > MOST_SECONDS else None


def _spoil(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    # Most of the template are remarks: what is meant to be written is tried as written.
    for at, line in enumerate(lines):
        if line.startswith("#") and "=" in line and chance.random() < 0.5:
            lines[at] = line.lstrip("# ")
    for _each in range(chance.randint(0, 3)):
        at = chance.randrange(len(lines))
        other = lines[chance.randrange(len(lines))]
        lines[at : at + chance.choice((0, 1, 1, 5))] = [other] * chance.choice((0, 1, 2, 500))
    text = "".join(lines)
    for _each in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        gone = chance.choice((0, 0, 1, 2, 10, 60))
        text = text[:at] + chance.choice(_SPOILERS) + text[at + gone :]
    return text


if __name__ == "__main__":
    sys.exit(run_campaign("settings", _attempt, tries=2000, seconds=600))
