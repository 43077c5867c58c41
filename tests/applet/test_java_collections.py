"""A Java program is asked to collect its garbage: seldom, if that is allowed, and for real."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.domain.building import MIB
from tests.domain.judging.judges.test_heap import HEAP, last_of
from tests.readers.children import eventually
from trayapp.applet.java_collections import MOST, JavaCollections, is_in_doubt
from trayapp.domain.judging.leaks import Verdict
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.levels import Level
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.domain.records.samples import AppSample, ProcessKey, SystemSample
from trayapp.domain.records.series import Event
from trayapp.errors import ControlError
from trayapp.readers.java_counters import JavaHeap
from trayapp.readers.procfile import read_started
from trayapp.windows.jcmd import run_jcmd

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
JAVA = """
public class Collected {
    public static void main(String[] arguments) throws Exception {
        System.out.println("up");
        System.in.read();
    }
}
"""
DOUBTFUL = HEAP._replace(live_bytes=30 * MIB)


def doubtful(heap: RuntimeHeap = DOUBTFUL, *, is_unproven: bool = True) -> TargetView:
    """A target that is this process, with such a heap."""
    view, _ = last_of(heap)
    key = ProcessKey(os.getpid(), read_started("/proc", os.getpid()))
    return replace(view, keys=(key,), leak=Verdict(level="growing", is_unproven=is_unproven))


@pytest.mark.parametrize(
    ("target", "is_so"),
    [
        (doubtful(), True),
        (doubtful(is_unproven=False), False),
        (doubtful(DOUBTFUL._replace(live_bytes=20 * MIB)), False),
        (doubtful(DOUBTFUL._replace(collector="ZGC")), False),
        (doubtful(DOUBTFUL._replace(runtime="node", collector="V8")), False),
        (doubtful(DOUBTFUL._replace(limit_bytes=None)), False),
        (replace(doubtful(), keys=(ProcessKey(1, 1), ProcessKey(2, 1))), False),
    ],
)
def test_who_is_asked(target: TargetView, is_so: bool) -> None:
    assert is_in_doubt(target) is is_so


def asked(view: View, ticks: int) -> tuple[list[int], list[str]]:
    """Who was asked in so many ticks, and what was told of it."""
    pids: list[int] = []
    events: list[Event] = []
    collecting = JavaCollections(events.append, pids.append)
    for _ in range(ticks):
        collecting.tick(view)
        eventually(lambda: not collecting.is_asking)
    return pids, [event.text for event in events]


def view_of(*targets: TargetView) -> View:
    return View(
        wall_seconds=0.0,
        system=SystemSample(total_bytes=2**34, available_bytes=2**33),
        system_bars=(),
        system_level=Level.NORMAL,
        app=AppSample(pid=1),
        app_bars=(),
        targets=targets,
    )


def test_it_is_asked_once_and_that_is_told() -> None:
    pids, texts = asked(view_of(doubtful()), 20)
    assert pids == [os.getpid()]
    assert texts == ["shop collected its garbage: that tells whether it leaks."]


def test_a_process_that_is_another_by_now_is_not_asked() -> None:
    pids, _ = asked(view_of(replace(doubtful(), keys=(ProcessKey(os.getpid(), 1),))), 3)
    assert pids == []


def test_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trayapp.applet.java_collections.PAUSE_SECONDS", 0.0)
    pids, _ = asked(view_of(doubtful()), 20)
    assert len(pids) == MOST


def test_what_refuses_is_told_with_the_reason() -> None:
    def refuse(_pid: int) -> None:
        raise ControlError("it may not be")

    events: list[Event] = []
    collecting = JavaCollections(events.append, refuse)
    collecting.tick(view_of(doubtful()))
    eventually(lambda: bool(events))
    assert events[0].text == "shop did not collect its garbage: it may not be"


def test_who_does_not_catch_the_signal_is_not_asked() -> None:
    """It would end."""
    with subprocess.Popen(["sleep", "60"]) as process:
        with pytest.raises(ControlError, match="-Xrs"):
            run_jcmd(process.pid, "GC.run", limit_seconds=10)
        assert process.poll() is None
        process.kill()


@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
@pytest.mark.skipif(shutil.which("jcmd") is None, reason="needs a JDK")
def test_a_java_program_collects_its_garbage(tmp_path: Path) -> None:
    (tmp_path / "Collected.java").write_text(JAVA)
    with subprocess.Popen(
        ["java", "-XX:+UseSerialGC", "-Xmx32m", str(tmp_path / "Collected.java")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "up\n"
        (counters,) = Path("/tmp").glob(f"hsperfdata_*/{process.pid}")  # noqa: S108

        def full_collections() -> int:
            heap = JavaHeap().read(counters.read_bytes(), 0.0)
            return heap.full_collections if heap else 0

        before = full_collections()
        run_jcmd(process.pid, "GC.run", limit_seconds=60)
        assert full_collections() == before + 1
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.wait(60) == 0
