"""Threads that are kept alive, and the watchdog: what ends is begun again, and told."""

from __future__ import annotations

import gc
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.campaigns.faults import FaultyApplet
from tests.desktop.desktop import wait_until
from trayapp.applet.heartbeats import Heartbeats
from trayapp.applet.sampler import Sampler
from trayapp.applet.supervision import Supervisor, _Kept
from trayapp.applet.watchdog import (
    BANNER_SECONDS,
    LEAST_PATIENCE_SECONDS,
    REPLACE_SECONDS,
    Watchdog,
)
from trayapp.domain.judging.monitor import Outcome
from trayapp.domain.judging.view import Controls
from trayapp.domain.records.frames import Frame
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.icon import icon_picture
from trayapp.domain.showing.tray import tooltip
from trayapp.domain.showing.tray_menu import menu
from trayapp.history.reader import HistoryReader
from trayapp.readers.frames import MachineReader
from trayapp.settings.file import SettingsFile
from trayapp.tray.drawing import draw_icon


class Body:
    """What a thread is to do: it fails with each of some errors, and then succeeds."""

    def __init__(self, *errors: type[BaseException]) -> None:
        self._errors = list(errors)
        self.done = threading.Event()
        self.names: list[str] = []

    def __call__(self) -> None:
        self.names.append(threading.current_thread().name)
        if self._errors:
            raise self._errors.pop(0)("on purpose")
        self.done.set()


def start(supervisor: Supervisor, body: Body, name: str = "control") -> None:
    threading.Thread(target=supervisor.keep, args=(body,), name=name, daemon=True).start()


@pytest.mark.parametrize("error", [ValueError, MemoryError, SystemExit])
def test_a_body_that_fails_is_run_again_and_told(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    supervisor, body = Supervisor(), Body(error)
    start(supervisor, body)
    assert body.done.wait(5)
    assert body.names == ["control"] * 2
    (problem,) = supervisor.problems
    assert problem == f"A part of Memtray failed: commands ({error.__name__}); see the log"
    assert "on purpose" in caplog.text


def test_a_thread_that_has_died_all_the_same_gets_a_successor() -> None:
    class Mortal(Supervisor):
        """Its guard fails once, too."""

        deaths = 0

        def _run(self, kept: _Kept) -> None:
            if not self.deaths:
                self.deaths += 1
            else:
                super()._run(kept)

    supervisor, body = Mortal(), Body()
    start(supervisor, body)
    wait_until(lambda: supervisor.deaths, what="death")

    def is_revived() -> bool:
        supervisor.revive()
        return body.done.is_set()

    wait_until(is_revived, what="successor")
    assert body.names == ["control"]
    assert "ThreadDiedError" in supervisor.problems[0]


def test_steps_that_fail_are_told_and_end_nothing(caplog: pytest.LogCaptureFixture) -> None:
    supervisor = Supervisor()
    for _each in range(3):
        assert not supervisor.attempt("history", Body(OSError))
    assert supervisor.attempt("settings", Body())
    assert len(supervisor.problems) == 1
    assert caplog.text.count("Traceback") == 1


def test_what_nobody_catches_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.unraisablehook", None)
    monkeypatch.setattr("threading.excepthook", None)
    supervisor = Supervisor()
    supervisor.install_hooks()

    class Fragile:
        def __del__(self) -> None:
            raise ValueError("while destroyed")

    thread = threading.Thread(target=Body(KeyError), name="errand")
    thread.start()
    thread.join()
    Fragile()
    gc.collect()
    assert "while destroyed" in caplog.text
    assert "errand failed: KeyError" in caplog.text
    assert "errand (KeyError)" in supervisor.problems[0]


def test_who_ends_is_not_begun_again() -> None:
    supervisor, body = Supervisor(), Body(ValueError)
    supervisor.stop()
    supervisor.keep(body)
    supervisor.revive()
    assert len(body.names) == 1


def test_samples_that_do_not_come_are_told_once(tmp_path: Path) -> None:
    settings = tmp_path / "memtray.toml"
    settings.write_text('[sampling]\ninterval = "0.2s"\n')
    sampler = Sampler(SettingsFile(settings), tmp_path / "history.sqlite3", 0, lambda _: None)
    told: list[str] = []
    changes: list[bool] = []
    watchdog = Watchdog(
        Supervisor(), sampler, (), lambda: changes.append(watchdog.stalled_since is not None),
        told.append,
    )  # fmt: skip
    watchdog.check()
    assert not told
    sampler.beat_seconds -= LEAST_PATIENCE_SECONDS + 1
    watchdog.check()
    assert not told
    (problem,) = watchdog.problems
    assert problem.startswith("No samples since ")
    sampler.beat_seconds -= BANNER_SECONDS
    for _each in range(2):
        watchdog.check()
    assert told == [problem]
    sampler.beat_seconds += 100
    watchdog.check()
    assert changes == [True, False]
    assert watchdog.problems == ()


def test_icon_and_menu_say_that_nobody_watches() -> None:
    problem = "No samples since 14:05:00: memory is not being monitored; see the log"
    stalled = Controls(is_stalled=True, problems=(problem,))
    picture = icon_picture(None, stalled)
    assert picture.level is Level.CRITICAL
    for size_px in (16, 22, 32, 48, 64):
        drawn = draw_icon(picture, size_px).tobytes()
        assert drawn != draw_icon(icon_picture(None, Controls()), size_px).tobytes()
    assert problem in tooltip(None, stalled)
    hanging = Controls(is_hanging=True, problems=("notifications have not responded",))
    assert icon_picture(None, hanging).level is Level.WARNING
    assert hanging.problems[0] in tooltip(None, hanging)
    assert any(problem in entry.label for entry in menu(None, stalled))


@pytest.fixture
def applet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[FaultyApplet]:
    caplog.set_level(logging.CRITICAL)
    made = FaultyApplet(tmp_path / "home")
    yield made
    assert made.end() == 0


def test_a_sampler_that_hangs_is_told_everywhere(applet: FaultyApplet) -> None:
    applet.inject("hang", "read", "6")
    assert applet.wait(lambda seen: seen["stalled"], 4)
    done = applet.run("status")
    assert done.returncode == 1
    assert "memory is not being monitored" in done.stdout
    assert "memory is not being monitored" in " ".join(applet.seen()["menu"])
    assert applet.wait(lambda seen: not seen["stalled"], 10)
    assert applet.run("status").returncode == 0


def test_a_control_thread_without_memory_answers_again(applet: FaultyApplet) -> None:
    applet.inject("call", "serve", "MemoryError", "1")
    applet.ask()
    wait_until(applet.ask, what="answer")
    assert any("commands (MemoryError)" in problem for problem in applet.seen()["problems"])


@pytest.mark.parametrize("name", ["control", "notifier"])
def test_a_thread_whose_guard_fails_as_well_is_followed_by_one_that_works(
    applet: FaultyApplet, name: str
) -> None:
    # Both guards fail, and the thread dies of it.
    applet.inject("call", "guard", "ValueError", "2")
    # Where it talks to a client, an OSError is the client's and no fault.
    applet.inject("thread", name, "RuntimeError")
    applet.inject("hang", "notify", "0")  # wakes the notifier

    def have_failed(seen: dict[str, Any]) -> bool:
        # Whoever sleeps meets its fault when it wakes; where a guard within takes it, again.
        if seen["raised"] < 2:
            applet.inject("thread", name, "RuntimeError")
            applet.ask("statistics", 0.3)
        return bool(seen["raised"] >= 2)

    assert applet.wait(have_failed, 30)
    assert applet.wait(lambda seen: "(ThreadDiedError)" in str(seen["problems"]), 30)
    wait_until(applet.is_whole, 30, what="both to work again")
    hung = applet.seen()["hung"]
    applet.inject("hang", "notify", "0")
    assert applet.wait(lambda seen: seen["hung"] > hung, 30)


@pytest.mark.parametrize(
    ("point", "name", "part"),
    [
        ("serve", "control", "commands"),
        ("notify", "notifier", "notifications"),
        ("watch", "watchdog", "watchdog"),
    ],
)
def test_a_thread_that_hangs_is_told_and_where(
    applet: FaultyApplet, point: str, name: str, part: str
) -> None:
    applet.inject("hang", point, "8")
    applet.ask("statistics", 0.3)
    assert applet.wait(lambda seen: name in seen["hanging"], 7)
    assert any(
        "has not responded since" in problem and part in problem
        for problem in applet.seen()["problems"]
    )
    if name != "control":
        done = applet.run("status")
        assert done.returncode == 1
        assert part in done.stdout
    assert applet.wait(lambda seen: not seen["hanging"], 15)
    assert applet.run("status").returncode == 0
    log = applet.home / "memtray.log"
    wait_until(lambda: f"{name} responds again" in log.read_text(), 30, what="note of it")
    # Where it is, which somebody may mend by.
    assert f"{name} does not respond: it is in _arm.<locals>.wrapped (" in log.read_text()


def test_a_thread_that_waits_or_may_take_its_time_does_not_hang() -> None:
    heartbeats = Heartbeats()
    heartbeats.patience_seconds = 0.0
    pulse = heartbeats.pulse("notifier")
    pulse(0.0)
    assert list(heartbeats.late()) == ["notifier"]
    heartbeats.excuse()
    heartbeats.patience_seconds = 60.0
    assert not heartbeats.late()
    heartbeats.patience_seconds = 0.0
    pulse(60.0)
    assert not heartbeats.late()
    pulse(None)
    assert not heartbeats.late()
    assert heartbeats.due_seconds == math.inf


def test_a_loop_that_does_not_answer_hangs_and_one_that_is_not_there_does_not() -> None:
    heartbeats = Heartbeats()
    heartbeats.patience_seconds = 0.0
    answers: list[Callable[[], None]] = []

    def wake(answer: Callable[[], None]) -> bool:
        answers.append(answer)
        return True

    heartbeats.knock("tray", wake)
    wait_until(lambda: "tray" in heartbeats.late(), what="hang")
    heartbeats.knock("tray", wake)
    assert "tray" in heartbeats.late()
    answers[-1]()
    assert not heartbeats.late()
    heartbeats.knock("tray", lambda _answer: False)
    assert heartbeats.due_seconds == math.inf


def test_a_sampler_that_hangs_in_reading_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "memtray.toml"
    settings.write_text('[sampling]\ninterval = "0.2s"\n')
    history = tmp_path / "history.sqlite3"
    supervisor = Supervisor()
    sampler = Sampler(SettingsFile(settings), history, 0, lambda _: None, supervisor=supervisor)
    read = MachineReader.read_frame
    hanging, release, closed = threading.Event(), threading.Event(), threading.Event()

    close = MachineReader.close

    def note_close(machine: MachineReader) -> None:
        close(machine)
        closed.set()

    def hang_once(machine: MachineReader, *arguments: Any, **options: Any) -> Frame:
        if sampler.sample_count == 2 and not hanging.is_set():
            hanging.set()
            release.wait()
        return read(machine, *arguments, **options)

    monkeypatch.setattr(MachineReader, "read_frame", hang_once)
    monkeypatch.setattr(MachineReader, "close", note_close)
    sampler.start()
    assert hanging.wait(30)
    watchdog = Watchdog(supervisor, sampler, (), lambda: None, lambda _: None)
    watchdog.check()
    assert sampler.sample_count == 2
    sampler.beat_seconds -= LEAST_PATIENCE_SECONDS + REPLACE_SECONDS
    watchdog.check()
    wait_until(lambda: sampler.sample_count >= 5, what="samples of the next one")
    watchdog.check()
    assert watchdog.stalled_since is None
    assert any("ThreadHungError" in problem for problem in supervisor.problems)
    # The one that hung ends as soon as it can, and changes nothing any more.
    assert not closed.is_set()
    release.set()
    assert closed.wait(30)
    wait_until(
        lambda: sum(each.name == "sampler" for each in threading.enumerate()) == 1, what="end"
    )
    before = sampler.sample_count
    wait_until(lambda: sampler.sample_count >= before + 2, what="samples")
    sampler.stop()
    supervisor.join(10)
    with HistoryReader(history) as reader:
        assert [event.kind for event in reader.events(0, time.time() + 1)] == ["start", "stop"]


def test_a_sampler_that_hangs_elsewhere_is_not_replaced(tmp_path: Path) -> None:
    settings = tmp_path / "memtray.toml"
    settings.write_text('[sampling]\ninterval = "0.2s"\n')
    hanging, release = threading.Event(), threading.Event()

    def publish(_outcome: Outcome | None) -> None:
        hanging.set()
        release.wait()

    supervisor = Supervisor()
    sampler = Sampler(
        SettingsFile(settings), tmp_path / "h.sqlite3", 0, publish, supervisor=supervisor
    )
    sampler.start()
    assert hanging.wait(30)
    assert not sampler.replace()
    release.set()
    sampler.stop()
    supervisor.join(10)


@pytest.mark.parametrize("point", ["open history", "maintain", "errand", "keep", "show"])
def test_whatever_fails_around_samples_goes_on(applet: FaultyApplet, point: str) -> None:
    before = applet.seen()["samples"]
    applet.inject("call", point, "ValueError", "2")
    applet.ask("status")
    assert applet.wait(lambda seen: seen["samples"] >= before + 4, 10)
