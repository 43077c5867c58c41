"""The caches that a program has registered as dispensable for a while."""

from __future__ import annotations

from collections.abc import Callable

from trayapp.dataclass import NamedTuple
from trayapp.probe.registry import Registry, cut, measured_bytes, safe_text


class Cache(NamedTuple):
    """A function that empties a cache, and one that measures it."""

    clear: Callable[[], object]
    size: Callable[[], int] | None


_caches = Registry[Cache]()


def register_cache(
    name: str, clear: Callable[[], object], size: Callable[[], int] | None = None
) -> None:
    """Have `clear` called when Memtray cleans this program up. Any thread; never raises.

    `clear` runs in a thread of the probe's and may take seconds; what it raises is reported,
    not raised. `size` returns how many bytes the cache holds, if the program knows. A name that is
    registered already is replaced; beyond a thousand, more are not taken.
    """
    _caches.put(name, Cache(clear, size))


def unregister_cache(name: str) -> None:
    """Forget a cache; harmless where there is none. Any thread."""
    _caches.drop(name)


def cache_sizes() -> list[dict[str, object]]:
    """Return name and size of each cache; None is a size that is not known."""
    return [
        {"name": cut(name), "bytes": measured_bytes(cache.size)} for name, cache in _caches.all()
    ]


def clear_caches() -> list[dict[str, object]]:
    """Empty all; return of each the name, the size before and after, and what went wrong."""
    told: list[dict[str, object]] = []
    for name, cache in _caches.all():
        before_bytes = measured_bytes(cache.size)
        problem = None
        try:
            cache.clear()
        except BaseException as error:  # noqa: BLE001  (also sys.exit: it is not the probe's to obey)
            problem = cut(f"{type(error).__name__}: {safe_text(error)}")
        told.append(
            {
                "name": cut(name),
                "before_bytes": before_bytes,
                "after_bytes": measured_bytes(cache.size),
                "problem": problem,
            }
        )
    return told
