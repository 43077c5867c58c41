"""`memtray demo`: it shows a leak, and leaves nothing behind however it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.cli.test_main import REPOSITORY, Memtray
from tests.desktop.desktop import wait_until


class Demo:
    """A demo without a display, whose temporary files are in a folder that can be looked into."""

    def __init__(self, folder: Path, *arguments: str, temporary: str = "tmp") -> None:
        self.temporary = folder / temporary
        self.temporary.mkdir()
        env = {**Memtray(folder / "home").env, "TMPDIR": str(self.temporary)}
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "trayapp", "demo", *arguments],
            env=env,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []

    def wait_for_the_program(self) -> None:
        assert self.process.stdout
        self.lines.append(self.process.stdout.readline())
        assert "A small program has started" in self.lines[0], self.process.communicate()

    def processes(self) -> list[psutil.Process]:
        """Those that name the demo's folder, or have their files in it."""
        found = []
        for each in psutil.process_iter():
            try:
                words = [*each.cmdline(), each.environ().get("MEMTRAY_HOME", "")]
            except psutil.Error:
                continue
            if any(str(self.temporary) in word for word in words):
                found.append(each)
        return found

    def end(self) -> tuple[str, str]:
        output, errors = self.process.communicate(timeout=120)
        return "".join(self.lines) + output, errors

    def check_that_nothing_is_left(self) -> None:
        wait_until(lambda: not self.processes(), what="end of the demo's processes")
        wait_until(lambda: not list(self.temporary.iterdir()), what="end of the demo's files")


def test_the_demo_shows_growth_until_it_is_over(tmp_path: Path) -> None:
    demo = Demo(tmp_path, "--for", "30s", "--no-window")
    output, errors = demo.end()
    assert (demo.process.returncode, errors) == (0, "")
    assert re.search(
        r"(warning|critical|emergency): demo (keeps growing|is near its limit)", output
    )
    assert "The program has exited" in output
    assert "Resolved: demo" in output
    demo.check_that_nothing_is_left()
    assert not list((tmp_path / "home").iterdir()), "the person's files are left alone"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_demo_leaves_nothing_when_it_is_interrupted(
    tmp_path: Path, number: signal.Signals
) -> None:
    # A person's folder may be called anything; on Windows there is a "\\" in it anyway.
    demo = Demo(tmp_path, "--no-window", temporary='a "folder\\Users')
    demo.wait_for_the_program()
    assert len(demo.processes()) >= 2
    demo.process.send_signal(number)
    _output, errors = demo.end()
    assert errors == ""
    assert demo.process.returncode == {
        signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL,
    }[number]  # fmt: skip
    demo.check_that_nothing_is_left()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_demo_leaves_nothing_when_it_is_ended_at_its_start(
    tmp_path: Path, number: signal.Signals
) -> None:
    demo = Demo(tmp_path, "--no-window")
    wait_until(lambda: len(demo.processes()) >= 2, what="the demo's Memtray and program")
    demo.process.send_signal(number)
    demo.end()
    demo.check_that_nothing_is_left()


def test_a_second_interruption_does_not_keep_the_demo_from_cleaning_up(tmp_path: Path) -> None:
    demo = Demo(tmp_path, "--no-window")
    demo.wait_for_the_program()
    (memtray,) = (each for each in demo.processes() if "trayapp" in each.cmdline())
    memtray.suspend()  # it takes its time to end
    demo.process.send_signal(signal.SIGINT)
    wait_until(lambda: len(demo.processes()) == 1, what="end of the demo's program")
    for _ in range(3):
        demo.process.send_signal(signal.SIGINT)
        demo.process.send_signal(signal.SIGTERM)
    memtray.resume()
    _output, errors = demo.end()
    assert errors == ""
    assert demo.process.returncode == 130
    demo.check_that_nothing_is_left()


def test_a_demo_of_a_day_is_refused(tmp_path: Path) -> None:
    code, line = Memtray(tmp_path / "home").one_line_error("demo", "--for", "1d")
    assert (code, line) == (2, "memtray: --for must be 10s to 10min")
