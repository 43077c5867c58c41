"""What the kernel charges a control group: all that its processes have made it keep in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trayapp.dataclass import NamedTuple
from trayapp.language.catalogue import _, format_count, listed, ngettext
from trayapp.language.units import format_size

_SHOWN_SHARE = 0.005
"""What is less of the whole is not worth a word."""


class Charge(NamedTuple):
    """Of one group with all below it, or of several together; each figure None where unknown."""

    groups: tuple[str, ...] = ()
    """The kernel's names of them; strangers choose them."""
    current_bytes: int = 0
    """All of it."""
    anon_bytes: int | None = None
    """What programs have allocated."""
    file_bytes: int | None = None
    """Cached files, without those of a tmpfs."""
    shared_bytes: int | None = None
    """Shared memory, and files of a tmpfs, whether a process holds them or none."""
    kernel_bytes: int | None = None
    """The kernel's own, on their behalf: page tables, stacks, names and inodes of files…"""
    socket_bytes: int | None = None
    """Buffers of network connections."""
    clean_cache_bytes: int | None = None
    """Part of `file_bytes`: read from disk and not mapped, which the kernel drops first."""
    kept_kernel_bytes: int | None = None
    """Part of `kernel_bytes`: what the kernel cannot drop."""
    swap_bytes: int | None = None
    peak_bytes: int | None = None
    """The most that it was."""
    slowed_count: int | None = None
    """How often it was slowed down for being above `memory.high`."""
    full_count: int | None = None
    """How often it was at its limit."""
    oom_kill_count: int | None = None
    """How many of its processes were killed for that."""
    stall_some_percent: float | None = None
    """Share of the last 10 s in which one of its tasks waited for memory."""
    stall_full_percent: float | None = None
    """Share of the last 10 s in which all of its tasks waited for memory."""

    @property
    def lasting_bytes(self) -> int:
        """What is left where the kernel has dropped what it drops first."""
        return max(0, self.current_bytes - (self.clean_cache_bytes or 0))

    @property
    def sentence(self) -> str:
        """What it is made of, largest first; empty where that is not known."""
        parts = [
            text.format(size=format_size(size))
            for size, text in sorted(self._parts(), key=lambda part: -part[0])
            if size > 0 and size >= _SHOWN_SHARE * self.current_bytes
        ]
        if not parts:
            return ""
        # Translators: such as "Charged to it: 512 MiB allocated, 1.20 GiB cached files, …".
        return _("Charged to it: {parts}.").format(parts=listed(parts))

    @property
    def in_brief(self) -> str:
        """How much of it stays and how much is cache, for a line of a menu; empty: not known."""
        if self.clean_cache_bytes is None:
            return ""
        return _("{size} in use, {cache} cache").format(
            size=format_size(self.lasting_bytes), cache=format_size(self.clean_cache_bytes)
        )

    @property
    def events_sentence(self) -> str:
        """How often it was at its limit, and what came of it; empty: never, as far as is known."""
        parts = []
        if self.full_count:
            text = ngettext("at its limit once", "at its limit {count} times", self.full_count)
            parts.append(text.format(count=format_count(self.full_count)))
        if self.slowed_count:
            text = ngettext(
                "slowed down once (memory.high)",
                "slowed down {count} times (memory.high)",
                self.slowed_count,
            )
            parts.append(text.format(count=format_count(self.slowed_count)))
        if self.oom_kill_count:
            text = ngettext(
                "{count} process killed", "{count} processes killed", self.oom_kill_count
            )
            parts.append(text.format(count=format_count(self.oom_kill_count)))
        # Translators: such as "So far: at its limit 12 times, 1 process killed."
        return _("So far: {parts}.").format(parts=listed(parts)) if parts else ""

    def _parts(self) -> Iterator[tuple[int, str]]:
        clean_bytes = self.clean_cache_bytes or 0
        yield self.anon_bytes or 0, _("{size} allocated")
        yield clean_bytes, _("{size} cache that is dropped when needed")
        yield (self.file_bytes or 0) - clean_bytes, _("{size} files in use or not written yet")
        yield self.shared_bytes or 0, _("{size} shared memory and tmpfs")
        yield self.kernel_bytes or 0, _("{size} kernel")
        yield self.socket_bytes or 0, _("{size} sockets")

    @staticmethod
    def total(parts: Iterable[Charge]) -> Charge | None:
        """Add up groups; a figure that is unknown of one of them is unknown in all."""
        known = tuple(parts)
        if len(known) < 2:
            return known[0] if known else None
        summed = {
            name: _sum_known(getattr(each, name) for each in known)
            for name in Charge._fields
            if name.endswith(("_bytes", "_count")) and name not in ("current_bytes", "peak_bytes")
        }
        return Charge(
            groups=tuple(group for each in known for group in each.groups),
            current_bytes=sum(each.current_bytes for each in known),
            stall_some_percent=_max_known(each.stall_some_percent for each in known),
            stall_full_percent=_max_known(each.stall_full_percent for each in known),
            **summed,
        )


def _sum_known(figures: Iterable[int | None]) -> int | None:
    known = list(figures)
    return None if None in known else sum(figure or 0 for figure in known)


def _max_known(figures: Iterable[float | None]) -> float | None:
    return max((figure for figure in figures if figure is not None), default=None)
