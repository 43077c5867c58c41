"""Every alert reaches the person, whatever the desktop does and however long it takes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.desktop import wait_until
from trayapp.delivery import notifier as notifier_module
from trayapp.delivery.banner import Banner, DeliveryResult
from trayapp.delivery.notifier import Notifier
from trayapp.delivery.sinks import Available, ButtonPressed, DesktopSink
from trayapp.delivery.sinks.log import AlertLog, LogFile
from trayapp.domain.records.levels import Level


class Shelf(DesktopSink):
    """A desktop that keeps what it is given, and can be out of order."""

    def __init__(self, failure: str | Exception | None = None) -> None:
        self.failure = failure
        self.shown: dict[str, Banner] = {}
        self.attempts = 0
        self.closed = False
        self.status = "notifications through a shelf"
        self.is_ready = True
        self._events: list[ButtonPressed | Available] = []
        self._ours, self._theirs = socket.socketpair()

    def prepare(self) -> None:
        """Nothing to find out."""

    def send(self, banner: Banner, /) -> DeliveryResult:
        self.attempts += 1
        if isinstance(self.failure, Exception):
            raise self.failure
        if self.failure:
            return DeliveryResult(False, self.failure)
        self.shown.pop(banner.key, None)
        self.shown[banner.key] = banner
        return DeliveryResult(True, "a shelf")

    def withdraw(self, key: str) -> None:
        self.shown.pop(key, None)

    def finish(self, banner: Banner) -> None:
        if banner.key in self.shown:
            self.shown[banner.key] = banner

    def fileno(self) -> int | None:
        return self._ours.fileno()

    def take_events(self) -> list[ButtonPressed | Available]:
        if self._events:
            self._ours.recv(100)
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        self.closed = True
        self._ours.close()
        self._theirs.close()

    def happen(self, event: ButtonPressed | Available) -> None:
        """Let the desktop do something."""
        self._events.append(event)
        self._theirs.send(b"\0")


def logged(file: Path) -> dict[str, Any]:
    """The options of a notifier that writes into `file`."""
    log = LogFile(file).append
    return {"sinks": [AlertLog(log)], "log": log}


def banner(key: str = "k", title: str = "title", level: Level = Level.WARNING) -> Banner:
    return Banner(key, title, "body", level)


Reports = list[tuple[str, bool, str]]
Start = Callable[..., Notifier]


@pytest.fixture
def reports() -> Reports:
    return []


@pytest.fixture
def start(reports: Reports, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a notifier, in which time runs fast."""
    monkeypatch.setattr(notifier_module, "FIRST_RETRY_SECONDS", 0.02)
    started: list[Notifier] = []

    def start(*channels: Shelf, **options: object) -> Notifier:
        options.setdefault("on_delivered", lambda *report: reports.append(report))
        notifier = Notifier(channels, **options)  # type: ignore[arg-type]
        notifier.start()
        started.append(notifier)
        return notifier

    yield start
    for notifier in started:
        notifier.stop()
        assert not notifier.is_alive()


def test_the_first_channel_that_takes_it_shows_it(start: Start, reports: Reports) -> None:
    broken, good, spare = Shelf("no service"), Shelf(), Shelf()
    notifier = start(broken, good, spare)
    notifier.send(banner())
    wait_until(lambda: reports == [("k", True, "a shelf")])
    assert (broken.attempts, good.attempts, spare.attempts) == (1, 1, 0)
    assert notifier.status == good.status


def test_a_banner_that_no_channel_takes_is_tried_again(start: Start, reports: Reports) -> None:
    """Again and again, until it is shown; told once when it fails and once when it works."""
    shelf = Shelf("no service")
    start(shelf).send(banner())
    wait_until(lambda: shelf.attempts >= 3)
    shelf.failure = None
    wait_until(lambda: "k" in shelf.shown)
    wait_until(lambda: reports == [("k", False, "no service"), ("k", True, "a shelf")])


def test_only_the_newest_banner_of_a_key_is_tried_again(start: Start) -> None:
    shelf = Shelf("no service")
    notifier = start(shelf)
    for title in ("old", "older", "newest"):
        notifier.send(banner(title=title))
    notifier.send(banner("other"))
    wait_until(lambda: shelf.attempts >= 2)
    shelf.failure = None
    wait_until(lambda: len(shelf.shown) == 2)
    assert shelf.shown["k"].title == "newest"


def test_a_service_that_appears_gets_the_waiting_banner_at_once(
    start: Start, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the next attempt then."""
    monkeypatch.setattr(notifier_module, "FIRST_RETRY_SECONDS", 3600.0)
    shelf = Shelf("no service")
    start(shelf).send(banner())
    wait_until(lambda: reports)
    shelf.failure = None
    shelf.happen(Available())
    wait_until(lambda: "k" in shelf.shown)


def test_an_old_banner_is_given_up(
    start: Start, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier_module, "GIVE_UP_SECONDS", 0.1)
    shelf = Shelf("no service")
    start(shelf).send(banner())
    wait_until(lambda: len(reports) == 2)
    assert reports[-1] == ("k", False, "gave up after an hour: no service")
    attempts = shelf.attempts
    time.sleep(0.1)
    assert shelf.attempts == attempts


def test_a_withdrawn_banner_is_gone(start: Start, reports: Reports) -> None:
    """From the screen, and from what is tried again."""
    shelf = Shelf()
    notifier = start(shelf)
    notifier.send(banner("shown"))
    wait_until(lambda: "shown" in shelf.shown)
    shelf.failure = "no service"
    notifier.send(banner("waiting"))
    wait_until(lambda: len(reports) == 2)
    notifier.withdraw("shown")
    notifier.withdraw("waiting")
    wait_until(lambda: not shelf.shown)
    shelf.failure = None
    notifier.send(banner("last"))
    wait_until(lambda: list(shelf.shown) == ["last"])


def test_the_end_is_said_where_its_banner_is_and_nowhere_else(
    start: Start, reports: Reports
) -> None:
    shelf = Shelf()
    notifier = start(shelf)
    notifier.send(banner("shown"))
    wait_until(lambda: "shown" in shelf.shown)
    shelf.failure = "no service"
    notifier.send(banner("waiting"))
    wait_until(lambda: len(reports) == 2)
    for key in ("shown", "waiting", "unknown"):
        notifier.finish(banner(key, title="Over"))
    wait_until(lambda: shelf.shown["shown"].title == "Over")
    shelf.failure = None
    notifier.send(banner("last"))
    wait_until(lambda: "last" in shelf.shown)
    assert list(shelf.shown) == ["shown", "last"]


def test_a_pressed_button_reaches_the_application(start: Start) -> None:
    """Also the one after a button whose work has failed."""
    pressed: list[tuple[str, str]] = []

    def act(banner_key: str, action_key: str) -> None:
        pressed.append((banner_key, action_key))
        if action_key == "broken":
            raise RuntimeError("no such thing")

    shelf = Shelf()
    start(shelf, on_action=act)
    shelf.happen(ButtonPressed("k", "broken"))
    wait_until(lambda: len(pressed) == 1)
    shelf.happen(ButtonPressed("k", "trends"))
    wait_until(lambda: pressed == [("k", "broken"), ("k", "trends")])


def test_a_channel_that_raises_is_one_that_failed(start: Start, reports: Reports) -> None:
    spare = Shelf()
    notifier = start(Shelf(RuntimeError("a bug")), spare)
    notifier.send(banner())
    wait_until(lambda: "k" in spare.shown)
    notifier.send(banner("next"))
    wait_until(lambda: "next" in spare.shown)
    assert [shown for _, shown, _ in reports][:1] == [True]


def test_the_log_has_everything(start: Start, reports: Reports, tmp_path: Path) -> None:
    """What was sent, and why the desktop did not show it."""
    log = tmp_path / "memtray.log"
    start(Shelf("no service"), **logged(log)).send(banner(title="worker\ngrows"))
    wait_until(lambda: reports)
    lines = [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
    assert lines[:2] == [
        "warning: worker grows: body",
        "not shown on the desktop: worker grows: no service",
    ]


def test_without_any_channel_the_alert_is_in_the_log(start: Start, tmp_path: Path) -> None:
    notifier = start(**logged(tmp_path / "memtray.log"))
    notifier.send(banner())
    wait_until(lambda: (tmp_path / "memtray.log").exists())
    assert notifier.status == "no desktop notifications on this system"


def test_with_the_desktop_switched_off_only_the_log_hears(
    start: Start, reports: Reports, tmp_path: Path
) -> None:
    shelf = Shelf()
    log = tmp_path / "log"
    notifier = start(shelf, **logged(log))
    notifier.shows_on_desktop = False
    notifier.send(banner("quiet"))
    wait_until(lambda: log.exists() and "title" in log.read_text(), what="line in the log")
    notifier.shows_on_desktop = True
    notifier.send(banner("loud"))
    wait_until(lambda: reports, what="the other banner")
    assert [report[0] for report in reports] == ["loud"]


def test_too_many_at_once_keep_the_worst_and_newest(tmp_path: Path) -> None:
    """The queue is bounded; what falls out of it is told in the log."""
    shelf = Shelf()
    notifier = Notifier([shelf], **logged(tmp_path / "memtray.log"))
    notifier.send(banner("worst", level=Level.EMERGENCY))
    for number in range(100):
        notifier.send(banner(str(number)))
    notifier.start()
    wait_until(lambda: len(shelf.shown) == 64)
    assert list(shelf.shown) == ["worst", *(str(number) for number in range(37, 100))]
    assert "37 alerts were not shown: too many at once" in (tmp_path / "memtray.log").read_text()
    notifier.stop()


def test_stop_ends_the_thread_and_the_channels(start: Start) -> None:
    shelf = Shelf("no service")
    notifier = start(shelf)
    notifier.send(banner())
    notifier.stop()
    assert not notifier.is_alive()
    assert shelf.closed
    notifier.send(banner())  # Too late, but no error.
    never_started = Shelf()
    Notifier([never_started]).stop()
    assert never_started.closed


def test_a_button_may_stop_the_notifier(start: Start) -> None:
    """Quit from a banner: the thread does not wait for itself."""
    shelf = Shelf()
    stopped = threading.Event()

    def stop(_banner_key: str, _action_key: str) -> None:
        notifier.stop()
        stopped.set()

    notifier = start(shelf, on_action=stop)
    shelf.happen(ButtonPressed("k", "quit"))
    assert stopped.wait(10)
    notifier.join(10)
    assert not notifier.is_alive()


def test_a_notifier_with_nothing_to_do_sleeps(start: Start) -> None:
    """Nothing wakes it: it costs nothing to have."""
    notifier = start(Shelf())
    switches = Path(f"/proc/self/task/{wait_until(lambda: notifier.native_id)}/status")
    if not switches.exists():
        pytest.skip("only Linux tells how often a thread woke")

    def read() -> list[str]:
        return [line for line in switches.read_text().splitlines() if "ctxt_switches" in line]

    state = ""

    def asleep() -> bool:
        nonlocal state
        earlier, state = state, str(read())
        return state == earlier

    wait_until(asleep)
    time.sleep(0.3)
    assert str(read()) == state
