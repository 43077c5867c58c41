"""What tasks keep and their peaks, of real programs: the truth is what they allocate themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from trayapp.probe.heap import CHEAP_SECONDS, SAVED_SECONDS, SHARE, Heap, open_heap

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the C library and /proc")

MB = 1_000_000
BEGIN = """
import asyncio, json, sys, threading, time
from trayapp.probe import task
from trayapp.probe.tasks import finished_tasks, watch_peaks

def small(count):
    return [b"%030d" % number for number in range(count)]
EACH = sys.getsizeof(b"%030d" % 7) + 8 + 1  # with its place in the list, and rounding
kept = []
"""
TELL = "\nprint(json.dumps(finished_tasks(0)['tasks']))\n"


def tasks_of(code: str, **env: str) -> dict[str, dict[str, Any]]:
    """What a program tells of its tasks at its end, by their names."""
    # By a small shell, as by a person's: the kernel passes on the peak of who starts a program.
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, BEGIN + code + TELL],
        env=os.environ | env, check=True, timeout=120, capture_output=True, text=True,
    )  # fmt: skip
    return {task["name"]: task for task in json.loads(done.stdout)}


WITNESS = """
with task("nightly"):
    held = small(400_000), [bytes(3000) for _ in range(5000)]
    kept.append(small(50))  # what stays at the end keeps the freed memory with the allocators
    del held
with task("import"):
    kept.append(small(60_000_000 // 80))
"""


@pytest.mark.parametrize("allocator", ["pymalloc", "malloc", "pymalloc_debug"])
def test_who_keeps_memory_is_told_and_who_gives_it_back_is_not(allocator: str) -> None:
    """By the resident set it was the wrong one: the second took what the first had left behind."""
    told = tasks_of(WITNESS, PYTHONMALLOC=allocator)
    nightly, imported = told["nightly"], told["import"]
    if allocator == "malloc" and None in (each["heap_growth_bytes"] for each in told.values()):
        return  # 400,000 free chunks are dear to count, on a busy machine too dear
    assert abs(nightly["heap_growth_bytes"]) < 0.3 * MB
    each = {"pymalloc": 72, "malloc": 88, "pymalloc_debug": 104}[allocator]
    assert imported["heap_growth_bytes"] == pytest.approx(750_000 * each, rel=0.1)
    assert imported["growth_bytes"] is not None


def test_tasks_within_and_beside_each_other_each_count_what_all_keep() -> None:
    told = tasks_of("""
with task("outer"):
    kept.append(bytes(10_000_000))
    with task("inner"):
        kept.append(small(100_000))

async def work(name, count, hold):
    with task(name):
        kept.append(small(count))
        await asyncio.sleep(hold)
async def both():
    await asyncio.gather(work("long", 100_000, 0.2), work("short", 50_000, 0.05))
asyncio.run(both())

def run():
    with task("thread"):
        kept.append(small(100_000))
thread = threading.Thread(target=run)
thread.start(); thread.join()
""")
    kept = {name: task["heap_growth_bytes"] / MB for name, task in told.items()}
    assert kept["inner"] == pytest.approx(7.2, rel=0.1)
    assert kept["outer"] == pytest.approx(17.2, rel=0.1)
    assert kept["long"] == pytest.approx(10.8, rel=0.15)
    assert kept["short"] == pytest.approx(3.6, rel=0.2)
    assert kept["thread"] == pytest.approx(7.2, rel=0.1)


def test_the_peak_is_told_also_where_it_was_higher_before() -> None:
    told = tasks_of("""
with task("highest"):  # nobody samples yet: the kernel knows
    held = bytearray(b"x") * 80_000_000
    del held
watch_peaks()
with task("lower"):
    held = bytearray(b"x") * 40_000_000
    time.sleep(0.5)
    del held
with task("reusing"):  # what the allocator still has: the resident set stays as it was
    for _ in range(2):
        held = small(300_000)
        time.sleep(0.5)
        del held
with task("idle"):
    time.sleep(0.05)
""")
    peaks = {name: task["peak_growth_bytes"] / MB for name, task in told.items()}
    assert peaks["highest"] == pytest.approx(80, rel=0.1)
    assert peaks["lower"] == pytest.approx(40, rel=0.1)
    assert peaks["reusing"] == pytest.approx(21.6, rel=0.25)
    assert peaks["idle"] < 2
    highest = told["highest"]
    assert 80 * MB < highest["peak_rss_bytes"] < 130 * MB
    assert highest["growth_bytes"] < 10 * MB


class Dear:
    """Allocators that take their time to tell."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = 100.0
        self.readings = 0

    def read(self) -> int:
        self.readings += 1
        self.now += self.seconds
        return 5 * MB

    def clock(self) -> float:
        return self.now


@pytest.mark.parametrize("cost_seconds", [50e-6, 1e-3, 40e-3])
def test_readings_take_a_hundredth_of_the_time_at_most(cost_seconds: float) -> None:
    dear = Dear(cost_seconds)
    heap = Heap(dear.read, lambda: None, dear.clock)
    for _ in range(20_000):
        heap.read()
        dear.now += 0.005
    spent = dear.readings * cost_seconds
    assert 0.8 * SHARE <= spent / (dear.now - 100.0) <= SHARE * 1.05 + 3 * SAVED_SECONDS / 100


def test_a_reading_that_was_interrupted_once_does_not_make_the_others_rare() -> None:
    dear = Dear(CHEAP_SECONDS / 2)
    heap = Heap(dear.read, lambda: None, dear.clock)
    assert heap.read() is not None
    dear.seconds = 0.3
    assert heap.read() is not None
    dear.seconds = CHEAP_SECONDS / 2
    assert all(heap.read() is not None for _ in range(100))


def test_both_allocators_are_asked_here() -> None:
    heap = open_heap()
    assert heap is not None
    before = heap.read()
    held = [bytes(100_000) for _ in range(100)], [b"%d" % number for number in range(200_000)]
    after = heap.read()
    assert before is not None
    assert after is not None
    size = 100 * 100_000 + sum(map(sys.getsizeof, held[1])) + sys.getsizeof(held[1])
    assert after - before == pytest.approx(size, rel=0.1)
