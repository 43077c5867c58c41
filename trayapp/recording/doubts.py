"""Doubts about whole series whose figures, unlike their names, cannot be memory in use."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from trayapp.domain.records.names import short_name
from trayapp.language.catalogue import _, format_number
from trayapp.language.units import KIB, MIB
from trayapp.recording.gathering import Gathered
from trayapp.recording.quantities import falls
from trayapp.recording.records import Kind

_NO_PROCESS_BYTES = 64 * KIB
"""No program runs in less."""
_NO_RESIDENT_BYTES = MIB
_PAGE = 4096
_WORTH_DOUBTING = 5


def unit_is_missing(series: list[Gathered], kind: Kind | None) -> str:
    """Why figures without any unit cannot be bytes, a part of a sentence; "" if they can."""
    largest, smallest = 0.0, float("inf")
    is_paged = True
    for one in series:
        for size in one.sizes:
            if size == size and size > 0:
                largest = max(largest, size)
                smallest = min(smallest, size)
                is_paged = is_paged and size % _PAGE == 0
    if not largest:
        return ""
    is_small = largest < _NO_PROCESS_BYTES
    # Resident sets are whole pages; what is small and none is counted in another unit.
    is_no_rss = kind == "resident set" and largest < _NO_RESIDENT_BYTES and not is_paged
    if not is_small and not is_no_rss:
        return ""
    return _("it has no unit, and {low} to {high} cannot be bytes; set one with --unit").format(
        low=_figure(smallest), high=_figure(largest)
    )


def _figure(value: float) -> str:
    return format_number(value, None if value == int(value) else 2)


def is_doubtful(series: Gathered, resident: Gathered) -> bool:
    """Whether it only ever rises, by more than the resident set beside it accounts for.

    So do counters and peaks; what is in use falls now and then, or fills the resident set.
    """
    sizes = [size for size in series.sizes if size == size]
    others = [size for size in resident.sizes if size == size]
    if len(sizes) < _WORTH_DOUBTING or not others or falls(sizes):
        return False
    rise = sizes[-1] - sizes[0]
    return rise > max(MIB / 4, 0.02 * sizes[0]) and max(others) - min(others) < rise / 2


def are_interleaved(sizes: Sequence[float], every: int) -> bool:
    """Whether sizes jump to and fro, but follow each other smoothly at every so many places."""
    near = [abs(after - before) for before, after in zip(sizes, sizes[every:], strict=False)]
    next_to = [abs(after - before) for before, after in pairwise(sizes)]
    if not near or not next_to:
        return False
    return sum(next_to) / len(next_to) > 4 * sum(near) / len(near) + 0.01 * max(sizes)


def without_memory(path: Path, left_out: Sequence[tuple[str, str]]) -> str:
    """The error for a table without a memory column, with what was left out of it."""
    text = _("{path} has no memory column; name it rss_bytes, memory_mb or the like")
    said = text.format(path=path)
    if left_out:
        shown = [
            _("{name}: {reason}").format(name=repr(short_name(name)), reason=reason)
            for name, reason in left_out[:3]
        ]
        said += f" ({'; '.join(shown)})"
    return said
