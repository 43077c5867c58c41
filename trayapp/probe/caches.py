"""The caches that a program can do without for a while, by its own word."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from trayapp.probe.naming import Registry, cut, size_told, text_of


class Cache(NamedTuple):
    """What the program can empty, and how much is in it."""

    clear: Callable[[], object]
    size: Callable[[], int] | None


_caches = Registry[Cache]()


def register_cache(
    name: str, clear: Callable[[], object], size: Callable[[], int] | None = None
) -> None:
    """Have `clear` called when Memtray cleans this program up. Any thread; never raises.

    `clear` runs in a thread of the probe's and may take seconds; what it raises is told, not
    raised. `size` tells how many bytes the cache holds, if the program knows. A name that is
    registered already is replaced; beyond a thousand, more are not taken.
    """
    _caches.put(name, Cache(clear, size))


def unregister_cache(name: str) -> None:
    """Leave that cache alone from now on; harmless where there is none. Any thread."""
    _caches.drop(name)


def cache_sizes() -> list[dict[str, object]]:
    """Name and size of each; a size that is not known is None."""
    return [{"name": cut(name), "bytes": size_told(cache.size)} for name, cache in _caches.all()]


def clear_caches() -> list[dict[str, object]]:
    """Empty them all; for each its name, its size before and after, and what went wrong."""
    told: list[dict[str, object]] = []
    for name, cache in _caches.all():
        before_bytes = size_told(cache.size)
        problem = None
        try:
            cache.clear()
        except BaseException as error:  # noqa: BLE001  (also sys.exit: it is not the probe's to obey)
            problem = cut(f"{type(error).__name__}: {text_of(error)}")
        told.append(
            {
                "name": cut(name),
                "before_bytes": before_bytes,
                "after_bytes": size_told(cache.size),
                "problem": problem,
            }
        )
    return told
