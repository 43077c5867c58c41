"""Containers that cannot grow without end: they keep what came last, and less under pressure.

Both are components and caches of the probe from the moment they are made. `memtray run` can lower
their limits from outside: see `run_limits`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    MutableMapping,
    MutableSequence,
    ValuesView,
)
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar, overload
from weakref import ref

from trayapp.probe.caches import register_cache, unregister_cache
from trayapp.probe.components import register_component, unregister_component
from trayapp.probe.pressure import ensure_watch, trim_under_pressure
from trayapp.probe.registry import plain
from trayapp.probe.run_limits import run_limits

MOST_OBJECTS = 2000
"""Of a `BoundedDict` that is made without a limit."""
MOST_HISTORY = 500
"""Entries of a `BoundedList` that is made without one."""
TRIM_SHARE = 0.1
"""Of its entries, dropped at each look while the pressure is high."""
LEAST_SHARE = 0.1
"""Of its limit: trimming leaves so much."""
SAMPLES = 100
"""Entries that are measured, for all."""

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

_MEASURABLE = frozenset(
    map(id, (str, bytes, bytearray, int, float, complex, bool, list, dict, set, frozenset, tuple))
)
"""Types whose size is told without running any code of the program's: their ids, as to look up a
type itself may run that of its metaclass."""


class _Kept:
    """What both containers share: their name, their limit, and that the probe knows of them."""

    _lock: threading.RLock

    def _join(self, name: str | None, limit: int, *, is_cache: bool) -> None:
        self._lock = threading.RLock()
        self._limit = max(1, limit)
        with _joining:
            self.name = _free_name(plain(name) if name else _caller())
            known = self.name
            own = ref(self, lambda _: _forget(known))
            _all[known] = own
        register_component(known, lambda: _asked(own, _Kept.size_in_bytes))
        if is_cache:
            register_cache(
                known,
                lambda: _asked(own, lambda each: each.clear()),
                lambda: _asked(own, _Kept.size_in_bytes),
            )
        ensure_watch()

    @property
    def limit(self) -> int:
        """How many it keeps."""
        return self._limit

    def size_in_bytes(self) -> int:
        """Estimate its bytes, from a hundred entries. Any thread; runs none of your code."""
        with self._lock:
            count = len(self)  # type: ignore[arg-type]
            sample = self._sample()
            own = self._own_bytes()
        if not sample:
            return own
        return own + count * sum(map(_bytes_of, sample)) // len(sample)

    def trim(self) -> int:
        """Drop a tenth, the oldest first, but leave a tenth of the limit; return how many."""
        count = len(self)  # type: ignore[arg-type]
        least = int(LEAST_SHARE * self._limit)
        return self._drop_oldest(min(max(1, int(TRIM_SHARE * count)), count - least))

    def clear(self) -> None:
        raise NotImplementedError

    def _drop_oldest(self, count: int) -> int:
        raise NotImplementedError

    def _sample(self) -> list[object]:
        raise NotImplementedError

    def _own_bytes(self) -> int:
        raise NotImplementedError


class BoundedDict(_Kept, MutableMapping[K, V]):
    """A dict that keeps the entries that were written last: O(1), any thread.

        orders = BoundedDict(2000, name="orders", on_drop=lambda number, order: order.close())

    Iterating goes over a copy of the keys, so that others may write meanwhile.
    """

    def __init__(
        self,
        max_objects: int | None = None,
        *,
        name: str | None = None,
        on_drop: Callable[[K, V], object] | None = None,
        is_cache: bool = True,
    ) -> None:
        """max_objects: 2,000 if not given; `MEMTRAY_MAX_OBJECTS` can lower it.

        on_drop is called for each entry that goes to make room, in the thread that writes (or the
        probe's): it is out of the dict by then, and no lock is held. What it raises is ignored.
        is_cache: may be emptied when Memtray frees memory.
        """
        self._items = OrderedDict[K, V]()
        self._on_drop = on_drop
        most = MOST_OBJECTS if max_objects is None else max_objects
        self._join(name, min(most, run_limits().max_objects or most), is_cache=is_cache)

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __setitem__(self, key: K, value: V) -> None:
        items, dropped = self._items, None
        with self._lock:
            items[key] = value
            items.move_to_end(key)
            if len(items) > self._limit:
                dropped = items.popitem(last=False)
        if dropped is not None and self._on_drop is not None:
            self._report(dropped)
        ensure_watch()

    def __delitem__(self, key: K) -> None:
        with self._lock:
            del self._items[key]

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[K]:
        with self._lock:
            return iter(list(self._items))

    def __repr__(self) -> str:
        return f"<BoundedDict {self.name!r}: {len(self)} of {self._limit}>"

    def setdefault(self, key: K, default: V = None) -> V:  # type: ignore[assignment]
        """Return the value, or write and return this one; in one step."""
        with self._lock:
            if key not in self._items:
                self[key] = default
            return self._items[key]

    def pop(self, key: K, *default: Any) -> Any:
        """Take an entry out, and return its value; `on_drop` is not called. In one step."""
        with self._lock:
            return self._items.pop(key, *default)

    def popitem(self) -> tuple[K, V]:
        """Take out what was written last. Raises: KeyError if there is nothing."""
        with self._lock:
            return self._items.popitem()

    def items(self) -> ItemsView[K, V]:
        """Return a copy of all entries, the oldest first."""
        with self._lock:
            return dict(self._items).items()

    def values(self) -> ValuesView[V]:
        """Return a copy of all values, the oldest first."""
        with self._lock:
            return dict(self._items).values()

    def clear(self) -> None:
        """Empty it; `on_drop` is called for every entry."""
        self._drop_oldest(len(self._items))

    def _drop_oldest(self, count: int) -> int:
        dropped = 0
        while dropped < count:
            with self._lock:
                if not self._items:
                    break
                entry = self._items.popitem(last=False)
            dropped += 1
            self._report(entry)
        return dropped

    def _report(self, entry: tuple[K, V]) -> None:
        if self._on_drop is not None:
            with suppress(Exception):
                self._on_drop(*entry)

    def _sample(self) -> list[object]:
        newest = islice(reversed(self._items), SAMPLES)
        return [(key, self._items[key]) for key in newest]

    def _own_bytes(self) -> int:
        return sys.getsizeof(self._items)


class BoundedList(_Kept, MutableSequence[T]):
    """A list that keeps the entries that were appended last: O(1) at both ends, any thread.

        history = BoundedList(500, name="history")

    Iterating goes over a copy, so that others may write meanwhile.
    """

    def __init__(
        self,
        max_history: int | None = None,
        *,
        name: str | None = None,
        on_drop: Callable[[T], object] | None = None,
        is_cache: bool = True,
    ) -> None:
        """max_history: 500 entries if not given; `MEMTRAY_MAX_HISTORY` can lower it.

        The others are as for `BoundedDict`.
        """
        self._items: list[T] = []
        self._first = 0
        """Where the oldest entry is: those before it are gone."""
        self._on_drop = on_drop
        most = MOST_HISTORY if max_history is None else max_history
        self._join(name, min(most, run_limits().max_history or most), is_cache=is_cache)

    def __len__(self) -> int:
        return len(self._items) - self._first

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        with self._lock:
            if isinstance(index, slice):
                return self._whole()[index]
            return self._items[self._place(index)]

    @overload
    def __setitem__(self, index: int, value: T) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[T]) -> None: ...
    def __setitem__(self, index: Any, value: Any) -> None:
        with self._lock:
            self._whole()[index] = value
        self._shrink()

    def __delitem__(self, index: int | slice) -> None:
        with self._lock:
            del self._whole()[index]

    def __iter__(self) -> Iterator[T]:
        with self._lock:
            return iter(self._items[self._first :])

    def __repr__(self) -> str:
        return f"<BoundedList {self.name!r}: {len(self)} of {self._limit}>"

    def append(self, value: T) -> None:
        """Add an entry at the end; the oldest goes if there are too many."""
        with self._lock:
            self._items.append(value)
        self._shrink()
        ensure_watch()

    def insert(self, index: int, value: T) -> None:
        """Insert an entry, which takes as long as there are entries."""
        with self._lock:
            self._whole().insert(index, value)
        self._shrink()

    def clear(self) -> None:
        """Empty it; `on_drop` is called for every entry."""
        self._drop_oldest(len(self))

    def _shrink(self) -> None:
        over = len(self) - self._limit
        if over > 0:
            self._drop_oldest(over)

    def _drop_oldest(self, count: int) -> int:
        dropped = 0
        while dropped < count:
            with self._lock:
                if not len(self):
                    break
                entry, self._items[self._first] = self._items[self._first], None  # type: ignore[assignment]
                self._first += 1
                # In one go, when half of it is gone: each entry is moved once at most.
                if self._first > len(self._items) // 2:
                    self._whole()
            dropped += 1
            if self._on_drop is not None:
                with suppress(Exception):
                    self._on_drop(entry)
        return dropped

    def _whole(self) -> list[T]:
        del self._items[: self._first]
        self._first = 0
        return self._items

    def _place(self, index: int) -> int:
        count = len(self)
        if not -count <= index < count:
            raise IndexError("list index out of range")
        return self._first + (index if index >= 0 else count + index)

    def _sample(self) -> list[object]:
        return list(islice(reversed(self._items), min(SAMPLES, len(self))))

    def _own_bytes(self) -> int:
        return sys.getsizeof(self._items)


_all: dict[str, ref[_Kept]] = {}
_joining = threading.Lock()


def trim_all() -> int:
    """Trim every container once; return how many entries went. The thread of the pressure."""
    dropped = 0
    for own in list(_all.values()):
        kept = own()
        if kept is not None:
            dropped += kept.trim()
    return dropped


def _asked(own: ref[_Kept], ask: Callable[[Any], Any]) -> Any:
    kept = own()
    return 0 if kept is None else ask(kept)


def _forget(name: str) -> None:
    _all.pop(name, None)
    unregister_component(name)
    unregister_cache(name)


def _free_name(name: str) -> str:
    found, number = name, 2
    while found in _all:
        found, number = f"{name} {number}", number + 1
    return found


def _caller() -> str:
    """Return file and line of the program that makes a container."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return f"{frame.f_code.co_filename.rpartition(os.sep)[2]}:{frame.f_lineno}"


def _bytes_of(entry: object, depth: int = 3) -> int:
    """Return about how many bytes an entry takes, with the first hundred of what it holds."""
    kind = type(entry)
    if id(kind) not in _MEASURABLE:
        return object.__sizeof__(entry)
    size = sys.getsizeof(entry)
    if depth and (kind is tuple or kind is list or kind is dict):
        parts: Iterable[object] = entry.items() if kind is dict else entry  # type: ignore[attr-defined,assignment]
        count = len(entry)  # type: ignore[arg-type]
        with suppress(RuntimeError):  # it is being changed
            inner = [_bytes_of(part, depth - 1) for part in islice(parts, SAMPLES)]
            size += count * sum(inner) // max(1, len(inner))
    return size


def _renew_locks() -> None:
    """Have no lock held by a thread that is not in a child that was just forked."""
    global _joining
    _joining = threading.Lock()
    for own in list(_all.values()):
        kept = own()
        if kept is not None:
            kept._lock = threading.RLock()


trim_under_pressure(trim_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
