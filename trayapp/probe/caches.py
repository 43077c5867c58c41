"""The caches that a program can do without for a while, by its own word."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

MOST_CACHES = 1000
LONGEST_NAME = 100
"""Characters of a name or a reason that are passed on."""


class Cache(NamedTuple):
    """What the program can empty, and how much is in it."""

    clear: Callable[[], object]
    size: Callable[[], int] | None


_caches: dict[str, Cache] = {}


def register_cache(
    name: str, clear: Callable[[], object], size: Callable[[], int] | None = None
) -> None:
    """Have `clear` called when Memtray cleans this program up. Any thread; never raises.

    `clear` runs in a thread of the probe's and may take seconds; what it raises is told, not
    raised. `size` tells how many bytes the cache holds, if the program knows. A name that is
    registered already is replaced; beyond a thousand, more are not taken.
    """
    if name in _caches or len(_caches) < MOST_CACHES:
        _caches[name] = Cache(clear, size)


def unregister_cache(name: str) -> None:
    """Leave that cache alone from now on; harmless where there is none. Any thread."""
    _caches.pop(name, None)


def cache_sizes() -> list[dict[str, object]]:
    """Name and size of each; a size that is not known is None."""
    return [{"name": _short(name), "bytes": _size(cache)} for name, cache in _snapshot()]


def clear_caches() -> list[dict[str, object]]:
    """Empty them all; for each its name, its size before and after, and what went wrong."""
    told: list[dict[str, object]] = []
    for name, cache in _snapshot():
        before_bytes = _size(cache)
        problem = None
        try:
            cache.clear()
        except BaseException as error:  # noqa: BLE001  (also sys.exit: it is not the probe's to obey)
            problem = _short(f"{type(error).__name__}: {_text(error)}")
        told.append(
            {
                "name": _short(name),
                "before_bytes": before_bytes,
                "after_bytes": _size(cache),
                "problem": problem,
            }
        )
    return told


def _snapshot() -> list[tuple[str, Cache]]:
    # In one step of the interpreter: another thread may be registering.
    return list(_caches.items())


def _size(cache: Cache) -> int | None:
    if cache.size is None:
        return None
    try:
        return int(cache.size())
    except BaseException:  # noqa: BLE001  (whatever it is, the size is not known)
        return None


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  (an error that cannot even be printed)
        return ""


def _short(text: str) -> str:
    return text[:LONGEST_NAME]
