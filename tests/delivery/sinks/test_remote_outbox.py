"""What the applet does for remote channels: when it starts which child, and what it says."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

import pytest

from tests.delivery.telling import transition
from trayapp.delivery.sinks.remote import Outbox, RemoteChannel
from trayapp.delivery.spool import Spool
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.records.levels import Level

MAIL, CHAT = RemoteChannel(name="mail"), RemoteChannel(name="chat")
NOW = 1_800_000_000.0


class Child:
    """One run of `memtray deliver`, as the test wants it to go."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.code: int | None = None
        self.said = ""
        self.was_killed = self.was_ended = False

    def poll(self) -> int | None:
        return self.code

    def complaint(self) -> str:
        return self.said

    def kill(self) -> None:
        self.was_killed = True

    def end(self) -> None:
        self.was_ended = True


class Bench:
    """An outbox whose clock and children the test moves by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds = 1000.0
        self.children: list[Child] = []
        self.refuses_to_start = False
        self.outbox = self.restart()

    def restart(self, *channels: RemoteChannel) -> Outbox:
        self.outbox = Outbox(
            self.folder,
            self._start,
            clock=lambda: self.seconds,
            wall_clock=lambda: NOW + self.seconds,
        )
        self.outbox.set_channels(channels)
        return self.outbox

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.outbox.tick()

    def running(self) -> list[str]:
        return [child.channel for child in self.children if child.code is None]

    def last(self, channel: str) -> Child:
        return next(child for child in reversed(self.children) if child.channel == channel)

    def finish(self, channel: str, code: int, said: str = "") -> None:
        """The channel's child ends; with 0 it has sent everything."""
        child = self.last(channel)
        assert child.code is None
        if code == 0:
            spool = Spool(self.folder)
            spool.remove(channel, spool.entries(channel))
        child.code, child.said = code, said
        self.outbox.tick()

    def waiting(self, channel: str) -> list[Transition | None]:
        spool = Spool(self.folder)
        return [spool.read(channel, entry) for entry in spool.entries(channel)]

    def _start(self, channel: str) -> Child:
        if self.refuses_to_start:
            raise OSError(11, "Resource temporarily unavailable")
        self.children.append(Child(channel))
        return self.children[-1]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "outbox")


def test_nothing_is_started_for_nothing(bench: Bench) -> None:
    bench.restart(MAIL, CHAT)
    bench.wait(3600)
    assert bench.children == []
    assert not bench.folder.exists()


def test_each_channel_has_a_child_of_its_own_and_only_one(bench: Bench) -> None:
    outbox = bench.restart(MAIL, CHAT)
    for number in range(3):
        outbox.send(transition(number))
        bench.wait(1)
    assert bench.running() == ["mail", "chat"]


def test_a_channel_gets_what_it_wants(bench: Bench) -> None:
    quiet = RemoteChannel(name="quiet", level=Level.CRITICAL, resolved=False)
    outbox = bench.restart(MAIL, quiet)
    warning, critical = transition(1), transition(2, kind="escalated", level=Level.CRITICAL)
    over = transition(3, kind="resolved", level=Level.CRITICAL)
    for each in (warning, critical, over):
        outbox.send(each)
    assert bench.waiting("mail") == [warning, critical, over]
    assert bench.waiting("quiet") == [critical]


def test_a_dead_channel_does_not_delay_another(bench: Bench) -> None:
    outbox = bench.restart(MAIL, CHAT)
    for number in range(100):
        outbox.send(transition(number))
        if "mail" in bench.running():
            bench.finish("mail", 1)
        bench.finish("chat", 0)
        bench.wait(10)
    assert bench.waiting("chat") == []
    assert len(bench.waiting("mail")) == 100
    assert len(bench.children) < 110


def test_it_is_tried_again_ever_more_rarely(bench: Bench) -> None:
    outbox = bench.restart(MAIL)
    outbox.send(transition(1))
    for wait in (30, 60, 120, 300, 600, 600):
        bench.finish("mail", 1)
        bench.wait(wait - 1)
        outbox.send(transition(2))
        assert bench.running() == []
        bench.wait(1)
        assert bench.running() == ["mail"]


def test_after_success_all_is_as_at_first(bench: Bench) -> None:
    outbox = bench.restart(MAIL)
    outbox.send(transition(1))
    for wait in (30, 60):
        bench.finish("mail", 1)
        bench.wait(wait)
    bench.finish("mail", 0)
    assert bench.running() == []
    outbox.send(transition(2))
    assert bench.running() == ["mail"]
    bench.finish("mail", 1)
    bench.wait(30)
    assert bench.running() == ["mail"]


def test_what_came_while_a_child_sent_is_sent_next(bench: Bench) -> None:
    outbox = bench.restart(MAIL)
    outbox.send(transition(1))
    outbox.send(transition(2))
    spool = Spool(bench.folder)
    spool.remove("mail", spool.entries("mail")[:1])
    bench.last("mail").code = 0
    outbox.tick()
    assert bench.running() == ["mail"]
    assert len(bench.children) == 2


def test_a_child_that_sends_nothing_is_not_started_over_and_over(bench: Bench) -> None:
    outbox = bench.restart(MAIL)
    outbox.send(transition(1))
    bench.last("mail").code = 0
    for _ in range(10):
        bench.wait(1)
    assert len(bench.children) == 1


def test_an_hour_offline_loses_nothing(bench: Bench) -> None:
    """Nor its order, with a restart in the middle."""
    outbox = bench.restart(MAIL)
    told = [transition(number) for number in range(60)]
    for number, each in enumerate(told):
        outbox.send(each)
        for _ in range(6):
            if bench.running():
                bench.finish("mail", 1, "its host was not found")
            bench.wait(10)
        if number == 30:
            outbox.close()
            outbox = bench.restart(MAIL)
    assert bench.waiting("mail") == told
    bench.wait(600)
    bench.finish("mail", 0)
    assert outbox.problems == ()


def test_what_an_earlier_run_left_is_sent_at_the_start(bench: Bench) -> None:
    bench.restart(MAIL).send(transition(1))
    bench.outbox.close()
    assert bench.last("mail").was_ended
    bench.children.clear()
    bench.restart(MAIL)
    bench.wait(0)
    assert bench.running() == ["mail"]


def test_what_cannot_work_is_told_once_and_tried_rarely(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = bench.restart(MAIL)
    outbox.send(transition(1))
    for _ in range(3):
        bench.finish("mail", 2, "Apprise is missing; pip install it")
        bench.wait(599)
        assert bench.running() == []
        bench.wait(1)
    told = "Alerts do not reach 'mail': Apprise is missing; pip install it"
    assert caplog.messages == [told]
    assert list(outbox.problems) == [told]
    bench.finish("mail", 0)
    assert caplog.messages[1:] == ["alerts reach 'mail' again"]
    assert list(outbox.problems) == []


def test_what_a_child_says_is_one_plain_line(bench: Bench) -> None:
    outbox = bench.restart(MAIL)
    outbox.send(transition(1))
    bench.finish("mail", 1, "a\nb\x1b[2J" + "x" * 10_000)
    (problem,) = outbox.problems
    assert problem.isprintable()
    assert len(problem) < 600


def test_a_child_that_hangs_is_ended_and_counts_as_a_failure(bench: Bench) -> None:
    outbox = bench.restart(MAIL)
    outbox.send(transition(1))
    bench.wait(599)
    assert not bench.last("mail").was_killed
    bench.wait(1)
    assert bench.last("mail").was_killed
    bench.finish("mail", -9)
    assert outbox.problems == ("Alerts do not reach 'mail': took longer than 10 minutes",)
    bench.wait(30)
    assert bench.running() == ["mail"]


def test_a_child_that_cannot_be_started_is_tried_again(bench: Bench) -> None:
    bench.refuses_to_start = True
    outbox = bench.restart(MAIL)
    outbox.send(transition(1))
    (problem,) = outbox.problems
    assert "cannot start a process" in problem
    bench.refuses_to_start = False
    bench.wait(30)
    assert bench.running() == ["mail"]


def test_new_settings_are_a_new_chance(bench: Bench) -> None:
    outbox = bench.restart(MAIL)
    outbox.send(transition(1))
    bench.finish("mail", 2, "Apprise does not know this kind of address")
    outbox.set_channels([MAIL])
    assert outbox.problems == ()
    outbox.tick()
    assert bench.running() == ["mail"]


def test_a_channel_that_is_removed_is_let_go(bench: Bench) -> None:
    outbox = bench.restart(MAIL, CHAT)
    outbox.send(transition(1))
    outbox.set_channels([CHAT])
    assert bench.last("mail").was_killed
    assert not bench.last("chat").was_killed
    outbox.send(transition(2))
    assert len(bench.waiting("mail")) == 1
    outbox.close()
    assert bench.last("mail").was_ended


def test_what_is_a_day_old_is_dropped_and_told(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = bench.restart(MAIL)
    outbox.send(transition(1, wall_seconds=NOW))
    outbox.send(transition(2, wall_seconds=NOW + 50_000))
    bench.finish("mail", 1, "the connection was refused")
    bench.wait(86_000)
    assert bench.waiting("mail") == [transition(2, wall_seconds=NOW + 50_000)]
    assert "1 alerts were not sent for a day and are dropped" in caplog.messages


def test_too_many_are_told_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    outbox = bench.restart(MAIL)
    for number in range(510):
        outbox.send(transition(number))
    assert len(bench.waiting("mail")) == 500
    assert len(caplog.messages) == 1


def test_a_disk_that_takes_nothing_is_logged_and_nothing_else(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.folder.write_text("in the way")
    outbox = bench.restart(MAIL)
    outbox.send(transition(1))
    bench.wait(1000)
    assert bench.children == []
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@pytest.mark.parametrize("channels", [0, 20])
def test_looking_costs_nothing_while_nothing_waits(bench: Bench, channels: int) -> None:
    outbox = bench.restart(*(RemoteChannel(name=str(number)) for number in range(channels)))
    durations = []
    for _ in range(500):
        started = time.perf_counter()
        outbox.tick()
        durations.append(time.perf_counter() - started)
    assert min(durations) < 100e-6


def test_keeping_leaves_no_descriptor_open(bench: Bench) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    outbox = bench.restart(MAIL)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted, no paths
    for number in range(20):
        outbox.send(transition(number))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
