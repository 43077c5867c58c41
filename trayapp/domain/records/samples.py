"""What one look at the machine tells: the records that everything else is computed from.

Unknown is `None`, never 0. Sizes are bytes; wall times are seconds since the epoch and are for
people; monotonic times are seconds on a clock that never jumps and are for arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    # These build upon the records here.
    from trayapp.domain.grouping.applications import ApplicationUse
    from trayapp.domain.grouping.limits import Limit
    from trayapp.domain.grouping.nearest import Unmatched
    from trayapp.domain.judging.leaks.staleness import ReferencedSample
    from trayapp.domain.judging.oom_kills import OomKill
    from trayapp.domain.records.sizes import Size


class ProcessKey(NamedTuple):
    """One life of one process: a pid alone is reused, a pid with its start time is not."""

    pid: int
    started: int
    """Start time in the platform's own unit (Linux: clock ticks since boot); only compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """What is known of a process apart from its memory; strangers wrote its texts."""

    key: ProcessKey
    parent_pid: int
    name: str
    """Short name as the system gives it; may hold anything, undecodable bytes as surrogates."""
    arguments: tuple[str, ...] = ()
    """Command line; empty for kernel threads and processes that may not be asked."""
    started_wall_seconds: float | None = None
    cgroup: str | None = None
    """Path of its control group, as far as it tells of containers and units; Linux only."""

    @property
    def command_line(self) -> str:
        """The arguments joined by spaces, or the bare name where there are none."""
        return " ".join(self.arguments) if self.arguments else self.name


class MemoryReading(NamedTuple):
    """Memory of one process at one moment."""

    rss_bytes: int
    """Resident set; pages shared with others count in full."""
    anon_bytes: int | None = None
    """Resident set less file-backed and shared pages (Linux), or private bytes (Windows), which
    count what is swapped out, too; None where the system does not tell it cheaply."""
    own_shared_bytes: int = 0
    """Memory that is mapped as shared and that nobody else maps, such as the heap of Java's ZGC;
    read on a slow clock, of targets only."""

    @property
    def kept_bytes(self) -> int | None:
        """What growth is judged by: what comes back only when the process gives it back."""
        return None if self.anon_bytes is None else self.anon_bytes + self.own_shared_bytes


class Footprint(NamedTuple):
    """What is really a process's own; read on a slow clock, each None where it is not known."""

    uss_bytes: int | None = None
    """Private pages: what would come back if the process ended."""
    pss_bytes: int | None = None
    """Private pages, and of each shared one the share that falls to this process."""
    swap_bytes: int | None = None

    @staticmethod
    def total(parts: Iterable[Footprint | None]) -> Footprint:
        """Add up processes; a figure that is unknown of one of them is unknown in all."""
        known = [part or Footprint() for part in parts]
        return Footprint(*map(_sum_known, zip(*known, strict=True)))


class Particulars(NamedTuple):
    """What a table can show beside memory; read on a slow clock, each None where unknown."""

    virtual_bytes: int | None = None
    """Size of the address space, mapped or only reserved."""
    committed_bytes: int | None = None
    """Private memory that was promised, used or not: VmData on Linux, private bytes on Windows."""
    kernel_peak_bytes: int | None = None
    """The largest resident set ever, by the kernel's own count; it began when the process did."""
    cpu_percent: float | None = None
    """Share of one core over the last seconds."""

    @staticmethod
    def total(parts: Iterable[Particulars | None]) -> Particulars:
        """Add up processes; a figure that is unknown of one of them is unknown in all."""
        known = [part or Particulars() for part in parts]
        if not known:
            return Particulars()
        shares = [part.cpu_percent for part in known]
        return Particulars(
            virtual_bytes=_sum_known(part.virtual_bytes for part in known),
            committed_bytes=_sum_known(part.committed_bytes for part in known),
            kernel_peak_bytes=_sum_known(part.kernel_peak_bytes for part in known),
            cpu_percent=None if None in shares else sum(share or 0.0 for share in shares),
        )


UNKNOWN_PARTICULARS = Particulars()


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSample:
    """Memory of the whole machine."""

    total_bytes: int
    """Without reserved huge pages; in a container what it may have."""
    available_bytes: int
    """What programs can still get without swapping: free memory and reclaimable cache."""
    swap_total_bytes: int | None = None
    swap_used_bytes: int | None = None
    stall_some_percent: float | None = None
    """Share of the last 10 s in which at least one task waited for memory (Linux PSI avg10)."""
    stall_full_percent: float | None = None
    """Share of the last 10 s in which every task waited for memory (Linux PSI avg10)."""
    hugepages_reserved_bytes: int | None = None
    """Memory set aside as huge pages, whether in use or not; `total_bytes` is without it."""
    zfs_cache_bytes: int | None = None
    """Part of `available_bytes`: what the cache of ZFS gives back when memory runs short."""
    is_container: bool = False
    """Whether these are the figures of the container that Memtray runs in."""

    @property
    def used_bytes(self) -> int:
        """What is not available; caches that can be dropped do not count as used."""
        return self.total_bytes - self.available_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSample:
    """What Memtray itself costs."""

    pid: int
    rss_bytes: int | None = None
    uss_bytes: int | None = None
    """Private memory: what would come back if Memtray ended. Read on a slow clock."""
    cpu_percent: float | None = None
    """Share of one core since the last tick."""
    requested_cpu_percent: float | None = None
    """Part of it: what persons asked for, such as an open menu or window."""
    thread_count: int | None = None
    descriptor_count: int | None = None
    written_bytes: int | None = None
    """Bytes sent to disk since Memtray started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSample:
    """The processes of one target, each read once; no processes means the target is not running."""

    name: str
    readings: tuple[tuple[ProcessKey, MemoryReading], ...] = ()
    footprint: Footprint | None = None
    """Sums over its processes; up to 30 s old, older where `uss_reason` says so. None: not read."""
    uss_reason: str = ""
    """Why private and proportional memory are not known, or old, for people; empty: they are."""
    size: Size | None = None
    """What its processes take together; None: not told, see `sizes.size_of_sample`."""
    particulars: Particulars = UNKNOWN_PARTICULARS
    """Sums over its processes."""
    limits: tuple[Limit, ...] = ()
    """All that stops its processes from growing, as the system tells: of each cgroup they are in
    and each above it, and their own. Empty: nothing does, or it is not known."""

    unmatched: Unmatched | None = None
    """None: its rule has matched, or may still do so."""

    @property
    def rss_bytes(self) -> int | None:
        """Sum of the resident sets; None when nothing runs."""
        if not self.readings:
            return None
        total_bytes = 0
        for _, reading in self.readings:
            total_bytes += reading.rss_bytes
        return total_bytes

    @property
    def anon_bytes(self) -> int | None:
        """Sum of the anonymous memory; None when nothing runs or one does not tell."""
        if not self.readings:
            return None
        total_bytes = 0
        for _, reading in self.readings:
            if reading.anon_bytes is None:
                return None
            total_bytes += reading.anon_bytes
        return total_bytes

    @property
    def kept_bytes(self) -> int | None:
        """The same with the shared memory that nobody else maps: what growth is judged by."""
        anon_bytes = self.anon_bytes
        if anon_bytes is None:
            return None
        return anon_bytes + sum(reading.own_shared_bytes for _, reading in self.readings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUse:
    """A process beside its resident set, for the list of the largest."""

    facts: ProcessFacts
    rss_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """All processes, read on a slower clock than targets."""

    applications: tuple[ApplicationUse, ...] = ()
    """What no target holds, grouped, largest first."""
    largest: tuple[ProcessUse, ...] = ()
    """The largest processes that no target holds, largest first."""
    readings: Mapping[ProcessKey, MemoryReading] = field(default_factory=dict)
    """Of every process. To be folded, not to be kept."""
    limits: Mapping[ProcessKey, tuple[Limit, ...]] = field(default_factory=dict)
    """Of the processes that were asked for, as those of a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One tick: everything that was read, at one moment."""

    monotonic_seconds: float
    wall_seconds: float
    interval_seconds: float
    """The interval that was asked for; a frame much later than that is a gap, not growth."""
    system: SystemSample
    app: AppSample
    targets: tuple[TargetSample, ...] = ()
    everything: Everything | None = None
    """None when not read this time."""
    anon_is_private: bool = False
    """Whether the anonymous sizes are private bytes."""
    oom_kill: OomKill | None = None
    """The kernel has killed something for lack of memory."""
    on_battery: bool | None = None
    referenced: ReferencedSample | None = None
    """What was asked for at the tick before; None: nothing was."""


def _sum_known(figures: Iterable[int | None]) -> int | None:
    known = list(figures)
    return None if None in known else sum(figure for figure in known if figure is not None)
