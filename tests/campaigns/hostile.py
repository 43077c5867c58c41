"""Processes with hostile names and command lines, and patterns that are slow on them.

By hand: `python -m tests.campaigns.hostile [--tries N] [--seed N] [--seconds N]`. Each try starts a
real process and has rules of targets match it, names be shown and secrets be hidden.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time

from tests.campaigns.outcome import run_campaign
from trayapp.cli.verbs.targets import RunningProcesses
from trayapp.domain.grouping.expressions import RefusedExpressionError, compile_expression
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.names import process_label, short_name, shown_name
from trayapp.domain.showing.command_secrets import without_secrets

MOST_SECONDS = 3.0
"""For one pattern on all processes; the machine may be busy."""
_PIECES = (
    b"a", b"aa", b"ab-", b"a=b@", b"/", b" ", b"--password=", b"://", b":", b"@", b".", b"\xff",
    b"\n", b"\x1b[2J", "\u202e".encode(), b"<b>", b"%s", b"{0}", b"'", b'"', b"\\", b"token", b"=",
    b"eyJ", b"-p", b"worker.py", "名".encode(), b"1.2.3.4",
)  # fmt: skip
_ATOMS = (
    "a",
    ".",
    r"\w",
    r"\S",
    r"\d",
    "[^=]",
    "[a-z]",
    "a|b",
    r"\b",
    r"worker\.py",
    "=",
    "^",
    "$",
)
_REPEATS = ("", "", "*", "+", "?", "*?", "{2,}", "{0,30}", "{3}")


def _attempt(chance: random.Random) -> str | None:
    arguments = [_bytes(chance) for _ in range(chance.randint(1, 4))]
    pattern = _pattern(chance, 4)
    # The shell takes any name, and ends when nobody writes to it any more.
    command = [arguments[0], b"-c", b"read x", *arguments[1:]]
    with subprocess.Popen(command, executable="/bin/sh", stdin=subprocess.PIPE) as process:
        try:
            return _look_at(process.pid, pattern)
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            return f"{pattern!r}, {arguments!r}: {type(error).__name__}: {error}"[:500]


def _look_at(pid: int, pattern: str) -> str | None:
    began = time.thread_time()
    try:
        rule = TargetRule(name="x", regex=compile_expression(pattern))
    except (re.error, RefusedExpressionError):
        rule = TargetRule(name="x", match="worker")
    processes = RunningProcesses()
    processes.match(rule)
    for facts in processes.match(TargetRule(name="all", match="")).direct:
        if facts.key.pid == pid:
            shown = [shown_name(facts.name), short_name(facts.command_line, 80)]
            shown.append(process_label(facts.arguments, facts.name))
            without_secrets(facts.arguments)
            if any("\x1b" in each or "\n" in each for each in shown[:2]):
                return f"not fit to be shown: {shown!r}"
    took = time.thread_time() - began
    return f"{pattern!r} took {took:.1f} s" if took > MOST_SECONDS else None


def _bytes(chance: random.Random) -> bytes:
    piece = b"".join(chance.choice(_PIECES) for _ in range(chance.randint(1, 4)))
    return (piece * chance.choice((1, 1, 3, 1200)))[:3600] + chance.choice(_PIECES)


def _pattern(chance: random.Random, depth: int) -> str:
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(_ATOMS)
    inner = "".join(_pattern(chance, depth - 1) for _ in range(chance.randint(1, 3)))
    form = chance.choice(("(?:{})", "({})", "(?:{}|a)", "(?i:{})", "(?={})", "(?>{})"))
    return form.format(inner) + chance.choice(_REPEATS)


if __name__ == "__main__":
    sys.exit(run_campaign("hostile", _attempt, tries=300, seconds=600))
