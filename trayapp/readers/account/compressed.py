"""Compressed memory: zram counts as used what it takes itself, zswap likewise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trayapp.domain.records.account import AccountPart
from trayapp.language.catalogue import _
from trayapp.language.units import format_size
from trayapp.readers.account.look import Look
from trayapp.readers.procfile import read_start


def read(look: Look) -> Iterator[AccountPart]:
    """Yield zram and zswap with what is stored in them."""
    stored_bytes = taken_bytes = 0
    for original, taken in read_zram(look.root):
        stored_bytes += original
        taken_bytes += taken
    yield AccountPart(
        key="zram",
        title=_("Compressed disk in memory (zram)"),
        size_bytes=taken_bytes,
        sentence=_("Holds {stored} in {taken}, usually as swap.").format(
            stored=format_size(stored_bytes), taken=format_size(taken_bytes)
        ),
        advice=_("Free memory of programs: what they have swapped out goes with it."),
    )
    yield AccountPart(
        key="zswap",
        title=_("Compressed before swap (zswap)"),
        size_bytes=look.sum_of("Zswap"),
        comes_back="when written",
        sentence=_("Holds {stored} in {taken}, usually as swap.").format(
            stored=format_size(look.sum_of("Zswapped")), taken=format_size(look.sum_of("Zswap"))
        ),
    )


def read_zram(root: str) -> Iterator[tuple[int, int]]:
    """Yield what each device stores and what it takes for that, in bytes."""
    for device in sorted(Path(f"{root}/sys/block").glob("zram*")):
        try:
            figures = read_start(f"{device}/mm_stat", 512).split()
            yield int(figures[0]), int(figures[2])
        except (OSError, ValueError, IndexError):
            continue
