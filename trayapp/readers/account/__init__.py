"""The account of all memory: a file for each kind of part, and a line here.

Read only when somebody asks for it. Every reader is given the same look at the machine and yields
its parts; later ones see what earlier ones have found.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from trayapp.domain.records.account import Account, AccountPart, account_of
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.readers.account import (
    cache,
    compressed,
    free,
    hugepages,
    kernel,
    programs,
    shared,
    unlisted,
)
from trayapp.readers.account.container import read_container
from trayapp.readers.account.look import LONGEST_SECONDS, Look, Program

PART_READERS: tuple[Callable[[Look], Iterable[AccountPart]], ...] = (
    programs.read,
    # After the programs: what they have mapped of it is theirs.
    cache.read,
    shared.read,
    kernel.read,
    hugepages.read,
    compressed.read,
    free.read,
    # Last: they take from what is left.
    unlisted.read,
)


def read_account(
    known: Sequence[Program],
    readings: Mapping[ProcessKey, MemoryReading],
    root: str = "",
    seconds: float = LONGEST_SECONDS,
) -> Account:
    """Read where all memory of this machine is; takes up to `seconds`.

    known: all targets and applications; readings: of their processes; root: before /proc and /sys.
    Raises: PlatformError.
    """
    if sys.platform == "win32":
        from trayapp.readers.account.windows import read_windows

        return read_windows(known, readings)
    if sys.platform == "darwin":
        from trayapp.readers.account.macos import read_macos

        return read_macos(known, readings)
    look = Look(known, readings, root, seconds)
    for read in PART_READERS:
        look.add(read(look))
    return account_of(look.total_bytes, look.parts, read_container(root))
