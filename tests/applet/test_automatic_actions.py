"""Automatic actions against real processes, files and threads."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.domain.building import MIB
from tests.readers.children import eventually, running_python, stop, tell
from tests.test_run import children, guarded, key_of, runs
from trayapp.applet.automatic_actions import Actions, action_policy, past_actions
from trayapp.applet.snapshots import write_snapshot
from trayapp.cleanup.cleaning import clean_target
from trayapp.cleanup.probes import Probes
from trayapp.domain.acting.cleanups import CleanupResult
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.bars import BAR_COUNT
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import AppSample, ProcessKey, SystemSample
from trayapp.domain.records.series import Event
from trayapp.errors import MemtrayError
from trayapp.guard.restart_request import restart
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter
from trayapp.platforms import current_platform
from trayapp.readers.procfile import read_started
from trayapp.settings.records import TERMINATE_PHRASE, ActionSettings, Settings, TargetSettings

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def settings(*on_warning: str, phrase: str = TERMINATE_PHRASE) -> Settings:
    target = TargetSettings(name="app", match="app", on_warning=on_warning)
    return Settings(targets=(target,), actions=ActionSettings(terminate_phrase=phrase))


def view(*keys: ProcessKey, size_mib: float = 100.0) -> View:
    target = TargetView(
        name="app",
        pids=tuple(key.pid for key in keys),
        keys=keys,
        rss_bytes=round(size_mib * MIB) if keys else None,
    )
    nothing = (None,) * BAR_COUNT
    return View(
        wall_seconds=time.time(),
        system=SystemSample(total_bytes=1000 * MIB, available_bytes=500 * MIB),
        system_bars=nothing,
        system_level=Level.NORMAL,
        app=AppSample(pid=1),
        app_bars=nothing,
        targets=(target,),
    )


def transition(**changes: object) -> Transition:
    now = time.time()
    made = Transition(
        kind="raised",
        key="limit:app",
        subject="app",
        level=Level.WARNING,
        title="app is near its limit",
        body="",
        since_wall_seconds=now,
        wall_seconds=now,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def rss_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Machine:
    """Actions on this machine: real snapshots and endings, cleanups as told."""

    def __init__(self, folder: Path, wanted: Settings, past: Iterable[Event] = ()) -> None:
        self.events: list[Event] = []
        self.folder = folder
        self.seconds = 1000.0
        self.freed_bytes = 40 * MIB
        self.note = ""
        self.held = threading.Event()
        self.held.set()
        self.actions = Actions(
            lambda: wanted,
            cleaner=self,
            write_snapshot=self.write,
            write_dump=lambda name: [f"{name}.json"],
            terminate=current_platform().terminate,
            restart=lambda keys: restart(self.folder / "run", keys),
            on_event=self.events.append,
            past=past,
            clock=lambda: self.seconds,
        )

    def clean(self, *, app: bool, targets: Iterable[TargetView]) -> list[CleanupResult]:
        self.held.wait()
        assert not app
        return [
            CleanupResult(
                subject=target.name,
                wall_seconds=time.time(),
                before_bytes=target.rss_bytes,
                after_bytes=(target.rss_bytes or 0) - self.freed_bytes,
                note=self.note,
            )
            for target in targets
        ]

    def collect(self, target: TargetView) -> CleanupResult:
        """As `Cleanups` does it, measured without a sampler."""
        probes = Probes(self.folder / "run", with_caches=False, call_limit_seconds=2)
        return clean_target(
            None, target.name, target.keys, lambda: sum(map(rss_bytes, target.pids)), probes
        )

    def write(self) -> Path:
        return write_snapshot(self.folder, {"why": "test"}, [])

    def outcomes(self, count: int) -> list[tuple[object, object]]:
        eventually(lambda: len(self.events) >= count)
        return [(event.data["action"], event.data["outcome"]) for event in self.events]


KEY = ProcessKey(4_000_000, 1)


def test_nothing_happens_unless_it_was_asked_for(tmp_path: Path) -> None:
    machine = Machine(tmp_path, settings())
    machine.actions.act_on(view(KEY), [transition()])
    machine.actions.act_on(view(KEY), [])
    assert machine.events == []
    assert "actions" not in {thread.name for thread in threading.enumerate()}


def test_a_cleanup_is_done_and_told_with_its_figures(tmp_path: Path) -> None:
    machine = Machine(tmp_path, settings("cleanup"))
    machine.actions.act_on(view(KEY), [transition()])
    assert machine.outcomes(2) == [("cleanup", "begun"), ("cleanup", "done")]
    assert machine.events[1].text == "app: freed 40.0 MiB (100 MiB → 60.0 MiB)."
    assert machine.events[1].data["freed_bytes"] == 40 * MIB
    assert all(event.kind == "action" for event in machine.events)


def test_a_cleanup_that_is_refused_is_told_and_not_repeated(tmp_path: Path) -> None:
    machine = Machine(tmp_path, settings("cleanup"))
    machine.freed_bytes, machine.note = 0, "Linux gives no permission."
    machine.actions.act_on(view(KEY), [transition()])
    assert machine.outcomes(2)[1] == ("cleanup", "failed")
    machine.seconds += 100
    machine.actions.act_on(view(KEY), [transition(kind="escalated")])
    assert machine.outcomes(3)[2] == ("cleanup", "refused")
    assert "Linux gives no permission" in machine.events[2].text


def test_what_comes_back_within_a_minute_is_told_and_not_cleaned_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path, settings("cleanup"))
    machine.actions.act_on(view(KEY), [transition()])
    machine.outcomes(2)
    machine.seconds += 60
    machine.actions.act_on(view(KEY, size_mib=99), [])
    machine.actions.act_on(view(KEY, size_mib=99), [transition(kind="escalated")])
    assert machine.outcomes(4)[2:] == [("cleanup", "did_not_last"), ("cleanup", "refused")]


def test_a_slow_cleanup_delays_nobody(tmp_path: Path) -> None:
    machine = Machine(tmp_path, settings("cleanup"))
    machine.held.clear()
    began = time.monotonic()
    for _ in range(20):
        machine.actions.act_on(view(KEY), [])
        machine.actions.act_on(view(KEY), [transition()])
    assert time.monotonic() - began < 1
    machine.held.set()
    machine.outcomes(21)
    outcomes = [outcome for _, outcome in machine.outcomes(21)]
    assert outcomes.count("begun") == outcomes.count("done") == 1


def test_a_snapshot_is_written(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "snapshots", settings("snapshot"))
    machine.actions.act_on(view(), [transition()])
    assert machine.outcomes(2)[1] == ("snapshot", "done")
    (file,) = (tmp_path / "snapshots").iterdir()
    assert machine.events[1].text == f"Snapshot for app: {file}"


def test_a_dump_is_told_and_written_at_most_once_an_hour(tmp_path: Path) -> None:
    machine = Machine(tmp_path, settings("collect", "dump"))
    machine.actions.act_on(view(KEY), [transition()])
    outcomes = machine.outcomes(4)
    assert outcomes[:3] == [("dump", "begun"), ("collect", "begun"), ("dump", "done")]
    assert machine.events[2].text == "Memory dump of app: app.json"
    machine.seconds += 120
    machine.actions.act_on(view(KEY), [transition(key="growth:app")])
    assert ("dump", "refused") in machine.outcomes(6)[4:]
    assert any("limit of 1 per hour" in event.text for event in machine.events)


def test_a_snapshot_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    machine = Machine(tmp_path / "file", settings("snapshot"))
    machine.actions.act_on(view(), [transition()])
    assert machine.outcomes(2)[1] == ("snapshot", "failed")
    assert "File exists" in machine.events[1].text


@linux
def test_a_target_is_asked_to_end(tmp_path: Path) -> None:
    machine = Machine(tmp_path, settings("terminate", "snapshot"))
    code = "import time; print('up', flush=True); time.sleep(600)"
    with running_python(code) as one, running_python(code) as other:
        keys = [ProcessKey(each.pid, read_started("/proc", each.pid)) for each in (one, other)]
        reused = keys[1]._replace(started=keys[1].started - 1)
        machine.actions.act_on(view(keys[0], reused), [transition()])
        assert one.wait(10) == -signal.SIGTERM
        outcomes = machine.outcomes(4)
        assert [each for each in outcomes if each[1] != "begun"] == [
            ("snapshot", "done"),
            ("terminate", "done"),
        ]
        assert "asked 1 of 2 processes to end. Process" in machine.events[-1].text
        assert machine.events[-1].data["asked_count"] == 1
        assert other.poll() is None


@linux
def test_nothing_is_ended_without_the_phrase_or_with_another_start_time(tmp_path: Path) -> None:
    code = "import time; print('up', flush=True); time.sleep(600)"
    with running_python(code) as child:
        started = read_started("/proc", child.pid)
        for phrase, off in (("", 0), (TERMINATE_PHRASE.lower(), 0), (TERMINATE_PHRASE, 1)):
            machine = Machine(tmp_path, settings("terminate", phrase=phrase))
            key = ProcessKey(child.pid, started + off)
            machine.actions.act_on(view(key), [transition()])
            expected = [("terminate", "begun"), ("terminate", "failed")]
            assert machine.outcomes(1 + off) == (expected if off else [("terminate", "refused")])
        assert child.poll() is None


def test_what_has_not_begun_when_memtray_ends_is_not_done(tmp_path: Path) -> None:
    machine = Machine(tmp_path, settings("cleanup", "terminate"))
    machine.held.clear()
    machine.actions.act_on(view(KEY), [transition()])
    machine.actions.stop()
    machine.held.set()
    assert machine.outcomes(3)[2] == ("cleanup", "done")
    eventually(lambda: "actions" not in {thread.name for thread in threading.enumerate()})
    assert len(machine.events) == 3


def test_what_the_history_keeps_counts_after_a_restart(tmp_path: Path) -> None:
    history = tmp_path / "history.db"
    assert past_actions(history) == []
    machine = Machine(tmp_path, settings("snapshot"))
    for number in range(5):
        machine.actions.act_on(view(), [transition(kind="escalated")])
        machine.outcomes(2 * number + 2 - (number == 4))
    writer = HistoryWriter(history, Retention())
    for event in machine.events:
        writer.add_event(event)
    writer.add_event(Event(wall_seconds=time.time(), kind="start", subject="memtray"))
    writer.close()
    kept = past_actions(history)
    assert [event.data["outcome"] for event in kept].count("begun") == 4
    again = Machine(tmp_path, settings("snapshot"), past=kept)
    again.actions.act_on(view(), [transition()])
    assert again.outcomes(1) == [("snapshot", "refused")]


def test_the_policy_is_what_the_settings_say() -> None:
    policy = action_policy(settings("cleanup"))
    assert policy.actions["app"][Level.WARNING] == ("cleanup",)
    assert policy.actions["app"][Level.EMERGENCY] == ()
    assert policy.may_terminate
    assert not action_policy(Settings()).may_terminate


def test_errors_of_ours_are_told_in_one_line(tmp_path: Path) -> None:
    machine = Machine(tmp_path, settings("snapshot"))

    def refuse() -> Path:
        raise MemtrayError("Sampling does not respond; see the log.")

    machine.actions._write_snapshot = refuse
    machine.actions.act_on(view(), [transition()])
    machine.outcomes(2)
    assert machine.events[1].text == "app: Sampling does not respond; see the log."


LITTER = """
import gc, pathlib, sys, trayapp.probe
gc.disable()
class Node:
    def __init__(self):
        self.me, self.data = self, bytearray(100_000)
def litter():
    for _ in range(400):
        Node()
litter()
cache = {1: 1}
trayapp.probe.register_cache("cache", cache.clear)
assert trayapp.probe.start(pathlib.Path(sys.argv[1]) / "run")
print("up", flush=True)
for line in sys.stdin:
    litter()
    print(len(cache), flush=True)
"""


@linux
def test_a_targets_garbage_is_collected_by_its_probe_and_no_cache_is_touched(
    tmp_path: Path,
) -> None:
    machine = Machine(tmp_path, settings("collect"))
    with running_python(LITTER, str(tmp_path)) as child:
        machine.actions.act_on(view(key_of(child.pid)), [transition()])
        assert machine.outcomes(2) == [("collect", "begun"), ("collect", "done")]
        freed_bytes = machine.events[1].data["freed_bytes"]
        assert isinstance(freed_bytes, int)
        assert freed_bytes > 30_000_000
        assert "Collected" in machine.events[1].text
        tell(child)
        assert child.stdout is not None
        assert child.stdout.readline() == b"1\n", "the cache is as it was"
        # What is back within a minute is not collected again for this incident.
        machine.seconds += 60
        machine.actions.act_on(view(key_of(child.pid)), [])
        machine.actions.act_on(view(key_of(child.pid)), [transition(kind="escalated")])
        outcomes = machine.outcomes(4)[2:]
        assert outcomes == [("collect", "did_not_last"), ("collect", "refused")]


@linux
def test_another_life_of_the_pid_and_a_program_without_a_probe_are_not_collected(
    tmp_path: Path,
) -> None:
    with running_python(LITTER, str(tmp_path)) as child:
        before_bytes = rss_bytes(child.pid)
        for key in (key_of(child.pid)._replace(started=1), key_of(os.getpid())):
            machine = Machine(tmp_path, settings("collect"))
            machine.actions.act_on(view(key), [transition()])
            assert machine.outcomes(2)[1] == ("collect", "failed")
            assert "None of its processes has the Python probe" in machine.events[1].text
        assert rss_bytes(child.pid) >= before_bytes


@linux
def test_a_probe_that_hangs_is_given_up_and_told(tmp_path: Path) -> None:
    machine = Machine(tmp_path, settings("collect"))
    with running_python(LITTER, str(tmp_path)) as child:
        stop(child)
        began = time.monotonic()
        machine.actions.act_on(view(key_of(child.pid)), [transition()])
        assert time.monotonic() - began < 1, "the sampler does not wait"
        assert machine.outcomes(2)[1] == ("collect", "failed")
        assert "did not answer within 2 s" in machine.events[1].text


@linux
def test_a_guarded_run_is_started_again_and_nothing_else(tmp_path: Path) -> None:
    with (
        guarded(tmp_path, "--", "sh", "-c", "echo up; exec sleep 600") as run,
        running_python("import time; print('up', flush=True); time.sleep(600)") as other,
    ):
        (command,) = children(run.pid)
        for key in (key_of(command)._replace(started=1), key_of(other.pid), key_of(run.pid)):
            machine = Machine(tmp_path, settings("restart"))
            machine.actions.act_on(view(key), [transition()])
            assert machine.outcomes(2)[1] == ("restart", "failed")
            assert "was started with memtray run" in machine.events[1].text
        assert children(run.pid) == [command]
        machine = Machine(tmp_path, settings("restart"))
        machine.actions.act_on(view(key_of(other.pid), key_of(command)), [transition()])
        assert machine.outcomes(2)[1] == ("restart", "done")
        (again,) = children(run.pid)
        assert again != command
        assert not runs(command)
        assert machine.events[1].text == f"app: restarted as process {again}."
        assert other.poll() is None
        # Not twice within the minute that it has to show its effect.
        machine.seconds += 30
        machine.actions.act_on(view(key_of(again)), [transition(kind="escalated")])
        assert machine.outcomes(3)[2] == ("restart", "refused")
