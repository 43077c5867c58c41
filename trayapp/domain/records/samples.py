"""What one look at the machine tells: the records that everything else is computed from.

Unknown is `None`, never 0. Sizes are bytes; wall times are seconds since the epoch and are for
people; monotonic times are seconds on a clock that never jumps and are for arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.dataclass import NamedTuple, dataclass


class ProcessKey(NamedTuple):
    """One life of one process: a pid alone is reused, a pid with its start time is not."""

    pid: int
    started: int
    """Start time in the platform's own unit (Linux: clock ticks since boot); only compared."""


class ContainerName(NamedTuple):
    """What people call a container or a pod."""

    identity: str
    """Its ID or UID."""
    name: str


class User(NamedTuple):
    """Whose rights a process has."""

    uid: int | None
    """None: this system has no such numbers."""
    name: str
    """As the system knows it; where it knows none, the number."""


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
    memory_cgroup: str | None = None
    """Path of the group that its memory is charged to; None: `cgroup` is it, or there is none."""
    container_names: tuple[ContainerName, ...] = ()
    """Of the containers around it, where their runtime tells them."""
    exe: str | None = None
    """The file that it runs; read only where somebody asks for it. None: unknown."""
    user: User | None = None
    """Whose it is; read only where somebody asks for it. None: unknown."""

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
        """What growth is judged by: memory that only the process itself can give back."""
        if not self.own_shared_bytes or self.anon_bytes is None:
            return self.anon_bytes
        return self.anon_bytes + self.own_shared_bytes


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
        known = [part or _NO_FOOTPRINT for part in parts]
        if len(known) == 1:
            return known[0]
        return Footprint(*map(_sum_known, zip(*known, strict=True)))


_NO_FOOTPRINT = Footprint()


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
        known = [part or UNKNOWN_PARTICULARS for part in parts]
        if len(known) < 2:
            return known[0] if known else UNKNOWN_PARTICULARS
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
        """Memory that is not available; caches that can be dropped do not count as used."""
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
    child_count: int | None = None
    """Processes that Memtray has started and that live, up to 30 s ago, and theirs."""
    child_bytes: int | None = None
    """Their memory, without what is shared."""
    requested_child_bytes: int | None = None
    """Part of it: windows that persons asked for."""
    child_cpu_percent: float | None = None
    """Their share of one core, with that of those that have ended, in up to 30 s."""
    requested_child_cpu_percent: float | None = None
    """Part of it: windows that persons asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUse:
    """A process beside its resident set, for the list of the largest."""

    facts: ProcessFacts
    rss_bytes: int


def _sum_known(figures: Iterable[int | None]) -> int | None:
    known = list(figures)
    return None if None in known else sum(figure for figure in known if figure is not None)
