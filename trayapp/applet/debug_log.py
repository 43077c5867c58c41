"""What Memtray matched and why, and how long each step took: for finding faults, when switched on.

The file is bounded, this user's alone, and has no secrets of command lines in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from trayapp.delivery.rotated import RotatedFile
from trayapp.domain.judging.monitor import Outcome
from trayapp.domain.records.names import short_name
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.domain.showing.command_secrets import text_without_secrets, without_secrets

FILE_NAME = "debug.log"
LIMIT_BYTES = 1024 * 1024
"""The file starts anew then; one older is kept."""
_LONGEST_COMMAND, _LONGEST_REASON = 500, 200
_MOST_AT_A_TIME = 200
"""Processes of one sample; of more, only their number is written."""


class DebugLog:
    """Writes what each sample led to. One thread, the sampler's."""

    def __init__(self, folder: Path) -> None:
        """Write into the data folder of this profile."""
        self._file = RotatedFile(folder / FILE_NAME, LIMIT_BYTES)
        self._told: dict[ProcessKey, str] = {}
        self._line("debug on")

    def note(
        self,
        members: Mapping[str, Sequence[ProcessKey]],
        explain: Callable[[ProcessKey], tuple[ProcessFacts, str] | None],
        seconds: Mapping[str, float],
        alerts: Sequence[str],
    ) -> None:
        """Write about one sample: who belongs to whom, how long each step took, what alerts did."""
        now = {key: name for name, keys in members.items() for key in keys}
        news = [key for key, name in now.items() if self._told.get(key) != name]
        for key in news[:_MOST_AT_A_TIME]:
            explained = explain(key)
            if explained is not None:
                self._line(_process_line(now[key], *explained))
        if len(news) > _MOST_AT_A_TIME:
            self._line(f"and {len(news) - _MOST_AT_A_TIME} more processes")
        for key, name in self._told.items():
            if key not in now:
                self._line(f"process {key.pid} left {short_name(name)}")
        self._told = now
        steps = ", ".join(f"{name} {1000 * each:.1f} ms" for name, each in seconds.items())
        self._line(f"look: {steps}; {len(now)} processes in {len(members)} targets")
        for text in alerts:
            self._line(text_without_secrets(text))

    def note_outcome(
        self,
        outcome: Outcome,
        explain: Callable[[ProcessKey], tuple[ProcessFacts, str] | None],
        seconds: Mapping[str, float],
    ) -> None:
        """Write about one sample by what it came to, as `note` does."""
        alerts = [
            " ".join(filter(None, ("alert", one.what, one.incident.key, one.reason)))
            for one in outcome.announcements
        ]
        members = {target.name: target.keys for target in outcome.view.targets}
        self.note(members, explain, seconds, alerts)

    def end(self) -> None:
        self._line("debug off")

    def _line(self, text: str) -> None:
        moment = time.time()
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
        flat = "".join(each if each.isprintable() else " " for each in text)
        line = f"{clock}.{int(moment % 1 * 1000):03d} {flat}\n"
        self._file.append(line.encode(errors="backslashreplace"))


def read_lines(folder: Path, most: int) -> list[str]:
    """Return the newest lines, oldest first; none where nothing was ever written."""
    lines: list[str] = []
    for name in (f"{FILE_NAME}.1", FILE_NAME):
        try:
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        lines += text.splitlines()
    return lines[-most:]


def _process_line(target: str, facts: ProcessFacts, why: str) -> str:
    arguments = without_secrets(facts.arguments) or (facts.name,)
    command = short_name(" ".join(arguments), _LONGEST_COMMAND)
    reason = short_name(text_without_secrets(why), _LONGEST_REASON)
    return f"process {facts.key.pid} is {short_name(target)} by {reason}: {command}"
