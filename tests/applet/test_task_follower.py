"""Tasks of real programs, and of probes that lie, hang or flood, on their way to the history."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.cli.test_main import REPOSITORY, Memtray
from tests.control.serving import serving
from tests.desktop.desktop import wait_until
from tests.probe.test_probe import evaluate, key_of, program
from tests.readers.children import eventually, stop
from trayapp.applet.task_follower import MOST_AT_A_TIME, MOST_OF_A_PROCESS, TaskFollower
from trayapp.control.process_endpoints import PROBE, endpoint_name
from trayapp.control.server import ControlServer
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import AppSample, ProcessKey, SystemSample
from trayapp.domain.records.series import Event
from trayapp.history.reader import HistoryReader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

WORK = """
def work(name, count=1):
    for _ in range(count):
        with trayapp.probe.task(name):
            pass
"""


def view_of(**targets: tuple[int, int]) -> View:
    """A look in which each target has one process."""
    return View(
        wall_seconds=time.time(),
        system=SystemSample(total_bytes=8, available_bytes=4),
        system_bars=(),
        system_level=Level.NORMAL,
        app=AppSample(pid=1),
        app_bars=(),
        targets=tuple(
            TargetView(name=name, pids=(key[0],), keys=(ProcessKey(*key),))
            for name, key in targets.items()
        ),
    )


class Following:
    """A follower whose time has always come, and what it has kept."""

    def __init__(self, runtime: Path, rules: Callable[[], Sequence[TargetRule]] = tuple) -> None:
        self.events: list[Event] = []
        self.is_paused = False
        self.follower = TaskFollower(
            runtime, self.events.append, lambda: self.is_paused, period_seconds=0.0, rules=rules
        )

    def look(self, view: View) -> list[str]:
        """One whole look; the names of all tasks that have been kept so far."""
        self.follower.tick(view)
        eventually(lambda: not self.follower.is_asking)
        return [str(event.data["task"]) for event in self.events]


def own_key() -> ProcessKey:
    return key_of(os.getpid())


def told(*numbers: int, **changes: object) -> dict[str, object]:
    """An honest answer."""
    return {
        "pid": os.getpid(),
        "tasks": [
            {"number": number, "name": f"{number}", "began_unix_s": time.time(), "seconds": 0.0,
             "growth_bytes": number, "failed": None}
            for number in numbers
        ],
        "dropped": 0,
        "next": numbers[-1] if numbers else 0,
    } | changes  # fmt: skip


Answering = Callable[[Mapping[str, object]], Mapping[str, object]]


def probing(
    runtime: Path, answer: Answering, *, loopback: bool = False
) -> AbstractContextManager[ControlServer]:
    """A probe of this process that says what it is told to."""
    return serving(
        runtime, {"tasks": answer}, name=endpoint_name(PROBE, *own_key()), loopback=loopback
    )


def test_each_task_of_a_real_program_is_kept_once(tmp_path: Path) -> None:
    following = Following(tmp_path)
    with program(tmp_path, WORK) as process:
        view = view_of(web=key_of(process.pid))
        assert following.look(view) == []
        evaluate(process, "work('first')")
        evaluate(process, "work('second', 2)")
        assert following.look(view) == ["first", "second", "second"]
        assert following.look(view) == ["first", "second", "second"]
        evaluate(process, "work('third')")
        assert following.look(view)[3:] == ["third"]
    event = following.events[0]
    assert (event.kind, event.subject) == ("task", "web")
    assert time.time() - 60 < event.wall_seconds <= time.time()
    assert isinstance(event.data["growth_bytes"], int)
    assert following.follower.kept_count == 4


def test_what_ended_before_memtray_began_was_kept_then_or_never(tmp_path: Path) -> None:
    with program(tmp_path, WORK) as process:
        evaluate(process, "work('before')")
        view = view_of(web=key_of(process.pid))
        following, restarted = Following(tmp_path), None
        evaluate(process, "work('after')")
        assert following.look(view) == ["after"]
        restarted = Following(tmp_path)
        assert restarted.look(view) == []
        evaluate(process, "work('later')")
        assert restarted.look(view) == ["later"]


def test_who_is_no_target_or_has_no_probe_is_not_asked(tmp_path: Path) -> None:
    following = Following(tmp_path)
    asked = []

    def answer(arguments: Mapping[str, object]) -> Mapping[str, object]:
        asked.append(arguments)
        return told(1)

    key = own_key()
    with probing(tmp_path, answer):
        following.look(view_of())
        following.look(view_of(web=key._replace(started=key.started + 1)))
        following.look(view_of(web=ProcessKey(1, 1)))
        following.is_paused = True
        following.look(view_of(web=key))
        assert asked == []
        following.is_paused = False
        assert following.look(view_of(web=key)) == ["1"]
        following.follower.stop()
        following.look(view_of(web=key))
    assert asked == [{"after": 0}]
    assert Following(tmp_path / "missing").look(view_of(web=key)) == []


def test_looks_do_not_overlap_and_the_sampler_does_not_wait(tmp_path: Path) -> None:
    following = Following(tmp_path)
    asked, goes_on = threading.Event(), threading.Event()
    count = []

    def answer(_: Mapping[str, object]) -> Mapping[str, object]:
        count.append(1)
        asked.set()
        assert goes_on.wait(20)
        return told(1, 2)

    view = view_of(web=own_key())
    with probing(tmp_path, answer):
        began = time.monotonic()
        for _ in range(50):
            following.follower.tick(view)
        assert time.monotonic() - began < 1
        assert asked.wait(20)
        assert following.follower.is_asking
        goes_on.set()
        eventually(lambda: not following.follower.is_asking)
    assert len(count) == 1
    assert len(following.events) == 2


def test_a_program_that_hangs_keeps_nobody_else_from_being_asked(tmp_path: Path) -> None:
    following = Following(tmp_path)
    with program(tmp_path, WORK) as stuck, program(tmp_path, WORK) as fine:
        evaluate(stuck, "work('stuck')")
        evaluate(fine, "work('fine')")
        stop(stuck)
        view = view_of(stuck=key_of(stuck.pid), fine=key_of(fine.pid))
        assert following.look(view) == ["fine"]
        stuck.send_signal(signal.SIGCONT)
        assert following.look(view) == ["fine", "stuck"]


def test_a_flood_is_bounded_and_what_grew_most_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    following = Following(tmp_path)
    last = 0

    def flood(arguments: Mapping[str, object]) -> Mapping[str, object]:
        nonlocal last
        after = arguments["after"]
        assert isinstance(after, int)
        last = after + 100
        return told(*range(after + 1, last + 1), dropped=7)

    view = view_of(web=own_key())
    with caplog.at_level(logging.WARNING), probing(tmp_path, flood):
        assert len(following.look(view)) == MOST_OF_A_PROCESS
        assert following.look(view)[:MOST_OF_A_PROCESS] == [
            f"{number}" for number in range(400 - MOST_OF_A_PROCESS + 1, 401)
        ]
        following.look(view)
    assert len(following.events) == 3 * MOST_OF_A_PROCESS
    assert last == 1200
    # Seven for each answer, but for the first look: nobody knows whose they were.
    left_out = 1200 - 3 * MOST_OF_A_PROCESS + 2 * 4 * 7
    assert following.follower.left_out_count == left_out
    # Once an hour.
    (record,) = caplog.records
    assert f"web: {400 - MOST_OF_A_PROCESS}" in record.getMessage()


def test_many_programs_together_are_bounded_and_all_have_their_turn(tmp_path: Path) -> None:
    following = Following(tmp_path)
    code = WORK + f"work('task', {MOST_OF_A_PROCESS + 5})\n"
    count = MOST_AT_A_TIME // MOST_OF_A_PROCESS + 2
    programs = [program(tmp_path, code) for _ in range(count)]
    processes = [each.__enter__() for each in programs]
    try:
        view = view_of(**{f"p{at}": key_of(one.pid) for at, one in enumerate(processes)})
        assert len(following.look(view)) == MOST_AT_A_TIME
        assert len(following.look(view)) == count * MOST_OF_A_PROCESS
    finally:
        for each in programs:
            each.__exit__(None, None, None)
    assert {event.subject for event in following.events} == {f"p{at}" for at in range(count)}


@pytest.mark.parametrize("loopback", [False, True])
def test_nothing_that_a_probe_says_does_harm(tmp_path: Path, loopback: bool) -> None:
    following = Following(tmp_path)
    good = told(1)
    answers: list[Mapping[str, object]] = [
        {}, {"tasks": 5, "next": "x"}, told(1, pid=1), told(1, pid=None), {"text": "x" * 600_000},
        told(1, tasks=[None, 7, {"number": 10**400}, *[{"name": "\x1b\ud800"}] * 500], next=0),
        told(1, next=-(10**400)), told(1, next=10**400), told(2, dropped=10**400),
    ]  # fmt: skip
    left = iter([*answers, good | {"next": 3}])
    view = view_of(web=own_key())
    with probing(tmp_path, lambda _: next(left), loopback=loopback):
        for _ in answers:
            following.look(view)
    # What is in them that can be so is kept, each number once.
    assert [event.data["task"] for event in following.events] == ["1", "2"]
    assert all(event.text.isprintable() for event in following.events)


def test_another_program_in_the_same_process_counts_anew(tmp_path: Path) -> None:
    """By exec pid and start time stay, the numbers do not."""
    following = Following(tmp_path)
    kept: list[dict[str, object]] = []

    def answer(arguments: Mapping[str, object]) -> Mapping[str, object]:
        after = arguments["after"]
        assert isinstance(after, int)
        return told(*range(after + 1, len(kept) + 1), next=len(kept))

    view = view_of(web=own_key())
    with probing(tmp_path, answer):
        kept += [{}] * 5
        assert following.look(view) == ["1", "2", "3", "4", "5"]
        del kept[2:]
        assert following.look(view)[5:] == ["1", "2"]
        kept += [{}]
        assert following.look(view)[7:] == ["3"]


def test_a_look_that_never_ends_does_not_hold_up_the_end_of_memtray(tmp_path: Path) -> None:
    following = Following(tmp_path)
    with program(tmp_path, WORK) as stuck:
        stop(stuck)
        following.follower.tick(view_of(web=key_of(stuck.pid)))
        assert following.follower.is_asking
        began = time.monotonic()
        following.follower.stop()
        assert time.monotonic() - began < 0.5
        assert all(one.daemon for one in threading.enumerate() if one.name == "tasks")
        eventually(lambda: not following.follower.is_asking)
    assert following.events == []


SETTINGS = """
[sampling]
interval = "0.2s"
"""
TARGET = """
[[targets]]
name = "worker"
match = "task_worker"
"""
PROGRAM = """
import sys
import trayapp.probe

kept = []
trayapp.probe.start()
for line in sys.stdin:
    with trayapp.probe.task(line.strip()):
        kept.append(b"x" * 30_000_000)
    print("done", flush=True)
"""


def test_tasks_of_a_target_are_in_the_history_and_in_what_is_exported(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    settings = memtray.home / "memtray.toml"
    settings.write_text(SETTINGS)
    file = tmp_path / "task_worker.py"
    file.write_text(PROGRAM)
    applet = memtray.start("start", "--headless")
    worker = subprocess.Popen(
        [sys.executable, str(file)], env=memtray.env | {"PYTHONPATH": str(REPOSITORY)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert worker.stdin
        assert worker.stdout
        for name in ("nightly report", "=import()"):
            worker.stdin.write(f"{name}\n")
            worker.stdin.flush()
            assert worker.stdout.readline() == "done\n"
        settings.write_text(SETTINGS + TARGET)

        def kept() -> list[Event]:
            with HistoryReader(memtray.home / "history.sqlite3") as reader:
                return reader.events(0, time.time(), ("task",), subject="worker")

        first, second = wait_until(lambda: kept() if len(kept()) == 2 else [], timeout=60)
        assert (first.data["task"], second.data["task"]) == ("nightly report", "=import()")
        assert isinstance(first.data["growth_bytes"], int)
        assert 25_000_000 < first.data["growth_bytes"] < 50_000_000
        rows = dict(memtray.json("statistics")["rows"])
        assert (rows["Tasks"], rows["Recorded"]) == ("", "2")

        for name in ("out.json", "out.csv", "out.xlsx"):
            done = memtray.run("export", "-o", str(tmp_path / name))
            assert done.returncode == 0, done.stderr
        exported = json.loads((tmp_path / "out.json").read_text())["tasks"]
        assert [(one["subject"], one["task"]) for one in exported] == [
            ("worker", "nightly report"),
            ("worker", "=import()"),
        ]
        with closing(load_workbook(tmp_path / "out.xlsx")) as book:
            headings, *tasks = book["Tasks"].iter_rows(values_only=True)
        told = dict(zip(headings, tasks[0], strict=True))
        assert (told["Program"], told["Task"]) == ("worker", "nightly report")
        for heading in ("Kept, MiB", "Peak above start, MiB", "Growth, MiB"):
            size = told[heading]
            assert isinstance(size, float)
            assert 25 < size < 50, heading
        assert exported[0]["kept_from"] == "heap"
        assert exported[0]["kept_bytes"] == pytest.approx(30_000_000, rel=0.05)
        assert exported[0]["peak_growth_bytes"] >= 29_000_000
    finally:
        worker.kill()
        worker.communicate()
        applet.terminate()
        assert applet.wait(20) == 0
        applet.communicate()
