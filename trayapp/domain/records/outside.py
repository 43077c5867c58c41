"""Memory outside of programs: what grows there is found in no list of processes."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.dataclass import NamedTuple, dataclass, field

TMPFS, SLAB = "tmpfs:", "slab:"
"""Begin the keys of files in memory, by folder, and of the kernel's caches, by name."""


class LargestFile(NamedTuple):
    """The largest file of a tmpfs; strangers chose its name."""

    path: str
    size_bytes: int
    owner: str
    """The program that has it open, or else the user whom it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideSample:
    """What the machine has outside of programs, at one moment."""

    sizes: Mapping[str, int]
    """Bytes by key: "shared", "tmpfs:/dev/shm", "slab_unreclaimable", "slab:kmalloc-512",
    "page_tables", "hugepages", "zram", "sockets", "unexplained"; what is not known is missing."""
    largest: Mapping[str, LargestFile] = field(default_factory=dict)
    """Of files in memory that were asked for."""
