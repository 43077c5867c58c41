"""How much memory a process may really have, and which limit it reaches first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from trayapp.dataclass import dataclass
from trayapp.domain.records.samples import SystemSample
from trayapp.language.catalogue import N_, _
from trayapp.language.units import format_estimate, format_size

LimitSource = Literal["settings", "cgroup", "rlimit", "runtime", "direct", "machine"]
LIMIT_SOURCES: tuple[LimitSource, ...] = get_args(LimitSource)
"""Who sets a limit: the person, a control group, the process's own rlimit, the heap of its runtime
(Java's -Xmx, say) or that of the buffers outside of it, or the size of the machine's (in a
container: the container's) memory."""


SOON_SECONDS = 24 * 3600.0
"""A limit that is reached within so long is soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What stops a process, or a group of them, from getting more memory."""

    limit_bytes: int
    source: LimitSource
    used_bytes: int | None = None
    """What counts against this limit: of a cgroup all of its processes, and cache; of an rlimit
    the address space. A resident set is to be compared with neither."""
    reclaimable_bytes: int | None = None
    """Part of `used_bytes`: cache of files that the kernel drops before it kills."""
    high_bytes: int | None = None
    """Above this the kernel slows the group down (`memory.high`), where somebody has set it."""
    path: str = ""
    """The cgroup, or "RLIMIT_AS" or "RLIMIT_DATA"; strangers name cgroups."""

    @property
    def room_bytes(self) -> int | None:
        """The memory that may still be taken; None: what is in use is not known."""
        if self.used_bytes is None:
            return None
        kept_bytes = max(0, self.used_bytes - (self.reclaimable_bytes or 0))
        return max(0, self.limit_bytes - kept_bytes)

    @property
    def share(self) -> float | None:
        """The share of the limit that is taken for good: 1.0 is all; None: not known."""
        if self.used_bytes is None or self.limit_bytes <= 0:
            return None
        return max(0, self.used_bytes - (self.reclaimable_bytes or 0)) / self.limit_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """The limit that is reached first by whoever grows, and when."""

    limit_bytes: int
    source: LimitSource
    room_bytes: int
    """How much may still be taken until then."""
    rate_bytes_per_second: float | None = None
    """The growth that the time is reckoned with; None: it does not grow."""

    @property
    def seconds_to_limit(self) -> float | None:
        """Time until then at that rate; None: it does not grow."""
        return self.seconds_at(self.rate_bytes_per_second)

    def seconds_at(self, bytes_per_second: float | None) -> float | None:
        """Time until then at another rate; None: that is no growth."""
        if bytes_per_second is None or bytes_per_second <= 0:
            return None
        return self.room_bytes / bytes_per_second

    @property
    def sentence(self) -> str:
        """The time until it is reached, and whose limit it is; empty where nothing grows."""
        if not self.seconds_to_limit:
            return ""
        time = format_estimate(self.seconds_to_limit)
        if self.source == "machine":
            return _("At this rate, memory will be full in about {time}.").format(time=time)
        # Translators: {source} is one of "from the settings", "of its cgroup" …
        return _(
            "At this rate, it reaches its limit of {limit} ({source}) in about {time}."
        ).format(
            limit=format_size(self.limit_bytes), time=time, source=limit_source_said(self.source)
        )

    @property
    def in_brief(self) -> str:
        """When it is reached, and no more; empty where nothing grows."""
        if not self.seconds_to_limit:
            return ""
        text = _("Limit reached in about {time}.")
        if self.source == "machine":
            text = _("Memory full in about {time}.")
        return text.format(time=format_estimate(self.seconds_to_limit))

    @property
    def clause(self) -> str:
        """The sentence as a part of another one; empty where nothing grows."""
        if not self.seconds_to_limit:
            return ""
        time = format_estimate(self.seconds_to_limit)
        if self.source == "machine":
            return _("memory will be full in about {time}").format(time=time)
        return _("it reaches its limit of {limit} ({source}) in about {time}").format(
            limit=format_size(self.limit_bytes), time=time, source=limit_source_said(self.source)
        )

    @property
    def label(self) -> str:
        """The sentence in a few words; empty where the limit is more than a day off."""
        if not self.seconds_to_limit or self.seconds_to_limit > SOON_SECONDS:
            return ""
        text = _("memory full in {time}") if self.source == "machine" else _("limit in {time}")
        return text.format(time=format_estimate(self.seconds_to_limit))


def limit_source_said(source: str) -> str:
    return _(_SOURCES.get(source, source))


def tightest(limits: Iterable[Limit]) -> Limit | None:
    """The limit of which most is taken; of those unused or unknown, the smallest."""
    return min(limits, key=lambda limit: (-(limit.share or 0.0), limit.limit_bytes), default=None)


def headroom_of(limits: Iterable[Limit], bytes_per_second: float | None) -> Headroom | None:
    """The limit that is reached first at this rate: the one with the least room.

    limits: all that bound it, the person's own first; those whose use is not known do not count.
    bytes_per_second: its growth; None: it does not grow. Returns: None where nothing is known.
    """
    nearest = _nearest(limits)
    if nearest is None:
        return None
    limit, room_bytes = nearest
    is_growth = bytes_per_second is not None and bytes_per_second > 0
    return Headroom(
        limit_bytes=limit.limit_bytes,
        source=limit.source,
        room_bytes=room_bytes,
        rate_bytes_per_second=bytes_per_second if is_growth else None,
    )


def least_room_bytes(limits: Iterable[Limit]) -> int | None:
    """The memory that may be taken until the first of these is reached; None: not known."""
    nearest = _nearest(limits)
    return None if nearest is None else nearest[1]


def _nearest(limits: Iterable[Limit]) -> tuple[Limit, int] | None:
    """The limit with the least room, of equals the first, and that room in bytes."""
    nearest: tuple[Limit, int] | None = None
    for limit in limits:
        room_bytes = limit.room_bytes
        if room_bytes is not None and (nearest is None or room_bytes < nearest[1]):
            nearest = limit, room_bytes
    return nearest


def machine_limit(system: SystemSample) -> Limit:
    """All the memory there is, of which what can be dropped does not count as used."""
    return Limit(
        limit_bytes=system.total_bytes, source="machine", used_bytes=max(0, system.used_bytes)
    )


_SOURCES = {
    "settings": N_("from the settings"),
    "cgroup": N_("of its cgroup"),
    "rlimit": N_("its rlimit"),
    "runtime": N_("of its heap"),
    # Translators: completes "its limit of 128 MiB (for direct buffers)", those of Java.
    "direct": N_("for direct buffers"),
    "machine": N_("all of the memory"),
}
