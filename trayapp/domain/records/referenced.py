"""What one reading of a process's accessed marks asks for, and what it tells."""

from __future__ import annotations

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import ProcessKey


class ReferencedRequest(NamedTuple):
    """What to do with one process."""

    key: ProcessKey
    clears: bool
    """Clear its marks; else count what was not touched since."""


class ReferencedSample(NamedTuple):
    """What that told. Sizes are 0 where it failed."""

    key: ProcessKey
    clears: bool
    memory_bytes: int
    """Anonymous, shared and swapped memory of the process."""
    untouched_low_bytes: int
    untouched_high_bytes: int
    """At least and at most so much of it was not touched since its marks were cleared."""
    huge_bytes: int
    """In huge pages, of which one touch marks 2 MiB."""
    cpu_seconds: float
    failed: bool = False
