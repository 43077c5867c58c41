"""Bounded containers: they keep what came last, in any thread, and are known to the probe."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading

import pytest

from trayapp.probe import BoundedDict, BoundedList
from trayapp.probe.bounded import LEAST_SHARE, trim_all
from trayapp.probe.caches import cache_sizes, clear_caches
from trayapp.probe.components import component_sizes
from trayapp.probe.run_limits import run_limits


def test_a_dict_keeps_what_was_written_last() -> None:
    dropped: list[tuple[int, str]] = []
    kept = BoundedDict[int, str](3, on_drop=lambda *entry: dropped.append(entry))
    for number in range(3):
        kept[number] = str(number)
    kept[0] = "again"
    kept[3] = "new"
    assert dict(kept) == {2: "2", 0: "again", 3: "new"}
    assert dropped == [(1, "1")]
    assert (kept.setdefault(2, "other"), kept.setdefault(4, "four")) == ("2", "four")
    assert list(kept) == [0, 3, 4]
    assert (kept.pop(0), kept.get(0), len(kept)) == ("again", None, 2)
    del kept[3]
    with pytest.raises(KeyError):
        kept[3]


def test_a_list_keeps_what_was_appended_last() -> None:
    dropped: list[int] = []
    kept = BoundedList[int](5, on_drop=dropped.append)
    kept.extend(range(12))
    assert (list(kept), dropped) == ([7, 8, 9, 10, 11], [0, 1, 2, 3, 4, 5, 6])
    assert (kept[0], kept[-1], kept[1:3], 8 in kept, 3 in kept) == (7, 11, [8, 9], True, False)
    with pytest.raises(IndexError):
        kept[5]
    with pytest.raises(IndexError):
        kept[-6]
    kept[1] = 80
    del kept[0]
    kept.insert(0, 70)
    assert (list(kept), kept.pop(), kept.index(80), list(reversed(kept))) == (
        [70, 80, 9, 10, 11],
        11,
        1,
        [10, 9, 80, 70],
    )


def test_nothing_of_what_was_dropped_stays() -> None:
    class Thing:
        alive = 0

        def __init__(self) -> None:
            Thing.alive += 1

        def __del__(self) -> None:
            Thing.alive -= 1

    kept = BoundedList[Thing](3)
    for _ in range(1000):
        kept.append(Thing())
    assert Thing.alive == 3


def test_a_hook_that_fails_or_writes_does_no_harm() -> None:
    def drop(value: int) -> None:
        if value == 0:
            kept.append(100)  # no lock is held
        raise RuntimeError("no")

    kept = BoundedList[int](3, on_drop=drop)
    kept.extend(range(5))
    assert list(kept) == [100, 4] or list(kept) == [3, 100, 4]


def test_many_threads_at_once() -> None:
    store, history = BoundedDict[int, int](100), BoundedList[int](100)
    errors: list[BaseException] = []

    def work(base: int) -> None:
        try:
            for number in range(2000):
                store[base + number] = number
                history.append(number)
                store.get(base + number - 50)
                sum(history)
                if number % 100 == 0:
                    list(store.items())
                    trim_all()
        except Exception as error:  # noqa: BLE001  (whatever it is, it is shown)
            errors.append(error)

    threads = [threading.Thread(target=work, args=(10_000 * each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert (len(store) <= 100, len(history) <= 100) == (True, True)


def test_they_are_components_and_caches_as_long_as_they_live() -> None:
    kept = BoundedDict[int, bytes](1000, name="orders")
    same = BoundedDict[int, bytes](10, name="orders", is_cache=False)
    nameless = BoundedList[int](10)
    names = {str(each["name"]) for each in component_sizes()}
    assert {"orders", "orders 2"} <= names
    assert nameless.name.startswith("test_bounded.py:")
    for number in range(1000):
        kept[number] = bytes(10_000)
    sizes = {each["name"]: each["bytes"] for each in component_sizes()}
    size = sizes["orders"]
    assert isinstance(size, int)
    assert 10_000_000 < size < 11_000_000
    assert not {"orders 2"} & {str(each["name"]) for each in cache_sizes()}
    same[1] = b""
    clear_caches()
    assert (len(kept), len(same)) == (0, 1)
    del kept, same
    gc.collect()
    assert not {"orders", "orders 2"} & {str(each["name"]) for each in component_sizes()}


def test_none_of_the_programs_code_runs_when_it_is_measured() -> None:
    class Odd:
        def __sizeof__(self) -> int:
            raise AssertionError

        def __len__(self) -> int:
            raise AssertionError

    kept = BoundedList[object](10)
    kept.append(Odd())
    kept.append([Odd(), {"a": Odd()}])
    assert kept.size_in_bytes() > 0


def test_trimming_drops_a_tenth_and_leaves_a_tenth() -> None:
    kept = BoundedList[int](100)
    kept.extend(range(100))
    assert kept.trim() == 10
    assert kept[0] == 10
    for _ in range(100):
        kept.trim()
    assert len(kept) == int(LEAST_SHARE * 100)


def test_a_run_after_pressure_has_lower_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMTRAY_MAX_OBJECTS", "1000")
    monkeypatch.setenv("MEMTRAY_MAX_HISTORY", "250")
    assert (BoundedDict[int, int]().limit, BoundedDict[int, int](50).limit) == (1000, 50)
    assert BoundedList[int](10_000).limit == 250
    for odd in ("", "many", "-1", "0", "nan", "inf", "1e99"):
        monkeypatch.setenv("MEMTRAY_MAX_OBJECTS", odd)
        assert run_limits().max_objects is None
    assert BoundedDict[int, int]().limit == 2000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_child_forked_while_a_lock_is_held_can_write() -> None:
    code = """
import os, threading
from trayapp.probe import BoundedDict
kept = BoundedDict(10)
kept._lock.acquire()
pid = os.fork()
if pid == 0:
    done = threading.Thread(target=kept.__setitem__, args=(1, 2), daemon=True)
    done.start()
    done.join(30)
    os._exit(0 if dict(kept) == {1: 2} else 1)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    assert subprocess.check_output(command, text=True, timeout=60) == "0\n"
