"""An application beside the memory that it uses, and the key that tells it from others."""

from __future__ import annotations

from typing import Literal

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.records.samples import ProcessKey, ProcessUse
from trayapp.domain.records.sizes import Size, SizeKind


class ApplicationKey(NamedTuple):
    """Tells an application from others, also after it, Memtray or the machine was restarted.

    Only a container that is made anew has another one.
    """

    kind: Literal["program", "container", "kernel"]
    identity: str
    """Name of a program or service; short id or name of a container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationUse:
    """An application beside its memory."""

    key: ApplicationKey
    name: str
    """One printable line for people; that of a container can change with its oldest program."""
    processes: tuple[ProcessKey, ...]
    """Those with a known resident set, largest first; never empty."""
    rss_bytes: int
    """Sum of their resident sets; pages that processes share count in each of them."""
    largest: ProcessUse
    size: Size | None = None
    """What they take together, and how that was found; None: by their resident sets."""

    @property
    def size_bytes(self) -> int:
        return self.size.size_bytes if self.size else self.rss_bytes

    @property
    def size_kind(self) -> SizeKind:
        return self.size.kind if self.size else "resident"

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids, that of the largest first."""
        return tuple(key.pid for key in self.processes)
