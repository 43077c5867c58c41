"""`memtray doctor`: everything Memtray needs on this machine, looked at one by one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata, util
from typing import Literal

from trayapp import __version__
from trayapp.errors import MemtrayError, NotRunningError
from trayapp.paths import Paths

_MARKS = {"good": "✓", "note": "•", "bad": "✗"}
_PACKAGES = ("psutil", "Pillow", "pystray", "plyer", "matplotlib")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    result: Literal["good", "note", "bad"]
    """"note": works without, but the person should know."""
    text: str

    @property
    def mark(self) -> str:
        """A sign that needs no colour."""
        return _MARKS[self.result]


def examine(paths: Paths, env: Mapping[str, str]) -> list[Check]:
    """Look at everything; a check that cannot be made is told as such and hides no other."""
    checks: list[Check] = []
    for name, look in _LOOKS:
        try:
            checks += [Check(name, *found) for found in look(paths, env)]
        except (MemtrayError, OSError) as error:
            checks.append(Check(name, "bad", str(error)))
    return checks


Found = tuple[Literal["good", "note", "bad"], str]


def _python(_paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    version = sys.version.split()[0]
    yield "good", f"Memtray {__version__} on Python {version}, {sys.platform}"


def _packages(_paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    wanted = [*_PACKAGES, *(["jeepney"] if sys.platform == "linux" else [])]
    missing, found = [], []
    for name in wanted:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        yield "bad", f"missing: {', '.join(missing)}; install Memtray again with packaging/run"
    yield "good", ", ".join(found)


def _settings(paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.settings import parse_settings

    file = paths.settings_file
    if not file.exists():
        yield "note", f"{file} is written at the first start"
        return
    settings = parse_settings(file.read_text(encoding="utf-8", errors="replace"), str(file))
    yield "good", f"{file}: {len(settings.targets)} targets"


def _history(paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.history.reader import HistoryReader

    if not paths.history_file.exists():
        yield "note", f"{paths.history_file} is written once Memtray runs"
        return
    with HistoryReader(paths.history_file) as reader:
        yield "good", f"{paths.history_file}: {len(reader.series())} series"


def _applet(paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.control.client import call

    try:
        told = call(paths.runtime, "status")
    except NotRunningError:
        yield "note", "not running"
        return
    app = told.get("app")
    pid = app.get("pid") if isinstance(app, dict) else None
    yield "good", "running" if pid is None else f"running as process {pid}"


def _tray(_paths: Paths, env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.tray.backends import choose_backend

    try:
        backend = choose_backend(env, sys.platform)
    except MemtrayError as error:
        yield "note", f"{error}; Memtray runs in the terminal"
        return
    if backend.visible is False:
        yield (
            "note",
            f"{backend.reason} (GNOME shows icons with the extension "
            '"AppIndicator and KStatusNotifierItem Support")',
        )
    else:
        yield "good", f"{backend.name}: {backend.reason}"


def _notifications(_paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.delivery.channels import find_channels

    channel = find_channels()[0]
    try:
        channel.prepare()
        shown = channel.status.startswith("notifications by")
        text = "" if shown else "; alerts still reach the menu, the terminal and the log"
        yield "good" if shown else "note", channel.status + text
    finally:
        channel.close()


def _windows(_paths: Paths, env: Mapping[str, str]) -> Iterator[Found]:
    if util.find_spec("tkinter") is None or util.find_spec("_tkinter") is None:
        yield "note", "Python has no Tk; trends open as pictures (Debian: apt install python3-tk)"
    elif sys.platform == "linux" and not env.get("DISPLAY"):
        yield "note", "no display; `memtray trends --save FILE.png` works"
    else:
        yield "good", "Tk is there"


def _pressure(_paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.domain.tray import system_line
    from trayapp.readers.system import open_system_reader

    sample = open_system_reader().read()
    yield "good", system_line(sample)
    if sys.platform == "linux" and sample.stall_full_percent is None:
        yield "note", "this kernel does not tell pressure stall (CONFIG_PSI)"


def _autostart(_paths: Paths, env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.platforms import current_platform

    on = current_platform(env).autostart_status()
    yield "good", "starts at login" if on else "does not start at login (memtray autostart on)"


_LOOKS: tuple[tuple[str, Callable[[Paths, Mapping[str, str]], Iterator[Found]]], ...] = (
    ("version", _python),
    ("packages", _packages),
    ("settings", _settings),
    ("history", _history),
    ("applet", _applet),
    ("tray", _tray),
    ("notifications", _notifications),
    ("windows", _windows),
    ("memory", _pressure),
    ("login", _autostart),
)
