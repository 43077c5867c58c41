"""USS, PSS and swap of processes: what is really their own, on a slow clock.

The kernel goes through all pages of a process to tell, at about 10 ms per GiB, during which the
process may have to wait: so seldom, few at a time, and never for the huge.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import Footprint, ProcessKey
from trayapp.language.catalogue import _
from trayapp.language.units import GIB, format_duration, format_size
from trayapp.readers.process_changes import UNKNOWN_START
from trayapp.readers.procfile import field_bytes, read_start, read_started
from trayapp.readers.slow_clock import SlowClock

PERIOD_SECONDS = 30.0
"""How often each process is read."""
BUDGET_SECONDS = 0.005
"""After so long in one tick the others wait for the next."""
COSTLY_CPU_SECONDS = 0.02
"""A process whose reading took more CPU is left alone for a while."""
STALLED_SECONDS = 0.1
"""The same for waiting, CPU or not: on a busy machine a little is no fault of the process."""
HUGE_BYTES = 8 * GIB
"""Nothing larger is gone through."""
STILL_SECONDS = 120.0
"""Of whom nothing has moved since it was gone through, what was found stands for so long."""
RETRY_SECONDS = 60.0
LONGEST_RETRY_SECONDS = 960.0
"""The time alone doubles each time up to this; what was read until then stands."""


class Rollup(NamedTuple):
    """The result of one walk through the pages of a process."""

    footprint: Footprint
    shared_pss_bytes: int | None = None
    """Its share of mapped files and shared memory; part of the proportional set."""
    shmem_pss_bytes: int | None = None
    """Its share of shared memory alone."""


class SlowReading(NamedTuple):
    """The latest that is known of a process, and since when."""

    rollup: Rollup = Rollup(Footprint())
    read_at: float = float("-inf")
    """Monotonic seconds; before everything: never."""
    cost_seconds: float = 0.0
    """How long that took."""
    skip_reason: str = ""
    """Why it is not known, or old, for people; empty: it is known."""


class FootprintSource(Protocol):
    """One system's way of reading the memory of a process, by pid.

    Raises: ProcessLookupError: no such process, or none with memory; PermissionError; another
    OSError or ValueError: not to be had.
    """

    def read_rss_bytes(self, pid: int) -> int:
        """Return the resident set; cheap."""

    def read_swap_bytes(self, pid: int) -> int | None:
        """Return swap, where it can be read cheaply and without special permission."""

    def read(self, pid: int) -> Rollup:
        """Return all figures; may take long."""

    def read_started(self, pid: int) -> int:
        """Return the start time as in `ProcessKey`."""


class _Finding(NamedTuple):
    slow: SlowReading = SlowReading()
    retry_at: float = 0.0
    retry_after_seconds: float = 0.0


class FootprintReader:
    """Reads footprints, each every 30 s or as set. One thread. Keeps nothing of the dead."""

    def __init__(
        self,
        source: FootprintSource | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._source = source or (
            ProcFootprints() if sys.platform == "linux" else PsutilFootprints()
        )
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._slow_clock = SlowClock[ProcessKey](PERIOD_SECONDS, BUDGET_SECONDS, clock)
        self._found: dict[ProcessKey, _Finding] = {}
        self.told: dict[ProcessKey, Footprint] = {}
        """What the latest `read` returned: the same as before while nothing was read."""

    def set_period(self, period_seconds: float) -> None:
        self._slow_clock.set_period(period_seconds)

    def read(
        self,
        keys: Collection[ProcessKey],
        now: float,
        *,
        swap_moves: bool = False,
        budget_seconds: float = BUDGET_SECONDS,
        still: Collection[ProcessKey] = (),
    ) -> dict[ProcessKey, Footprint]:
        """Return what is known of these processes, mostly from the last 30 s; forget all others.

        still: those whose cheap figures are what they were when they were gone through.
        `now`: monotonic seconds; `swap_moves`: read what they have in swap anew; `budget_seconds`:
        after so long the rest waits for the next tick. Missing in the answer: who has not had a
        turn, or has ended.
        """
        before = self._found
        self._found = self._slow_clock.refresh(
            before,
            keys,
            now,
            lambda key, before: self._read_one(key, now, before, is_still=key in still),
            budget_seconds,
        )
        if swap_moves:
            self._refresh_swap()
        if swap_moves or self._found is not before:
            self.told = {key: finding.slow.rollup.footprint for key, finding in self._found.items()}
        return self.told

    def hasten(self, keys: Iterable[ProcessKey]) -> None:
        """Give these their turn at the next `read`, unless they take too long to read."""
        self._slow_clock.hasten(keys)

    def slow_reading(self, key: ProcessKey) -> SlowReading | None:
        """Return all that is known of a process; None: it had no turn yet, or has ended."""
        finding = self._found.get(key)
        return finding.slow if finding else None

    def _refresh_swap(self) -> None:
        """Read swap anew: what leaves anonymous memory for it is to be seen there at once."""
        ends = self._clock() + BUDGET_SECONDS
        for key, finding in self._found.items():
            if finding.slow.rollup.footprint.swap_bytes is not None and self._clock() < ends:
                self._found[key] = finding._replace(slow=self._with_swap(key.pid, finding.slow))

    def _read_one(
        self, key: ProcessKey, now: float, before: _Finding | None, *, is_still: bool
    ) -> _Finding | None:
        """Return what is known now; None: it ended, or the pid has another owner."""
        slow = before.slow if is_still and before is not None else None
        if slow and not slow.skip_reason and now - slow.read_at < STILL_SECONDS:
            return before
        if key.started == UNKNOWN_START:
            reason = _("the system does not reveal whether it is still the same")
            return _Finding(SlowReading(skip_reason=reason))
        try:
            finding = self._measure(key.pid, now, before or _Finding())
            return finding if self._source.read_started(key.pid) == key.started else None
        except (OSError, ValueError):
            return None

    def _measure(self, pid: int, now: float, before: _Finding) -> _Finding:
        if now < before.retry_at:
            return before._replace(slow=self._waiting(pid, now, before))
        started, cpu_started = self._clock(), self._cpu_clock()
        try:
            rss_bytes = self._source.read_rss_bytes(pid)
            if rss_bytes > HUGE_BYTES:
                size = format_size(rss_bytes)
                return self._skipped(pid, _("{size} would take too long to read").format(size=size))
            rollup = self._source.read(pid)
        except ProcessLookupError:
            return _Finding(SlowReading(skip_reason=_("it uses no memory")))
        except PermissionError:
            return self._skipped(pid, _("the system does not allow it"))
        except (OSError, ValueError):
            return self._skipped(pid, _("the system does not reveal it"))
        cost_seconds = self._clock() - started
        is_costly = (
            self._cpu_clock() - cpu_started > COSTLY_CPU_SECONDS or cost_seconds > STALLED_SECONDS
        )
        slow = SlowReading(rollup, now, cost_seconds)
        if not is_costly:
            return _Finding(slow)
        wait_seconds = min(LONGEST_RETRY_SECONDS, before.retry_after_seconds * 2) or RETRY_SECONDS
        return _Finding(slow, now + wait_seconds, wait_seconds)

    def _waiting(self, pid: int, now: float, before: _Finding) -> SlowReading:
        """Return what was read last, while the process is left alone."""
        reason = _("read {age} ago: reading takes {cost} ms; next try in {wait}").format(
            age=format_duration(now - before.slow.read_at),
            cost=round(1000 * before.slow.cost_seconds),
            wait=format_duration(before.retry_at - now),
        )
        return self._with_swap(pid, before.slow)._replace(skip_reason=reason)

    def _skipped(self, pid: int, reason: str) -> _Finding:
        return _Finding(self._with_swap(pid, SlowReading(skip_reason=reason)))

    def _with_swap(self, pid: int, slow: SlowReading) -> SlowReading:
        """Return the reading with what the process has in swap now, where that is told."""
        try:
            swap_bytes = self._source.read_swap_bytes(pid)
        except (OSError, ValueError):
            swap_bytes = None
        rollup = slow.rollup
        footprint = rollup.footprint._replace(swap_bytes=swap_bytes)
        return slow._replace(rollup=rollup._replace(footprint=footprint))


class ProcFootprints:
    """Linux: /proc/PID/smaps_rollup (since 4.14), and what `status` tells of swap."""

    def __init__(self, root: str = "/proc") -> None:
        self._root = root

    def read_rss_bytes(self, pid: int) -> int:
        pages = read_start(f"{self._root}/{pid}/statm", 128).split(b" ", 2)[1:2]
        return sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE")

    def read_swap_bytes(self, pid: int) -> int | None:
        """Swapped private memory; what it shares with others is not in it."""
        return field_bytes(read_start(f"{self._root}/{pid}/status", 8192), b"VmSwap:")

    def read(self, pid: int) -> Rollup:
        """Read smaps_rollup; of swapped pages that are shared, its share only."""
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
        # Since Linux 5.4.
        file_bytes = field_bytes(rollup, b"Pss_File:")
        shmem_bytes = field_bytes(rollup, b"Pss_Shmem:")
        shared_bytes = None
        if file_bytes is not None and shmem_bytes is not None:
            shared_bytes = file_bytes + shmem_bytes
        return Rollup(footprint, shared_bytes, shmem_bytes)

    def read_started(self, pid: int) -> int:
        return read_started(self._root, pid)


class PsutilFootprints:
    """macOS and Windows: USS as psutil tells it; where it may not be asked, nothing is known."""

    def __init__(self) -> None:
        import psutil

        self._psutil = psutil

    def read_rss_bytes(self, pid: int) -> int:
        return int(self._ask(pid, lambda process: process.memory_info().rss))

    def read_swap_bytes(self, pid: int) -> int | None:  # noqa: ARG002
        """Return None: neither system tells."""
        return None

    def read(self, pid: int) -> Rollup:
        memory = self._ask(pid, lambda process: process.memory_full_info())
        return Rollup(
            Footprint(
                uss_bytes=memory.uss or None,
                pss_bytes=getattr(memory, "pss", None),
                swap_bytes=getattr(memory, "swap", None),
            )
        )

    def read_started(self, pid: int) -> int:
        """Return microseconds, as in `PortableReader`."""
        return int(self._ask(pid, lambda process: process.create_time() * 1_000_000))

    def _ask(self, pid: int, question: Callable[[Any], Any]) -> Any:
        try:
            return question(self._psutil.Process(pid))
        except self._psutil.AccessDenied as error:
            raise PermissionError from error
        except self._psutil.NoSuchProcess as error:
            raise ProcessLookupError from error
