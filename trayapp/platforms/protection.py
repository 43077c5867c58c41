"""Linux: how this process stays alive and quick where memory is short, as far as that is permitted.

The kernel's OOM killer is asked to prefer others, and code is kept in memory: without it, a process
that is short of nothing else waits for the disk at each step.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from trayapp.dataclass import dataclass

_WANTED_SCORES = (-500, -400, -300, -200, -100, 0, 100, 200)
"""In the order in which they are tried: not as low as what a machine cannot do without."""
_HIGHEST_SCORE, _SOONER = 1000, 300
"""A score of 300 more counts like three tenths of the machine's memory."""
_MOST_LOCKED_BYTES = 16 * 1024**2
_MLOCK_ONFAULT = 1
"""Lock what is in memory, and the rest when it comes: nothing is read in for it."""
_CODE = (
    "python",
    "libpython",
    "libc.so",
    "libc-",
    "ld-linux",
    "ld-musl",
    "libpthread",
    "libsqlite3",
    "_sqlite",
)


@dataclass(frozen=True, slots=True)
class Protection:
    """What was permitted."""

    score_before: int | None = None
    """The kernel's `oom_score_adj` of this process: -1000 never, 1000 first."""
    score: int | None = None
    locked_bytes: int = 0
    """The size of the code that stays in memory once it is there."""


NO_PROTECTION = Protection()
_present = NO_PROTECTION


def protect() -> Protection:
    """Do what is permitted; return what that was. Once, at the start."""
    global _present
    before = _read_score("self")
    score = before
    for wanted in _WANTED_SCORES:
        if before is None or wanted >= before or _write_score("self", wanted):
            score = before if before is None or wanted >= before else wanted
            break
    _present = Protection(before, score, _lock_code())
    return _present


def present_protection() -> Protection:
    """Return what `protect` came to; nothing before."""
    return _present


def unprotect_child(pid: int, *, goes_first: bool = False) -> None:
    """Give a child the score that this process had: windows and hooks are not to be spared.

    goes_first: it can be opened again, and is rather to be killed than another of its size.
    """
    before, now = _present.score_before, _present.score
    if before is not None and (goes_first or before != now):
        _write_score(str(pid), min(_HIGHEST_SCORE, before + _SOONER * goes_first))


def _read_score(pid: str) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/oom_score_adj").read_bytes())
    except (OSError, ValueError):
        return None


def _write_score(pid: str, score: int) -> bool:
    try:
        Path(f"/proc/{pid}/oom_score_adj").write_text(f"{score}\n")
    except OSError:
        return False
    return True


def _lock_code() -> int:
    """Lock the code of interpreter and libraries, as far as RLIMIT_MEMLOCK goes; return its size.

    Not the heap, which is to give back what it does not need.
    """
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "mlock2"):
        return 0
    left = _allowed_bytes()
    locked = 0
    for start, end in _code_ranges():
        size = end - start
        if size > left:
            continue
        arguments = (ctypes.c_void_p(start), ctypes.c_size_t(size), ctypes.c_int(_MLOCK_ONFAULT))
        if libc.mlock2(*arguments) == 0:
            left -= size
            locked += size
    return locked


def _allowed_bytes() -> int:
    import resource  # Not on Windows.

    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
        soft = hard
    return _MOST_LOCKED_BYTES if soft == resource.RLIM_INFINITY else min(soft, _MOST_LOCKED_BYTES)


def _code_ranges() -> Iterator[tuple[int, int]]:
    """Yield the executable mappings of what every step needs."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/maps").read_text(errors="replace").splitlines():
            fields = line.split(maxsplit=5)
            name = os.path.basename(fields[5]) if len(fields) == 6 else ""  # noqa: PTH119
            if fields[1].startswith("r-x") and name.startswith(_CODE):
                start, _dash, end = fields[0].partition("-")
                yield int(start, 16), int(end, 16)
