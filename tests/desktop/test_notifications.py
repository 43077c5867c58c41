"""Banners on a real desktop: shown by real services, seen on the bus and clicked on the screen."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.desktop import Notification, VirtualDesktop, wait_until
from trayapp.delivery.banner import Banner
from trayapp.delivery.notifier import Notifier
from trayapp.delivery.sinks import freedesktop as linux
from trayapp.delivery.sinks.freedesktop import FreedesktopNotifications
from trayapp.delivery.sinks.log import AlertLog, LogFile
from trayapp.domain.records.levels import Level

pytestmark = pytest.mark.desktop

ACTIONS = (("trends", "Trends"), ("cleanup", "Free memory"), ("snooze", "Snooze 1 h"))
Reports = list[tuple[str, bool, str]]


def banner(key: str, title: str, body: str = "body", level: Level = Level.WARNING) -> Banner:
    return Banner(key, title, body, level, ACTIONS)


@contextlib.contextmanager
def notifying(
    desktop: VirtualDesktop, log: LogFile | None = None
) -> Iterator[tuple[Notifier, Reports, list[tuple[str, str]]]]:
    """A notifier on that desktop, with what it reports and which buttons it hears of."""
    reports: Reports = []
    pressed: list[tuple[str, str]] = []
    notifier = Notifier(
        [FreedesktopNotifications(env=desktop.env)],
        sinks=[AlertLog(log.append)] if log else [],
        log=log.append if log else print,
        on_action=lambda *action: pressed.append(action),
        on_delivered=lambda *report: reports.append(report),
    )
    notifier.start()
    try:
        yield notifier, reports, pressed
    finally:
        notifier.stop()
        assert not notifier.is_alive()


def shown(desktop: VirtualDesktop, count: int) -> list[Notification]:
    """All that was ever shown, once it is so many."""
    wait_until(lambda: len(desktop.notifications()) >= count, what=f"{count} notifications")
    notifications = desktop.notifications()
    assert len(notifications) == count
    return notifications


@contextlib.contextmanager
def dunst(desktop: VirtualDesktop) -> Iterator[subprocess.Popen[bytes]]:
    """A notification service that a test can stop and kill."""
    process = desktop.launch("dunst", stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("service", ["dunst", "xfce4-notifyd"])
def test_banners_are_shown_replaced_and_withdrawn(service: str) -> None:
    """Text, urgency, buttons and duration arrive; the same key is the same banner on the screen."""
    with (
        VirtualDesktop(tray=None, notifier=service) as desktop,
        notifying(desktop) as (notifier, reports, _),
    ):
        notifier.send(banner("system", "Memory is low", "85 % in use\n2 GiB left"))
        notifier.send(banner("worker", "worker grows", level=Level.CRITICAL))
        first, second = shown(desktop, 2)
        assert (first.app_name, first.title) == ("Memtray", "Memory is low")
        assert first.body == "85 % in use\n2 GiB left"
        assert (first.urgency, first.timeout_ms) == ("normal", -1)
        assert first.hints["suppress-sound"].value
        assert first.actions == dict(ACTIONS)
        assert second.urgency == "critical"

        notifier.send(banner("system", "Memory is almost full", level=Level.EMERGENCY))
        third = shown(desktop, 3)[2]
        assert (third.id, third.replaces) == (first.id, first.id)
        assert (third.urgency, third.timeout_ms) == ("critical", 0)
        assert not third.hints["suppress-sound"].value
        assert [entry.closed for entry in desktop.notifications()] == ["replaced", None, None]

        notifier.withdraw("system")
        wait_until(lambda: desktop.notifications()[2].closed == "withdrawn")
        assert desktop.notifications()[1].closed is None
        notifier.send(banner("system", "Memory is low again"))
        assert shown(desktop, 4)[3].replaces == 0

        notifier.finish(Banner("worker", "Over: worker grows", "body", Level.NORMAL))
        over = shown(desktop, 5)[4]
        assert (over.id, over.replaces) == (second.id, second.id)
        assert (over.urgency, over.timeout_ms, over.actions) == ("low", -1, {})
        notifier.finish(banner("unknown", "Over: something else", level=Level.NORMAL))

        wait_until(lambda: len(reports) == 4)
        assert all(delivered for _, delivered, _ in reports)
        assert notifier.status.startswith("notifications through ")
        notifier.stop()
        closed = ["replaced", "replaced", "withdrawn", "withdrawn", "withdrawn"]
        wait_until(lambda: [entry.closed for entry in desktop.notifications()] == closed)


def test_pressed_buttons_are_heard() -> None:
    """Every button, clicked as a person would, comes back with the banner it belongs to."""
    with (
        VirtualDesktop(tray=None, notifier="xfce4-notifyd") as desktop,
        notifying(desktop) as (notifier, _, pressed),
    ):
        for place, (key, _) in enumerate(ACTIONS):
            target = f"target {place}"
            box = desktop.window_after(
                lambda target=target: notifier.send(banner(target, f"{target} grows"))  # type: ignore[misc]
            )
            # The buttons are in a row at the bottom right, 98 pixels apart.
            right, bottom = box.x + box.width, box.y + box.height
            desktop.click(right - 59 - 98 * (2 - place), bottom - 31)
            wait_until(lambda: len(pressed) > place, what=f"button {key}")  # noqa: B023 - used here
            assert pressed[-1] == (target, key)
            wait_until(lambda: desktop.notifications()[-1].closed)
            desktop.hover(10, 400)


@pytest.mark.parametrize("service", ["dunst", "xfce4-notifyd"])
def test_hostile_names_are_only_text(service: str) -> None:
    """No name of a process is markup, an option, or the end of Memtray."""
    names = {
        "<b>x</b> & <img src='file:///etc/passwd'>": "&lt;b&gt;x&lt;/b&gt; &amp; "
        "&lt;img src='file:///etc/passwd'&gt;",
        "--urgency=low": "--urgency=low",
        "two\nlines": "two\nlines",
        "nul\0inside": "nul inside",
        "\x1b[31m\udcff": "�[31m�",
        "\u202egpj.exe": "gpj.exe",
        "x" * 65536: "x" * 999 + "…",
    }
    with (
        VirtualDesktop(tray=None, notifier=service) as desktop,
        notifying(desktop) as (notifier, reports, _),
    ):
        for number, name in enumerate(names):
            notifier.send(banner("system", name, name))
            wait_until(lambda: len(reports) > number, what=f"banner {number}")  # noqa: B023 - used here
        entries = shown(desktop, len(names))
        assert [entry.body for entry in entries] == list(names.values())
        titles = [entry.title for entry in entries]
        assert titles[:3] == [next(iter(names)), "Memtray: --urgency=low", "two lines"]
        assert all(len(title) <= 150 for title in titles)
        assert {entry.urgency for entry in entries} == {"normal"}
        assert len({entry.id for entry in entries}) == 1


def test_a_missing_service_is_said_and_waited_for(tmp_path: Path) -> None:
    """The alert is in the log at once, and on the screen as soon as a service starts."""
    with (
        VirtualDesktop(tray=None, notifier=None) as desktop,
        notifying(desktop, LogFile(tmp_path / "log")) as (notifier, reports, _),
    ):
        notifier.send(banner("system", "Memory is low"))
        wait_until(lambda: reports)
        assert reports == [("system", False, "no notification service on the session bus")]
        assert notifier.status == "no notification service on the session bus"
        assert "warning: Memory is low" in (tmp_path / "log").read_text()
        with dunst(desktop):
            assert shown(desktop, 1)[0].title == "Memory is low"
            wait_until(lambda: len(reports) == 2)
            assert reports[-1][:2] == ("system", True)
            assert notifier.status.startswith("notifications through dunst 1.")


def test_a_hanging_service_stalls_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for once and briefly; when it goes on, each banner is shown exactly once."""
    monkeypatch.setattr(linux, "CALL_LIMIT_SECONDS", 0.5)
    log = tmp_path / "log"
    with (
        VirtualDesktop(tray=None, notifier=None) as desktop,
        dunst(desktop) as service,
        notifying(desktop, LogFile(log)) as (notifier, reports, _),
    ):
        wait_until(lambda: "dunst" in notifier.status)
        service.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        notifier.send(banner("a", "first"))
        wait_until(lambda: reports)
        for number in range(10):
            notifier.send(banner(f"b{number}", "more"))
        notifier.send(banner("gone", "withdrawn meanwhile"))
        notifier.withdraw("gone")
        wait_until(lambda: len(reports) >= 11)
        # Twice the limit, not twelve times; the rest is for a slow machine.
        assert time.monotonic() - started < 4
        assert {(delivered, reason[:50]) for _, delivered, reason in reports} == {
            (False, "the notification service does not answer within 0.")
        }
        assert log.read_text().count("warning: more") == 10
        service.send_signal(signal.SIGCONT)
        wait_until(lambda: sum(delivered for _, delivered, _ in reports) == 11)
        titles = [entry.title for entry in shown(desktop, 11)]
        assert sorted(titles) == ["first"] + ["more"] * 10
        assert notifier.status.startswith("notifications through dunst")


def test_a_banner_withdrawn_while_the_service_hangs_does_not_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(linux, "CALL_LIMIT_SECONDS", 0.3)
    with (
        VirtualDesktop(tray=None, notifier=None) as desktop,
        dunst(desktop) as service,
        notifying(desktop) as (notifier, reports, _),
    ):
        wait_until(lambda: "dunst" in notifier.status)
        service.send_signal(signal.SIGSTOP)
        notifier.send(banner("system", "Memory is low"))
        wait_until(lambda: reports)
        notifier.withdraw("system")
        service.send_signal(signal.SIGCONT)
        wait_until(lambda: [entry.closed for entry in desktop.notifications()] == ["withdrawn"])


def test_a_restarted_service_is_found_again() -> None:
    """Numbers of the earlier run are forgotten: they may be anybody's by now."""
    with (
        VirtualDesktop(tray=None, notifier=None) as desktop,
        notifying(desktop) as (notifier, reports, _),
    ):
        for run in (1, 2):
            with dunst(desktop):
                wait_until(lambda: "dunst" in notifier.status)
                notifier.send(banner("system", f"run {run}"))
                wait_until(lambda: len(reports) == run)  # noqa: B023 - used here
                assert reports[-1][:2] == ("system", True)
                assert shown(desktop, run)[-1].replaces == 0
            wait_until(lambda: notifier.status == "no notification service on the session bus")


def test_a_bus_that_ends_and_comes_back_is_found_again(tmp_path: Path) -> None:
    """Also where there never was one, Memtray only says so."""
    bus_socket = tmp_path / "bus"
    channel = FreedesktopNotifications(env={"DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus_socket}"})
    absent = "no notifications: the D-Bus session bus cannot be reached: No such file or directory"
    assert channel.send(banner("k", "t")).reason == absent
    for _ in range(2):
        command = ["dbus-daemon", "--session", f"--address=unix:path={bus_socket}", "--nofork"]
        with subprocess.Popen(command, env={"PATH": os.environ["PATH"]}) as bus:
            try:
                wait_until(bus_socket.exists)
                wait_until(lambda: channel.send(banner("k", "t")).reason != absent)
                assert channel.fileno() is not None
            finally:
                bus.terminate()
        wait_until(lambda: channel.take_events() or channel.fileno() is None)
        assert channel.status.startswith("no notifications: ")
        bus_socket.unlink(missing_ok=True)
    channel.close()


@pytest.mark.parametrize(
    ("service", "keys"), [("dunst", ["default", "trends"]), ("xfce4-notifyd", ["trends"])]
)
def test_a_click_on_the_banner_itself_is_an_action_but_no_second_button(
    service: str, keys: list[str]
) -> None:
    """Xfce shows a button even for it, which then stands there twice."""
    with VirtualDesktop(tray=None, notifier=service) as desktop:
        channel = FreedesktopNotifications(env=desktop.env)
        actions = (("default", "Trends"), ("trends", "Trends"))
        channel.send(Banner("k", "t", "b", Level.WARNING, actions))
        (shown,) = wait_until(desktop.notifications)
        assert list(shown.actions) == keys
        channel.close()
