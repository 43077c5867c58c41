"""One tick: everything that was read at one moment, as the domain takes it in."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.dataclass import dataclass, field
from trayapp.domain.records.application_use import ApplicationUse
from trayapp.domain.records.charges import Charge
from trayapp.domain.records.inside import Inside
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.oom_kills import OomKill
from trayapp.domain.records.outside import OutsideSample
from trayapp.domain.records.referenced import ReferencedSample
from trayapp.domain.records.runtimes import Runtime, RuntimeHeap
from trayapp.domain.records.samples import (
    UNKNOWN_PARTICULARS,
    AppSample,
    Footprint,
    MemoryReading,
    Particulars,
    ProcessKey,
    ProcessUse,
    SystemSample,
)
from trayapp.domain.records.sizes import Part, Size, size_of
from trayapp.domain.records.unmatched import Unmatched


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

    charge: Charge | None = None
    """Of a control group: what it is charged. None: the target is none, or it is not known."""

    heaps: tuple[RuntimeHeap, ...] = ()
    """Of those of its processes whose runtime tells of its heap."""
    silent_runtime: Runtime | None = None
    """Of a process that goes by the name of one, though nothing is told of its heap."""

    insides: tuple[Inside, ...] = ()
    """Of those of its processes with a Python probe, the latest report; up to a minute old."""

    unmatched: Unmatched | None = None
    """None: its rule has matched, or may still do so."""

    @property
    def taken_bytes(self) -> int | None:
        """What it takes from others: its size, without cache that the kernel drops first."""
        if self.charge is not None:
            return self.charge.lasting_bytes
        size = size_of_sample(self)
        return size.size_bytes if size else None

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
        """Anonymous memory and shared memory that nobody else maps: what growth is judged by.

        Of a control group also what the kernel keeps on its behalf.
        """
        anon_bytes = self.anon_bytes
        if anon_bytes is None:
            return None
        own_shared_bytes = sum(reading.own_shared_bytes for _, reading in self.readings)
        if self.charge is None:
            return anon_bytes + own_shared_bytes
        # Files of a tmpfs, too, which no process need hold.
        shared_bytes = max(own_shared_bytes, self.charge.shared_bytes or 0)
        return anon_bytes + shared_bytes + (self.charge.kept_kernel_bytes or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """All processes, read on a slower clock than targets."""

    applications: tuple[ApplicationUse, ...] = ()
    """What no target holds, grouped, largest first."""
    largest: tuple[ProcessUse, ...] = ()
    """The largest processes that no target holds, largest first."""
    readings: Mapping[ProcessKey, MemoryReading] = field(default_factory=dict)
    """Of every process. To be read, not to be kept."""
    limits: Mapping[ProcessKey, tuple[Limit, ...]] = field(default_factory=dict)
    """Of the processes that were asked for, as those of a target."""
    heaps: Mapping[ProcessKey, tuple[RuntimeHeap, ...]] = field(default_factory=dict)
    """Of the same and of a few that are known to have some, those that tell of any."""


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
    outside: OutsideSample | None = None
    """None when not read this time."""


def size_of_sample(sample: TargetSample) -> Size | None:
    """Return what a target takes, by its readings alone where nobody has told more."""
    return sample.size or size_of(Part(reading) for _, reading in sample.readings)
