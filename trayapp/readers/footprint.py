"""USS, PSS and swap of processes: what is really their own, on a slow clock.

The kernel goes through all pages of a process to tell, at about 10 ms per GiB, during which the
process may have to wait: so seldom, few at a time, and never for the huge.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection
from typing import Any, NamedTuple, Protocol

from trayapp.domain.samples import Footprint, ProcessKey
from trayapp.domain.units import GIB, format_duration, format_size
from trayapp.readers.processes import UNKNOWN_START
from trayapp.readers.procfile import field_bytes, read_start, read_started
from trayapp.readers.rota import Rota

PERIOD_SECONDS = 30.0
"""How often a process has its turn."""
BUDGET_SECONDS = 0.005
"""After so long in one tick the others wait for the next."""
COSTLY_CPU_SECONDS = 0.02
"""A process whose reading took more CPU is left alone for a while."""
STALLED_SECONDS = 0.1
"""The same for waiting, CPU or not: on a busy machine a little is no fault of the process."""
HUGE_BYTES = 8 * GIB
"""Nothing larger is gone through."""
RETRY_SECONDS = 600.0
LONGEST_RETRY_SECONDS = 7200.0
"""The time alone doubles each time up to this."""


class FootprintSource(Protocol):
    """One system's way of asking about a process, by pid.

    Raises: ProcessLookupError: no such process, or none with memory; PermissionError; another
    OSError or ValueError: not to be had.
    """

    def read_rss_bytes(self, pid: int) -> int:
        """Resident set; cheap."""

    def read_swap_bytes(self, pid: int) -> int | None:
        """Swap, where it can be had cheaply and without special permission."""

    def read(self, pid: int) -> Footprint:
        """All figures; may take long."""

    def read_started(self, pid: int) -> int:
        """Start time as in `ProcessKey`."""


class _Finding(NamedTuple):
    footprint: Footprint = Footprint()
    skip_reason: str | None = None
    retry_at: float = 0.0
    retry_after_seconds: float = 0.0


class FootprintReader:
    """Reads footprints, each every 30 s. All calls from one thread. Keeps nothing of the dead."""

    def __init__(
        self,
        source: FootprintSource | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        """By default asks the system it runs on."""
        self._source = source or (
            ProcFootprints() if sys.platform == "linux" else PsutilFootprints()
        )
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._rota = Rota[ProcessKey](PERIOD_SECONDS, BUDGET_SECONDS, clock)
        self._found: dict[ProcessKey, _Finding] = {}

    def read(
        self, keys: Collection[ProcessKey], now: float, *, swap_moves: bool = False
    ) -> dict[ProcessKey, Footprint]:
        """What is known of these processes, at most 30 s old; all others are forgotten.

        `now`: monotonic seconds; `swap_moves`: read what they have in swap anew. Missing in the
        answer: who has not had a turn, or has ended.
        """
        found = self._found
        for key in self._rota.due(keys, now):
            finding = self._look(key, now, found.get(key))
            if finding is None:
                found.pop(key, None)
            else:
                found[key] = finding
        self._found = {key: found[key] for key in keys if key in found}
        if swap_moves:
            self._refresh_swap()
        return {key: finding.footprint for key, finding in self._found.items()}

    def _refresh_swap(self) -> None:
        """What leaves anonymous memory for swap is to be seen there at the same time."""
        ends = self._clock() + BUDGET_SECONDS
        for key, finding in self._found.items():
            if finding.footprint.swap_bytes is not None and self._clock() < ends:
                swap_bytes = self._swap_only(key.pid).swap_bytes
                footprint = finding.footprint._replace(swap_bytes=swap_bytes)
                self._found[key] = finding._replace(footprint=footprint)

    def skip_reason(self, key: ProcessKey) -> str | None:
        """Why USS and PSS of a process are not known, for people; None: they are, or too early."""
        finding = self._found.get(key)
        return finding.skip_reason if finding else None

    def _look(self, key: ProcessKey, now: float, before: _Finding | None) -> _Finding | None:
        """None: ended, or the pid is not its own any more."""
        if key.started == UNKNOWN_START:
            return _Finding(skip_reason="the system does not tell whether it is still the same")
        try:
            finding = self._measure(key.pid, now, before or _Finding())
            return finding if self._source.read_started(key.pid) == key.started else None
        except (OSError, ValueError):
            return None

    def _measure(self, pid: int, now: float, before: _Finding) -> _Finding:
        if now < before.retry_at:
            wait = format_duration(before.retry_at - now)
            return _Finding(
                self._swap_only(pid),
                f"reading it takes too long; tried again in {wait}",
                before.retry_at,
                before.retry_after_seconds,
            )
        started, cpu_started = self._clock(), self._cpu_clock()
        try:
            rss_bytes = self._source.read_rss_bytes(pid)
            if rss_bytes > HUGE_BYTES:
                reason = f"{format_size(rss_bytes)} take too long to go through"
                return _Finding(self._swap_only(pid), reason)
            footprint = self._source.read(pid)
        except ProcessLookupError:
            return _Finding(skip_reason="it has no memory of its own")
        except PermissionError:
            return _Finding(self._swap_only(pid), "the system does not permit it")
        except (OSError, ValueError):
            return _Finding(self._swap_only(pid), "the system does not tell")
        is_costly = (
            self._cpu_clock() - cpu_started > COSTLY_CPU_SECONDS
            or self._clock() - started > STALLED_SECONDS
        )
        if not is_costly:
            return _Finding(footprint)
        wait_seconds = min(LONGEST_RETRY_SECONDS, before.retry_after_seconds * 2) or RETRY_SECONDS
        return _Finding(footprint, None, now + wait_seconds, wait_seconds)

    def _swap_only(self, pid: int) -> Footprint:
        try:
            return Footprint(swap_bytes=self._source.read_swap_bytes(pid))
        except (OSError, ValueError):
            return Footprint()


class ProcFootprints:
    """Linux: /proc/PID/smaps_rollup (since 4.14), and what `status` tells of swap."""

    def __init__(self, root: str = "/proc") -> None:
        self._root = root

    def read_rss_bytes(self, pid: int) -> int:
        """See `FootprintSource`."""
        pages = read_start(f"{self._root}/{pid}/statm", 128).split(b" ", 2)[1:2]
        return sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE")

    def read_swap_bytes(self, pid: int) -> int | None:
        """Swapped private memory; what it shares with others is not in it."""
        return field_bytes(read_start(f"{self._root}/{pid}/status", 8192), b"VmSwap:")

    def read(self, pid: int) -> Footprint:
        """See `FootprintSource`; of swapped pages that are shared, its share only."""
        rollup = read_start(f"{self._root}/{pid}/smaps_rollup", 8192)
        private = [
            field_bytes(rollup, b"Private_%s:" % kind) for kind in (b"Clean", b"Dirty", b"Hugetlb")
        ]
        swap_bytes = field_bytes(rollup, b"SwapPss:")
        if swap_bytes is None:
            swap_bytes = field_bytes(rollup, b"Swap:")
        footprint = Footprint(
            uss_bytes=None if None in private[:2] else sum(size or 0 for size in private),
            pss_bytes=field_bytes(rollup, b"Pss:"),
            swap_bytes=swap_bytes,
        )
        # Sandboxes with a kernel of their own answer 0 to everything.
        if not any(footprint) and not field_bytes(rollup, b"Rss:"):
            raise ValueError(rollup)
        return footprint

    def read_started(self, pid: int) -> int:
        """See `FootprintSource`."""
        return read_started(self._root, pid)


class PsutilFootprints:
    """macOS and Windows: USS as psutil tells it; where it may not be asked, nothing is known."""

    def __init__(self) -> None:
        import psutil

        self._psutil = psutil

    def read_rss_bytes(self, pid: int) -> int:
        """See `FootprintSource`."""
        return int(self._ask(pid, lambda process: process.memory_info().rss))

    def read_swap_bytes(self, pid: int) -> int | None:  # noqa: ARG002
        """Neither system tells."""
        return None

    def read(self, pid: int) -> Footprint:
        """See `FootprintSource`."""
        memory = self._ask(pid, lambda process: process.memory_full_info())
        return Footprint(
            uss_bytes=memory.uss or None,
            pss_bytes=getattr(memory, "pss", None),
            swap_bytes=getattr(memory, "swap", None),
        )

    def read_started(self, pid: int) -> int:
        """See `FootprintSource`; the same unit as in `PortableReader`."""
        return int(self._ask(pid, lambda process: process.create_time() * 1_000_000))

    def _ask(self, pid: int, question: Callable[[Any], Any]) -> Any:
        try:
            return question(self._psutil.Process(pid))
        except self._psutil.AccessDenied as error:
            raise PermissionError from error
        except self._psutil.NoSuchProcess as error:
            raise ProcessLookupError from error
