"""Asking a program's own probe to look at its objects: from windows and from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name, find_names
from trayapp.domain.showing.investigation import Finding
from trayapp.errors import ControlError
from trayapp.language.catalogue import _
from trayapp.paths import shared_runtime

PLAN_SECONDS = 10.0
LOOK_SECONDS = 120.0
"""More than any look takes that a person would wait for."""
BETWEEN_SECONDS = 10.0
"""Between the first look and the second, whose difference is the growth."""
_ANSWER_LIMIT_BYTES = 1024 * 1024


class Investigator:
    """Asks the probe of one process. Any thread; each call blocks."""

    def __init__(self, runtime: Path, keys: Sequence[tuple[int, int]]) -> None:
        """keys: pid and start time of the processes that may be asked, the most telling first.

        Raises: ControlError if none of them has a probe.
        """
        self._runtime = shared_runtime(runtime)
        listening = frozenset(find_names(self._runtime, PROBE))
        found = [
            (pid, name)
            for pid, started in keys
            if (name := endpoint_name(PROBE, pid, started)) in listening
        ]
        if not found:
            raise _no_probe()
        self.pid, self._name = found[0]

    def plan(self) -> dict[str, object]:
        """Return how many objects there are and how long a look takes. Raises: ControlError."""
        if self._ask({}, PLAN_SECONDS, "report").get("runtime", "python") != "python":
            raise _no_probe()
        return self._ask({"plan": True}, PLAN_SECONDS)

    def look(self, longest_seconds: float, *, is_forced: bool) -> dict[str, object]:
        """Have it look, which pauses it; "refused" in the answer: that would take too long.

        Raises: ControlError.
        """
        options = {"longest_seconds": longest_seconds, "force": is_forced}
        return self._ask(options, LOOK_SECONDS)

    def _ask(
        self, arguments: Mapping[str, object], seconds: float, verb: str = "investigate"
    ) -> dict[str, object]:
        return call(
            self._runtime, verb, arguments, seconds,
            name=self._name,
            who=_("Python probe of process {pid}").format(pid=self.pid),
            answer_limit_bytes=_ANSWER_LIMIT_BYTES,
        )  # fmt: skip


def _no_probe() -> ControlError:
    return ControlError(
        _(
            "it has no Python probe; start it with memtray run -- COMMAND, or call "
            "trayapp.probe.start() in it"
        )
    )


def as_lines(found: Iterable[Finding]) -> list[str]:
    """Return findings as lines of text: headings, indented rows, and advice with an arrow."""
    lines: list[str] = []
    for each in found:
        lines += ["", each.heading, *(f"  {row}" for row in each.rows)]
        if each.advice:
            lines.append(f"  → {each.advice}")
    return lines[1:]
