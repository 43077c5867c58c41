"""What a program's memory is made of, object by object: the look of `memtray investigate`.

The program stands still meanwhile, in one stretch: nothing can be dropped while it is looked at, so
nothing is kept alive. No code of the program's is run: sizes, names and values are read by the
methods of Python's own types, never by those of their subclasses.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable
from heapq import heappush, heapreplace
from itertools import chain, compress, islice
from typing import Any

from trayapp.dataclass import NamedTuple
from trayapp.probe.container_owners import find_owners
from trayapp.probe.registry import plain
from trayapp.probe.resident import read_rss_bytes

SECONDS_PER_OBJECT = 0.3e-6
"""What a first look takes: of a million objects of many kinds, on a machine with other work. After
it, the program's own speed is known."""
LONGEST_PAUSE_SECONDS = 0.25
MOST_TYPES, MOST_CONTAINERS, MOST_TEXTS, MOST_IDS = 10, 10, 5, 5
MOST_KEPT_TYPES = 5000
"""Names of types whose numbers are kept from one look to the next."""
TEXT_SAMPLE, ENTRIES_EACH, SHORTEST_TEXT = 20_000, 50, 16
"""Strings that are compared with one another, in a sample of the containers."""
MOST_RECORDS = 20_000
"""Dicts that are looked at for ids."""
MOST_HELD, MOST_LOOSE = 100_000, 20_000
"""Entries of the largest containers that the collector does not follow."""
ID_KEYS = ("id", "_id", "uuid", "key")
_KEYS_TRIED = 8

_KINDS: tuple[tuple[type, str, int], ...] = (
    (list, "list", 8), (dict, "dict", 80), (set, "set", 32), (frozenset, "frozenset", 32),
    (deque, "deque", 8), (tuple, "tuple", 8),
)  # fmt: skip
"""Types of containers, their names, and about how many bytes each entry takes."""
_mro = type.__dict__["__mro__"].__get__
_namespace = type.__dict__["__dict__"].__get__
_qualified = type.__dict__["__qualname__"].__get__
_subclasses: Callable[[type], list[type]] = type.__subclasses__


class _Look(NamedTuple):
    """What is kept for the next look: numbers and names."""

    taken_seconds: float
    counts: dict[str, int]
    object_count: int
    block_count: int
    rss_bytes: int | None


class _Container(NamedTuple):
    weight: int
    number: int
    kind: Any
    kind_name: str
    container: Any


_last: _Look | None = None
_seconds_per_object = SECONDS_PER_OBJECT


def plan() -> dict[str, object]:
    """Return how many objects there are, and how long a look would take. A few milliseconds."""
    count = len(gc.get_objects())
    return {
        "pid": os.getpid(),
        "object_count": count,
        "estimated_seconds": count * _seconds_per_object,
    }


def investigate(longest_seconds: float, *, is_forced: bool) -> dict[str, object]:
    """Look once; the program pauses for that. A thread of the probe's.

    Returns: figures as `trayapp.domain.showing.investigation` reads them, or `plan` with "refused"
    where it would take longer than `longest_seconds`.
    """
    global _seconds_per_object
    interval, collects = sys.getswitchinterval(), gc.isenabled()
    # No other thread runs from here on, unless something waits for the system: nothing does.
    sys.setswitchinterval(1000.0)
    gc.disable()
    try:
        began, began_working = time.perf_counter(), time.thread_time()
        objects = gc.get_objects()
        count = len(objects)
        estimated = count * _seconds_per_object
        if estimated > longest_seconds and not is_forced:
            del objects
            return {
                "pid": os.getpid(),
                "object_count": count,
                "estimated_seconds": estimated,
                "refused": True,
            }
        found = _examine(objects)
        del objects
        # Not the pause itself: what other programs took of that is another thing each time.
        worked_seconds = time.thread_time() - began_working
        _seconds_per_object = max(worked_seconds / count, 0.1 * SECONDS_PER_OBJECT)
        return found | {"paused_seconds": time.perf_counter() - began}
    finally:
        if collects:
            gc.enable()
        sys.setswitchinterval(interval)


def count_types() -> dict[str, int]:
    """Return how many objects there are of each type, most first; the program stands still."""
    interval, collects = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(1000.0)
    gc.disable()
    try:
        return _by_type(gc.get_objects())[0]
    finally:
        if collects:
            gc.enable()
        sys.setswitchinterval(interval)


def _by_type(objects: list[Any]) -> tuple[dict[str, int], dict[int, type]]:
    """Return the number of objects of each type, and those types by their ids."""
    counts = Counter(map(id, map(type, objects)))
    types = _types_of(counts)
    if len(types) < len(counts):  # one that is no subclass of any: made while this was counted
        types = dict(zip(map(id, map(type, objects)), map(type, objects), strict=True))
    named: dict[str, int] = {}
    for key, count in counts.items():
        name = type_name(types[key])
        if not name.startswith("trayapp.probe."):
            named[name] = named.get(name, 0) + count
    return dict(sorted(named.items(), key=lambda pair: -pair[1])[:MOST_KEPT_TYPES]), types


def _types_of(wanted: Container[int]) -> dict[int, type]:
    """Return all types with these ids: quicker by a third of a look than asking each object."""
    found: dict[int, type] = {}
    seen = {id(object)}
    waiting: list[type] = [object]
    while waiting:
        kind = waiting.pop()
        if id(kind) in wanted:
            found[id(kind)] = kind
        for each in _subclasses(kind):
            if id(each) not in seen:
                seen.add(id(each))
                waiting.append(each)
    return found


def _examine(objects: list[Any]) -> dict[str, object]:
    global _last
    kept, types = _by_type(objects)
    now = _Look(time.monotonic(), kept, len(objects), sys.getallocatedblocks(), read_rss_bytes())
    before, _last = _last, now
    containers = _largest(objects, types)
    owners = find_owners([each.container for each in containers], [objects, containers])
    loose = _untracked(containers)
    texts, text_share = _equal_texts(objects, loose)
    return {
        "pid": os.getpid(),
        "object_count": now.object_count,
        "block_count": now.block_count,
        "rss_bytes": now.rss_bytes,
        "types": [
            {"name": name, "count": count} for name, count in list(kept.items())[:MOST_TYPES]
        ],
        "growth": _growth(before, now),
        "containers": [
            {
                "kind": each.kind_name,
                "count": each.kind.__len__(each.container),
                "bytes": each.kind.__sizeof__(each.container),
                "owner": owner,
            }
            for each, owner in zip(containers, owners, strict=True)
        ],
        "equal_texts": texts,
        "text_share": text_share,
        "repeated_ids": _repeated_ids(objects, loose),
    }


def _growth(before: _Look | None, now: _Look) -> dict[str, object] | None:
    """Return what has changed since the look before; None: this is the first."""
    if before is None:
        return None
    grown = {name: count - before.counts.get(name, 0) for name, count in now.counts.items()}
    largest = sorted(grown.items(), key=lambda pair: -pair[1])[:MOST_TYPES]
    both = now.rss_bytes is not None and before.rss_bytes is not None
    return {
        "seconds": now.taken_seconds - before.taken_seconds,
        "object_count": now.object_count - before.object_count,
        "block_count": now.block_count - before.block_count,
        "rss_bytes": (now.rss_bytes or 0) - (before.rss_bytes or 0) if both else None,
        "types": [
            {"name": name, "count": now.counts[name], "grown": count}
            for name, count in largest
            if count > 0
        ],
    }


def type_name(kind: type) -> str:
    """Return the full name of a type, without asking its metaclass."""
    module = _namespace(kind).get("__module__")
    name = plain(_qualified(kind))
    return name if type(module) is not str or module == "builtins" else plain(f"{module}.{name}")


def _largest(objects: list[Any], types: dict[int, type]) -> list[_Container]:
    """Return the largest containers, the largest first; tuples are none that grow."""
    kinds: dict[int, tuple[type, str, int]] = {}
    for key, kind in types.items():
        for base, name, weight in _KINDS[:-1]:
            if any(each is base for each in _mro(kind)):
                kinds[key] = (base, name if kind is base else type_name(kind), weight)
    heap: list[_Container] = []
    least = number = 0
    # Most objects are left out without a step of the interpreter's.
    for one in compress(objects, map(kinds.__contains__, map(id, map(type, objects)))):
        base, name, each_bytes = kinds[id(type(one))]
        weight = base.__len__(one) * each_bytes  # type: ignore[attr-defined]
        if weight <= least:
            continue
        number += 1  # or entries of the same weight would be compared, by the program's code
        entry = _Container(weight, number, base, name, one)
        if len(heap) < MOST_CONTAINERS:
            heappush(heap, entry)
        else:
            heapreplace(heap, entry)
        if len(heap) == MOST_CONTAINERS:
            least = heap[0].weight
    return sorted(heap, key=lambda each: (-each.weight, each.number))


def _untracked(containers: list[_Container]) -> list[Any]:
    """Return what the collector does not follow of the largest containers: records of plain values.

    Until Python 3.14 it leaves out dicts and tuples that hold nothing but texts and numbers.
    """
    found: list[Any] = []
    for each in containers:
        kind, one = each.kind, each.container
        held = islice(dict.values(one) if kind is dict else kind.__iter__(one), MOST_HELD)
        records = (one for one in held if type(one) is dict or type(one) is tuple)
        untracked = (one for one in records if not gc.is_tracked(one))
        found += islice(untracked, MOST_LOOSE - len(found))
    return found


def _entries(one: Any) -> Iterable[Any]:
    """Return the first entries of one of Python's own containers."""
    kind = type(one)
    if kind is dict:
        return islice(dict.values(one), ENTRIES_EACH)
    return islice(one, ENTRIES_EACH) if kind is list or kind is tuple else ()


def _equal_texts(objects: list[Any], loose: list[Any]) -> tuple[list[dict[str, object]], float]:
    """Return strings of which there are many copies in a sample, and the sample's share."""
    step = max(1, (len(objects) + len(loose)) // TEXT_SAMPLE)
    copies: dict[str, set[int]] = {}
    room = TEXT_SAMPLE
    for one in chain(islice(loose, 0, None, step), islice(objects, 0, None, step)):
        for entry in _entries(one):
            if type(entry) is str and str.__len__(entry) >= SHORTEST_TEXT:
                copies.setdefault(entry, set()).add(id(entry))
                room -= 1
        if room <= 0:
            break
    wasted = [
        (sys.getsizeof(text) * (len(places) - 1), len(places), text)
        for text, places in copies.items()
        if len(places) > 1
    ]
    wasted.sort(key=lambda each: -each[0])
    found: list[dict[str, object]] = [
        {"text": plain(text[:60]), "copies": count, "wasted_bytes": size}
        for size, count, text in wasted[:MOST_TEXTS]
    ]
    return found, 1.0 / step


def _repeated_ids(objects: list[Any], loose: list[Any]) -> list[dict[str, object]]:
    """Return ids that several dicts have, whose first keys are strings, and one of them "id"."""
    seen: dict[tuple[str, Any], int] = {}
    records = compress(objects, map(id(dict).__eq__, map(id, map(type, objects))))
    for record in islice(chain(loose, records), MOST_RECORDS):
        if type(record) is not dict:
            continue
        for key, value in islice(dict.items(record), _KEYS_TRIED):
            if type(key) is not str:
                break
            if key in ID_KEYS and (type(value) is str or type(value) is int):
                seen[key, value] = seen.get((key, value), 0) + 1
                break
    repeated = [(count, key, value) for (key, value), count in seen.items() if count > 1]
    repeated.sort(key=lambda each: -each[0])
    return [
        {"key": key, "id": plain(str(value)[:60]), "count": count}
        for count, key, value in repeated[:MOST_IDS]
    ]
