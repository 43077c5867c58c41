"""What a program's tasks and components tell: in this process, and of a real one that is asked."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.probe.test_probe import ask, evaluate, program
from tests.readers.children import eventually
from trayapp import probe
from trayapp.probe.components import component_sizes
from trayapp.probe.tasks import MOST_AT_A_TIME, MOST_KEPT, finished_tasks, running_tasks

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def told() -> Told:
    """What has ended since the test began."""
    before = finished_tasks(0)
    while before["tasks"]:
        before = finished_tasks(number(before["next"]))
    since = number(before["next"])

    def ask_now() -> list[dict[str, Any]]:
        tasks = finished_tasks(since)["tasks"]
        assert isinstance(tasks, list)
        return tasks

    return ask_now


def number(value: object) -> int:
    assert isinstance(value, int)
    return value


def names(tasks: list[dict[str, Any]]) -> list[str]:
    return [task["name"] for task in tasks]


@needs_proc
def test_a_task_tells_when_how_long_and_what_it_grew_by(told: Told) -> None:
    kept = []
    with probe.task("load"):
        assert names(running_tasks()) == ["load"]
        kept.append(b"x" * 40_000_000)
    with probe.task("idle"):
        pass
    load, idle = told()
    assert load["number"] + 1 == idle["number"]
    assert 35_000_000 < load["growth_bytes"] < 60_000_000
    assert abs(idle["growth_bytes"]) < 5_000_000
    assert load["began_unix_s"] <= idle["began_unix_s"]
    assert load["seconds"] > idle["seconds"] >= 0
    assert load["failed"] is idle["failed"] is None
    assert running_tasks() == []
    assert len(kept[0]) == 40_000_000


@needs_proc
def test_what_is_taken_between_two_tasks_is_neithers(told: Told) -> None:
    with probe.task("before"):
        pass
    kept = b"x" * 40_000_000
    with probe.task("after"):
        pass
    assert [abs(one["growth_bytes"]) < 5_000_000 for one in told()] == [True, True]
    assert len(kept) == 40_000_000


@needs_proc
def test_tasks_that_follow_at_once_count_each_what_it_took(told: Told) -> None:
    kept = []
    work = probe.task("work")
    for size in (30_000_000, 0, 30_000_000):
        with work:
            kept.append(b"x" * size)
    took = [one["growth_bytes"] for one in told()]
    assert [20_000_000 < each < 50_000_000 for each in took] == [True, False, True]
    assert abs(took[1]) < 5_000_000
    assert sum(map(len, kept)) == 60_000_000


def test_tasks_nest_and_what_fails_goes_on_failing(told: Told) -> None:
    with pytest.raises(KeyError, match="gone"), probe.task("outer"), probe.task("inner"):
        raise KeyError("gone")
    assert [(task["name"], task["failed"]) for task in told()] == [
        ("inner", "KeyError"),
        ("outer", "KeyError"),
    ]


def test_before_a_function_every_call_is_a_task(told: Told) -> None:
    @probe.task("double")
    def double(value: int) -> int:
        """Twice."""
        return 2 * value

    @probe.task("wait")
    async def wait(value: int) -> int:
        await asyncio.sleep(0.02)
        return value

    assert double(3) + double(4) == 14
    assert (double.__name__, double.__doc__) == ("double", "Twice.")
    assert asyncio.iscoroutinefunction(wait)
    assert asyncio.run(wait(5)) == 5
    partial = probe.task("partial")(functools.partial(wait, 6))
    assert asyncio.run(partial()) == 6
    assert names(told()) == ["double", "double", "wait", "wait", "partial"]
    assert all(task["seconds"] >= 0.02 for task in told()[2:])


def test_one_task_is_used_by_many_at_the_same_time(told: Told) -> None:
    """Each is measured from its own begin, in threads and in asyncio."""
    shared = probe.task("shared")

    async def work(began: asyncio.Event, end: asyncio.Event) -> None:
        with shared:
            began.set()
            await end.wait()

    async def one_after_the_other() -> None:
        events = [asyncio.Event() for _ in range(6)]
        tasks = []
        for at in range(3):
            tasks.append(asyncio.create_task(work(events[at], events[3 + at])))
            await events[at].wait()
        for at in range(3):
            events[3 + at].set()
            await tasks[at]

    asyncio.run(one_after_the_other())
    begins = [task["began_unix_s"] for task in told()]
    assert len(begins) == 3
    assert begins == sorted(begins)
    ends = [task["began_unix_s"] + task["seconds"] for task in told()]
    assert ends == sorted(ends)

    barrier = threading.Barrier(8)

    def run() -> None:
        barrier.wait()
        for _ in range(10):
            with shared, shared:
                pass

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [task["number"] for task in told()]
    assert len(numbers) == MOST_AT_A_TIME
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert running_tasks() == []


def test_a_generator_may_end_its_task_elsewhere(told: Told) -> None:
    def steps() -> Iterator[int]:
        with probe.task("steps"):
            yield 1
            yield 2

    generator = steps()
    assert next(generator) == 1
    thread = threading.Thread(target=lambda: list(generator))
    thread.start()
    thread.join()
    assert names(told()) == ["steps"]


def test_the_oldest_go_and_are_counted(told: Told) -> None:
    for at in range(MOST_KEPT + 10):
        with probe.task(f"{at}"):
            pass
    last = number(finished_tasks(10**9)["next"])
    begin = last - MOST_KEPT - 10
    first = finished_tasks(begin)
    assert first["dropped"] == 10
    read = []
    answer = first
    while answer["tasks"]:
        assert isinstance(answer["tasks"], list)
        read += names(answer["tasks"])
        answer = finished_tasks(number(answer["next"]))
        assert answer["dropped"] == 0
    assert read == [f"{at}" for at in range(10, MOST_KEPT + 10)]
    assert answer["next"] == last
    assert len(told()) == MOST_AT_A_TIME


class Rude:
    def __str__(self) -> str:
        raise RuntimeError("never")


def test_whatever_is_given_as_a_name_nothing_is_raised(told: Told) -> None:
    for odd in ("a\nb\x1b\ud800", "n" * 10_000, 7, None, Rude()):
        with probe.task(odd):  # type: ignore[arg-type]
            pass
    assert names(told()) == ["a b  ", "n" * 100, "7", "None", ""]
    names_given: list[Any] = [Rude(), [], 7]
    for name in names_given:
        probe.register_component(name, lambda: 1)
        probe.register_cache(name, list)
        probe.unregister_component(name)
        probe.unregister_cache(name)


def giving(answer: Any) -> Callable[[], Any]:
    return lambda: answer


def test_a_component_that_tells_nonsense_is_unknown() -> None:
    def stumble() -> int:
        raise SystemExit

    answers: dict[str, Any] = {
        "true": True, "text": "5", "nan": float("nan"), "less": -1, "none": None, "huge": 10**30,
    }  # fmt: skip
    odd = {name: giving(answer) for name, answer in answers.items()}
    odd["raises"] = stumble
    good: dict[str, Callable[[], Any]] = {"model": lambda: 512, "float": lambda: 7.9}
    try:
        for name, measure in {**odd, **good}.items():
            probe.register_component(name, measure)
        sizes = {one["name"]: one["bytes"] for one in component_sizes()}
        assert sizes == dict.fromkeys(odd) | {"model": 512, "float": 7}
        probe.register_component("model", lambda: 513)
        assert {"name": "model", "bytes": 513} in component_sizes()
    finally:
        for name in [*odd, *good]:
            probe.unregister_component(name)
    assert component_sizes() == []


@needs_proc
def test_a_real_program_is_asked_for_its_tasks_and_components(tmp_path: Path) -> None:
    code = """
kept = []
def work(size=0, fail=False):
    with trayapp.probe.task("work"):
        kept.append(b"x" * size)
        if fail:
            raise ValueError
trayapp.probe.register_component("kept", lambda: sum(map(len, kept)))
hold = threading.Event()
def wait():
    with trayapp.probe.task("wait"):
        hold.wait(60)
threading.Thread(target=wait, daemon=True).start()
"""
    with program(tmp_path, code) as process:
        assert evaluate(process, "work(30_000_000)") == "None"
        told = ask(tmp_path, process.pid, "tasks")
        assert isinstance(told["tasks"], list)
        (work,) = told["tasks"]
        assert (work["name"], work["number"], work["failed"]) == ("work", 1, None)
        assert 25_000_000 < work["growth_bytes"] < 45_000_000
        assert (told["pid"], told["next"], told["dropped"]) == (process.pid, 1, 0)
        for odd in ("x", None, -5, [1]):
            assert ask(tmp_path, process.pid, "tasks", after=odd)["next"] == 1
        assert ask(tmp_path, process.pid, "tasks", after=1)["tasks"] == []

        eventually(lambda: ask(tmp_path, process.pid, "report")["running_tasks"])
        report = ask(tmp_path, process.pid, "report")
        assert report["components"] == [{"name": "kept", "bytes": 30_000_000}]
        assert isinstance(report["running_tasks"], list)
        (waiting,) = report["running_tasks"]
        assert waiting["name"] == "wait"
        assert waiting["since_unix_s"] <= work["began_unix_s"] + 60
        assert evaluate(process, "hold.set()") == "None"
        eventually(lambda: ask(tmp_path, process.pid, "tasks", after=1)["tasks"])
        assert ask(tmp_path, process.pid, "report")["running_tasks"] == []


@needs_proc
def test_a_forked_child_begins_with_nothing() -> None:
    """Also what was running at the fork stays its parent's, and sizes are its own."""
    code = """
import os, sys
from trayapp.probe import task
from trayapp.probe.resident import read_rss_bytes
from trayapp.probe.tasks import finished_tasks, running_tasks

def statm():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

with task("before"):
    pass
with task("over the fork"):
    kept = b"x" * 50_000_000
    child = os.fork()
    if not child:
        kept += b"x" * 30_000_000
if not child:
    assert finished_tasks(0)["tasks"] == [] and running_tasks() == [], finished_tasks(0)
    assert abs(read_rss_bytes() - statm()) < 5_000_000
    with task("own"):
        more = b"x" * 20_000_000
    (own,) = finished_tasks(0)["tasks"]
    assert own["name"] == "own" and own["number"] == 1
    assert 15_000_000 < own["growth_bytes"] < 30_000_000
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert [one["name"] for one in finished_tasks(0)["tasks"]] == ["before", "over the fork"]
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


@needs_proc
def test_a_program_that_takes_all_descriptors_away_is_measured_all_the_same(tmp_path: Path) -> None:
    code = """
import os, sys
from trayapp.probe import task
from trayapp.probe.resident import read_rss_bytes
assert read_rss_bytes() > 1_000_000
os.closerange(3, 100)
files = [open(sys.argv[1], "w+") for _ in range(5)]
for file in files:
    file.write("5 5 5 5 5")
    file.flush()
assert read_rss_bytes() > 1_000_000
for file in files:
    assert not file.closed and os.fstat(file.fileno()).st_size == 9
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
os.closerange(3, 100)
with task("blind"):
    pass
from trayapp.probe.tasks import finished_tasks
assert finished_tasks(0)["tasks"][0]["growth_bytes"] is None
os._exit(0)
"""
    run = [sys.executable, "-c", code, str(tmp_path / "file")]
    subprocess.run(run, check=True, timeout=60)
