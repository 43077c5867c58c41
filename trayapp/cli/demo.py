"""The demo: a leaking program, and a Memtray with files of its own that watches it.

The person's settings, history and running Memtray are left alone.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from trayapp.applet.children import memtray_command, package_parent
from trayapp.cli.demo_leak import BEGIN
from trayapp.control.client import call
from trayapp.domain.grouping.roles import DEMO_PROGRAM
from trayapp.domain.judging.trend import trend_figures
from trayapp.domain.records.levels import Level
from trayapp.errors import MemtrayError, NotRunningError
from trayapp.language.catalogue import _, spoken_language
from trayapp.language.units import format_duration, format_size
from trayapp.paths import LOCK_NAME, PROFILE_VARIABLE, current_paths, find_paths
from trayapp.platforms.claimed_name import claimed_by
from trayapp.settings.quoting import quote

NAME = "demo"
"""What the demo's Memtray calls the program."""
_MOST_BYTES = 256 << 20
_SHARE_OF_AVAILABLE = 8
"""The program takes at most this part of the memory that is available."""
_LIMIT_FACTOR = 1.05
_START_SECONDS = 30.0
_RESOLVE_SECONDS = 20.0
_END_SECONDS = 10.0
_WINDOW_SECONDS = 8.0
"""When the window opens: by then there is a line to see."""
_PROGRESS_SECONDS = 15.0
_ENDING_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


def run_demo(seconds: float, *, with_window: bool) -> int:
    """Run the demo to its end; main thread.

    Ctrl-C and SIGTERM end it early. Nothing of it is left: neither a process nor a file.

    Returns: 0.
    Raises: MemtrayError if the demo's Memtray does not come to run; KeyboardInterrupt, SystemExit.
    """
    most_bytes = _room_bytes()
    with (
        _ending_by_signal(),
        tempfile.TemporaryDirectory(prefix="memtray-demo-", ignore_cleanup_errors=True) as folder,
    ):
        demo = _Demo(Path(folder), seconds, most_bytes)
        try:
            demo.start_memtray()
            demo.start_leak()
            demo.follow(with_window=with_window and _has_display())
        finally:
            demo.close()
    _say_what_next()
    return 0


class _Demo:
    """The processes of a demo, and what was printed about them. Main thread."""

    def __init__(self, folder: Path, seconds: float, most_bytes: int) -> None:
        self._folder, self._seconds, self._most_bytes = folder, seconds, most_bytes
        self._home, self._program_file = folder / "home", folder / DEMO_PROGRAM
        self._env = {**os.environ, "MEMTRAY_HOME": str(self._home)}
        self._env.pop(PROFILE_VARIABLE, None)
        self._runtime = find_paths(self._env).runtime
        self._children: list[subprocess.Popen[bytes]] = []
        self._shown: dict[str, tuple[Level, str]] = {}
        """By key: the level and title of each incident that was printed and is open."""
        self._begun = time.monotonic()

    def start_memtray(self) -> None:
        """Start the demo's Memtray and wait for its first sample. Raises: MemtrayError.

        The program is started, too, but does not leak yet.
        """
        shutil.copyfile(Path(__file__).with_name("demo_leak.py"), self._program_file)
        self._home.mkdir(mode=0o700)
        (self._home / "memtray.toml").write_text(self._settings(), encoding="utf-8")
        # Two icons beside each other would only puzzle.
        self._is_second = _own_is_running()
        options = ["--headless"] if not _has_display() or self._is_second else []
        self._memtray = self._start(*memtray_command(), "start", *options)
        # It ends this Memtray should the demo be killed, also while that is starting.
        self._program = self._start(
            sys.executable, str(self._program_file), str(self._most_bytes), str(self._seconds),
            str(os.getpid()), str(self._memtray.pid), str(self._folder),
        )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while self._status().get("system") is None:
            if self._memtray.poll() is not None or time.monotonic() > deadline:
                raise MemtrayError(_("the demo's Memtray did not start; try `memtray doctor`"))
            time.sleep(0.2)

    def start_leak(self) -> None:
        """Let the program begin to leak, and say what will happen."""
        self._begun = time.monotonic()
        (self._folder / BEGIN).touch()
        self._say(
            _(
                "A small program has started (process {pid}). It leaks {size} in {time}, then "
                "exits. Ctrl-C ends the demo."
            ).format(
                pid=self._program.pid,
                size=format_size(self._most_bytes),
                time=format_duration(self._seconds),
            )
        )
        self._say(
            _("Memtray tracks it as “{name}”, with a limit of {size}.").format(
                name=NAME, size=format_size(self._limit_bytes)
            )
        )

        if self._is_second:
            text = _("The Memtray that runs already sees the program, too, as {name}.")
            self._say(text.format(name=DEMO_PROGRAM))

    def follow(self, *, with_window: bool) -> None:
        """Print what Memtray sees until the program has exited and its alerts are resolved."""
        progress_at = self._begun + min(_PROGRESS_SECONDS, self._seconds / 4)
        window_at = self._begun + _WINDOW_SECONDS if with_window else None
        while self._program.poll() is None:
            status = self._status()
            self._show_incidents(status)
            if window_at is not None and time.monotonic() >= window_at:
                window_at = None
                self._start(*memtray_command(), "details", NAME)
                self._say(_("A window shows its memory; the demo closes it at its end."))
            if time.monotonic() >= progress_at:
                progress_at += _PROGRESS_SECONDS
                self._show_size(status)
            time.sleep(0.5)
        self._say(_("The program has exited, and its memory is free again."))
        deadline = time.monotonic() + _RESOLVE_SECONDS
        while self._shown and time.monotonic() < deadline:
            self._show_incidents(self._status())
            time.sleep(0.5)

    def close(self) -> None:
        """End everything that was started, the program first; nothing interrupts this."""
        for number in _ENDING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(self._children):
            if child.poll() is None:
                child.terminate()
        for child in self._children:
            try:
                child.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    @property
    def _limit_bytes(self) -> int:
        return round(self._most_bytes * _LIMIT_FACTOR / (1 << 20)) << 20

    def _settings(self) -> str:
        hold_seconds = max(2, round(self._seconds / 6))
        return (
            '[sampling]\ninterval = "0.5s"\nadaptive = false\n'
            f'[ui]\nlanguage = "{spoken_language()}"\n'
            f'[growth]\nearly = true\nhold = "{hold_seconds}s"\n'
            "[leak]\nothers = false\n"
            '[alerts]\ngap = "5s"\nwarning_available = 0\n'
            f"[[targets]]\nname = {quote(NAME)}\nmatch = {quote(str(self._program_file))}\n"
            f"limit = {self._limit_bytes}\n"
        )

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            command,
            env=self._env,
            cwd=package_parent(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in this terminal is for the demo, which ends them.
            start_new_session=True,
        )
        self._children.append(child)
        return child

    def _status(self) -> Mapping[str, Any]:
        try:
            return call(self._runtime, "status")
        except MemtrayError:
            return {}

    def _show_incidents(self, status: Mapping[str, Any]) -> None:
        if "incidents" not in status:
            return
        found = {
            incident["key"]: incident
            for incident in status["incidents"]
            if incident["subject"] == NAME and incident["phase"] == "active"
        }
        for key, incident in found.items():
            level = Level[incident["level"].upper()]
            if level > self._shown.get(key, (Level.NORMAL, ""))[0]:
                self._say(
                    _("{level}: {title}. {body}").format(
                        level=level.said, title=incident["title"], body=incident["body"]
                    )
                )
            self._shown[key] = (level, incident["title"])
        for key in self._shown.keys() - found.keys():
            self._say(_("Resolved: {title}").format(title=self._shown.pop(key)[1]))

    def _show_size(self, status: Mapping[str, Any]) -> None:
        for target in status.get("targets", ()):
            if target["name"] == NAME and target["size_bytes"]:
                self._say(
                    _("{name}: {size} {trend}").format(
                        name=NAME,
                        size=format_size(target["size_bytes"]),
                        trend=trend_figures(target["slope_bytes_per_second"]),
                    )
                )

    def _say(self, text: str) -> None:
        seconds = int(time.monotonic() - self._begun)
        print(f"{seconds // 60}:{seconds % 60:02}  {text}", flush=True)


def _say_what_next() -> None:
    print(_("The demo is over; nothing of it is left."))
    print(
        _(
            "To watch a program of your own: choose “Track a process…” in the menu of the icon, "
            "or run it with a limit: memtray run --high 500M -- COMMAND"
        )
    )


def _room_bytes() -> int:
    """Return what the program may take on this machine."""
    from trayapp.readers.system import open_system_reader

    available = open_system_reader().read().available_bytes
    return min(_MOST_BYTES, max(8 << 20, available // _SHARE_OF_AVAILABLE))


def _has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY"))


def _own_is_running() -> bool:
    runtime = current_paths().runtime
    if claimed_by(runtime / LOCK_NAME) is not None:
        return True
    try:
        call(runtime, "status", timeout_seconds=1.0)
    except NotRunningError:
        return False
    except MemtrayError:
        pass
    return True


@contextmanager
def _ending_by_signal() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the demo as Ctrl-C does, so that it cleans up."""

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {number: signal.getsignal(number) for number in _ENDING_SIGNALS}
    for number in before.keys() - {signal.SIGINT}:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
