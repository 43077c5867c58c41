"""The live lines of a terminal without a tray."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import threading
from collections.abc import Callable

from tests.desktop.desktop import wait_until
from tests.domain.building import frame, target
from trayapp.applet.terminal import LiveLines, live_lines
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import View


def view(size_mib: float = 100) -> View:
    monitor = Monitor(MonitorRules(targets=(TargetRule(name="app", match="a"),)))
    return monitor.judge_frame(frame(0, target("app", size_mib)), Quiet()).view


def test_there_is_a_line_for_the_machine_each_target_and_memtray() -> None:
    machine, app, itself = live_lines(view())
    assert "Memory 50%" in machine
    assert app.startswith("  app  ")
    assert "100 MiB" in app
    assert "Memtray itself" in itself


def test_on_a_terminal_the_lines_are_redrawn_in_place() -> None:
    master, slave = pty.openpty()
    with os.fdopen(master, "rb", buffering=0) as screen, os.fdopen(slave, "w") as stream:
        live = LiveLines(stream, env={"TERM": "xterm"})
        live.start()
        seen = bytearray()

        def shows(text: bytes) -> Callable[[], bool]:
            def look() -> bool:
                seen.extend(os.read(screen.fileno(), 4096))
                return text in seen

            return look

        live.show(view(100))
        wait_until(shows(b"100 MiB"), what="first picture")
        live.show(view(200))
        wait_until(shows(b"200 MiB"), what="second picture")
        assert b"\x1b[3F\x1b[J" in seen
        # A line of somebody else's stays: what follows is drawn below it.
        live.print_between(lambda: os.write(slave, b"an alert\r\n"))
        live.show(view(300))
        wait_until(shows(b"300 MiB"), what="third picture")
        assert b"\x1b[" not in seen.partition(b"an alert")[2]
        live.stop()


def test_a_stopped_terminal_keeps_nobody_from_going_on() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    with os.fdopen(reading, "rb", buffering=0) as screen, os.fdopen(writing, "w") as stream:
        live = LiveLines(stream, env={})
        live.start()
        live.show(view())
        wait_until(live._printing.locked, what="print")
        printed: list[int] = []
        notifier = threading.Thread(
            target=live.print_between, args=(lambda: printed.append(1),), daemon=True
        )
        notifier.start()
        notifier.join(30)
        assert not notifier.is_alive()
        assert not printed
        # Read on, it goes on.
        reader = threading.Thread(target=screen.readall)
        reader.start()
        live.stop()
        stream.close()
        reader.join()


def test_elsewhere_there_are_no_control_sequences_and_no_flood() -> None:
    stream = io.StringIO()
    live = LiveLines(stream, env={})
    live.start()
    for _ in range(50):
        live.show(view())
    wait_until(lambda: "Memtray itself" in stream.getvalue(), what="lines")
    live.stop()
    assert stream.getvalue().count("Memtray itself") == 1
    assert "\x1b" not in stream.getvalue()
