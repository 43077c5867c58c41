"""What decides which acts the programs in view allow, for the menu and for banners."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from trayapp.control.process_endpoints import GUARD, PROBE, endpoint_name, find_names
from trayapp.domain.acting.acts import Act, banner_acts, common_unit, user_unit
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.view import View
from trayapp.domain.records.identity import MEMTRAY, application_key, name_in, target_key, target_of
from trayapp.domain.records.program_facts import ProgramFacts
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.errors import MemtrayError

PERIOD_SECONDS = 10.0
MOST_PROCESSES = 16
"""So many of a program are asked for what they allow; the others are like them."""
OWN = ProgramFacts(is_memtray=True)
_PYTHON = re.compile(r"python[\d.]*w?(\.exe)?", re.IGNORECASE)

Lineages = Callable[[Sequence[ProcessKey]], list[list[ProcessFacts]]]


class Programs:
    """Knows what the programs in view allow, and finds it out for others."""

    def __init__(
        self,
        lineages: Lineages,
        check: Callable[[ProcessKey], None],
        runtime: Path,
        *,
        may_be_trimmed: bool,
    ) -> None:
        """Prepare to look; nothing is read yet.

        `lineages` returns each process that still runs with its ancestors. `check` raises
        PlatformError, with a `reason`, where a process may not be ended. `runtime` is the folder
        in which probes and guarded runs listen.
        """
        self._lineages = lineages
        self._check = check
        self._runtime = runtime
        self._may_be_trimmed = may_be_trimmed
        self._due_seconds = 0.0
        self.known: Mapping[str, ProgramFacts] = {}
        """By the key of a target or application (see `identity`); replaced, never changed."""

    def refresh(self, view: View) -> None:
        """Look at all that the menu shows, if it is time. The sampler thread."""
        now = time.monotonic()
        if now >= self._due_seconds:
            self._due_seconds = now + PERIOD_SECONDS
            names = self._endpoints()
            self.known = {key: self._look(keys, names) for key, keys in _shown(view)} | {
                MEMTRAY: OWN
            }

    def about(self, view: View, key: str) -> ProgramFacts | None:
        """Look at one target or application, whether it is time or not. Any thread.

        Returns: None if it does not run. Raises: MemtrayError if the sampler does not answer.
        """
        if key == MEMTRAY:
            return OWN
        keys = next((keys for name, keys in _shown(view) if name == key), ())
        return self.look(keys) if keys else None

    def for_banner(self, view: View | None, incident: Incident) -> tuple[Act, ...]:
        """Return the acts for the banner of an incident. Any thread."""
        try:
            return banner_acts(self.about(view, incident.identity) if view else None)
        except MemtrayError:
            return ()

    def look(self, keys: Sequence[ProcessKey]) -> ProgramFacts:
        """Return what a program with these processes allows. Any thread. Raises: MemtrayError."""
        return self._look(keys, self._endpoints())

    def _endpoints(self) -> frozenset[str]:
        return frozenset([*find_names(self._runtime, PROBE), *find_names(self._runtime, GUARD)])

    def _look(self, keys: Sequence[ProcessKey], names: frozenset[str]) -> ProgramFacts:
        lineages = self._lineages(keys[:MOST_PROCESSES])
        processes = [lineage[0] for lineage in lineages]
        is_guarded = any(_is_guarded(lineage[1:], names) for lineage in lineages)
        left = [lineage[0].key for lineage in lineages if not _is_guarded(lineage, names)]
        left_pids, is_mostly_left = _weigh(left if is_guarded else (), processes)
        return ProgramFacts(
            refusal=self._refusal(keys[:MOST_PROCESSES]),
            has_probe=any(endpoint_name(PROBE, *key) in names for key in keys),
            may_be_trimmed=self._may_be_trimmed,
            takes_probe=any(_runs_python(process) for process in processes),
            is_guarded=is_guarded,
            left_pids=left_pids,
            is_mostly_left=is_mostly_left,
            unit=_unit(processes),
        )

    def _refusal(self, keys: Sequence[ProcessKey]) -> str:
        reason = ""
        for key in keys:
            try:
                self._check(key)
            except MemtrayError as error:
                reason = reason or str(getattr(error, "reason", error))
            else:
                return ""
        return reason


def subject_of(view: View | None, about: str) -> tuple[str, str]:
    """Return the kind and name by which windows know what a key (see `identity`) is about."""
    target = target_of(about)
    if target is not None or about == MEMTRAY:
        return "target", target or MEMTRAY
    for application in view.applications if view else ():
        if application.key is not None and application_key(application.key) == about:
            return "application", application.name
    return "application", name_in(about)


def _shown(view: View) -> Iterator[tuple[str, tuple[ProcessKey, ...]]]:
    """Yield the key and the processes of each target and application that runs."""
    for target in view.targets:
        if target.keys:
            yield target_key(target.name), target.keys
    for application in view.applications:
        if application.key is not None and application.keys:
            yield application_key(application.key), application.keys


def _is_guarded(lineage: Sequence[ProcessFacts], names: Container[str]) -> bool:
    """Return whether one of these is a guarded run."""
    return any(endpoint_name(GUARD, *process.key) in names for process in lineage)


def _weigh(
    left: Sequence[ProcessKey], processes: Iterable[ProcessFacts]
) -> tuple[tuple[int, ...], bool]:
    """Return the pids of what is left, largest first, and whether that is most of the size."""
    if not left:
        return (), False
    sizes = {process.key: _resident_bytes(process.key.pid) for process in processes}
    ordered = sorted(left, key=lambda key: -sizes[key])
    left_bytes = sum(sizes[key] for key in left)
    return tuple([key.pid for key in ordered]), 2 * left_bytes > sum(sizes.values())


def _resident_bytes(pid: int) -> int:
    """Return its size; 0: it has ended, or may not be asked."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _unit(processes: Sequence[ProcessFacts]) -> str:
    if sys.platform == "win32":
        return ""
    user = os.getuid()
    return common_unit(user_unit(process.cgroup, user) for process in processes)


def _runs_python(process: ProcessFacts) -> bool:
    program = process.arguments[0] if process.arguments else process.name
    return _PYTHON.fullmatch(re.split(r"[/\\]", program)[-1]) is not None
