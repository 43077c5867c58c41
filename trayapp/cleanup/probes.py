"""Asking the probes of a target's processes to give memory back."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name
from trayapp.dataclass import dataclass
from trayapp.domain.records.names import short_name
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError, NotRunningError
from trayapp.language.catalogue import _

CALL_LIMIT_SECONDS = 10.0
"""For one probe: a program with a hundred million objects needs so long."""
LIMIT_SECONDS = 30.0
"""For all processes of a target; who has not been asked by then is not."""
ANSWER_LIMIT_BYTES = 256 * 1024
LONGEST_REASON = 200
"""Characters of what a probe has to say against it."""

_LARGEST_COUNT = 10**15


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A probe's own word, not measured, of what it did."""

    object_count: int | None
    """Garbage objects."""
    cleared: tuple[str, ...] = ()
    """Names of the caches that were emptied; strangers' texts, but fit to be shown."""
    problems: tuple[str, ...] = ()
    """Caches that could not be, each with the reason."""


class Probes:
    """The probes of one target's processes, for one cleanup. One thread."""

    def __init__(
        self,
        runtime: Path,
        *,
        with_caches: bool,
        call_limit_seconds: float = CALL_LIMIT_SECONDS,
        limit_seconds: float = LIMIT_SECONDS,
    ) -> None:
        """`with_caches`: have the programs empty their registered caches, too."""
        self._runtime = runtime
        self._with_caches = with_caches
        self._call_limit_seconds = call_limit_seconds
        self._deadline = time.monotonic() + limit_seconds

    def collect(self, key: ProcessKey) -> Collected | None:
        """Have one process collect its garbage and trim its heap; None: it has no probe.

        Blocks, but not beyond the limits.

        Raises: ControlError in one line if it cannot or does not answer.
        """
        who = _("Python probe of process {pid}").format(pid=key.pid)
        left_seconds = min(self._call_limit_seconds, self._deadline - time.monotonic())
        if left_seconds <= 0:
            text = _("{who} was not asked: the others took all the time")
            raise ControlError(text.format(who=who))
        if not is_the_same(key):
            return None
        try:
            told = call(
                self._runtime,
                "collect",
                {"caches": self._with_caches},
                left_seconds,
                name=endpoint_name(PROBE, key.pid, key.started),
                who=who,
                answer_limit_bytes=ANSWER_LIMIT_BYTES,
            )
        except NotRunningError:
            return None
        except ControlError as error:
            # The text may be the program's own, which may be anything.
            raise ControlError(short_name(str(error), LONGEST_REASON)) from error
        if told.get("pid") != key.pid:
            raise ControlError(_("{who} answered for another process").format(who=who))
        return _understand(told)


def is_the_same(key: ProcessKey) -> bool:
    """Return whether the pid still has the process that is meant; on Linux the name tells."""
    if sys.platform != "linux":
        from trayapp.platforms.termination import still_runs_by_psutil

        return still_runs_by_psutil(key)
    return True


def _understand(told: dict[str, object]) -> Collected:
    """Return what a program says, which may be anything that JSON can say."""
    count = told.get("object_count")
    caches = told.get("caches")
    cleared, problems = [], []
    for cache in caches if isinstance(caches, list) else []:
        if not isinstance(cache, dict) or not isinstance(cache.get("name"), str):
            continue
        name, problem = short_name(cache["name"]), cache.get("problem")
        if isinstance(problem, str):
            problems.append(f"{name}: {short_name(problem)}")
        else:
            cleared.append(name)
    return Collected(
        object_count=count if isinstance(count, int) and 0 <= count <= _LARGEST_COUNT else None,
        cleared=tuple(cleared),
        problems=tuple(problems),
    )
