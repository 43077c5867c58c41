"""`memtray doctor`: everything Memtray needs on this machine, looked at one by one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata, util
from typing import Literal

from trayapp import __version__
from trayapp.domain.language import N_, _, listed, ngettext
from trayapp.errors import MemtrayError, NotRunningError, SettingsError
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
    text = _("Memtray {version} on Python {python}, {system}")
    yield "good", text.format(version=__version__, python=version, system=sys.platform)


def _packages(_paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    wanted = [*_PACKAGES, *(["jeepney"] if sys.platform == "linux" else [])]
    missing, found = [], []
    for name in wanted:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        text = _("missing: {names}; install Memtray again with packaging/run")
        yield "bad", text.format(names=listed(missing))
    yield "good", ", ".join(found)


def _settings(paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.settings import parse_settings

    file = paths.settings_file
    if not file.exists():
        yield "note", _("{file} is written at the first start").format(file=file)
        return
    settings = parse_settings(file.read_text(encoding="utf-8", errors="replace"), str(file))
    count = len(settings.targets)
    text = ngettext("{file}: {count} target", "{file}: {count} targets", count)
    yield "good", text.format(file=file, count=count)


def _history(paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.history.reader import HistoryReader

    if not paths.history_file.exists():
        yield "note", _("{file} is written once Memtray runs").format(file=paths.history_file)
        return
    with HistoryReader(paths.history_file) as reader:
        text = _("{file}: {count} series")
        yield "good", text.format(file=paths.history_file, count=len(reader.series()))


def _applet(paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.control.client import call

    try:
        told = call(paths.runtime, "status")
    except NotRunningError:
        yield "note", _("not running")
        return
    app = told.get("app")
    pid = app.get("pid") if isinstance(app, dict) else None
    yield "good", _("running") if pid is None else _("running as process {pid}").format(pid=pid)


def _targets(paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    """Targets that match nothing: by what the applet knows of them, else by one look."""
    from trayapp.control.client import call
    from trayapp.matching import unmatched_targets

    try:
        told = call(paths.runtime, "status").get("targets")
        targets = told if isinstance(told, list) else []
        unmatched = [
            (each["name"], each["unmatched_text"]) for each in targets if each.get("unmatched_text")
        ]
    except NotRunningError:
        unmatched = list(unmatched_targets())
    for name, text in unmatched:
        yield "note", _("{name}: {text}").format(name=name, text=text)
    if not unmatched:
        yield "good", _("none is waiting for its first process")


def _tray(_paths: Paths, env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.tray.backends import choose_backend

    try:
        backend = choose_backend(env, sys.platform)
    except MemtrayError as error:
        yield "note", _("{problem}; Memtray runs in the terminal").format(problem=error)
        return
    if backend.visible is False:
        text = _(
            "{problem} (GNOME shows icons with the extension "
            '"AppIndicator and KStatusNotifierItem Support")'
        )
        yield "note", text.format(problem=backend.reason)
    else:
        yield "good", f"{backend.name}: {backend.reason}"


def _notifications(_paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.delivery.channels import find_channels

    channel = find_channels()[0]
    try:
        channel.prepare()
        if channel.is_ready:
            yield "good", channel.status
        else:
            text = _("{problem}; alerts still reach the menu, the terminal and the log")
            yield "note", text.format(problem=channel.status)
    finally:
        channel.close()


def _channels(paths: Paths, env: Mapping[str, str]) -> Iterator[Found]:
    """Each remote channel as far as it can be judged without sending; hooks by their programs."""
    if not paths.settings_file.exists():
        return
    from trayapp.delivery.remote import check_address, find_address
    from trayapp.settings import load_settings

    try:
        settings = load_settings(paths.settings_file)
    except SettingsError:
        return  # It is told as such.
    if settings.problem:
        yield "bad", settings.problem
    for channel in settings.channels:
        try:
            check_address(find_address(channel.url, channel.url_env, channel.url_keyring, env))
            yield "good", _("{name} can be sent to").format(name=channel.name)
        except MemtrayError as error:
            text = _("{name}: {problem}")
            yield "bad", text.format(name=channel.name, problem=error)
    for hook in settings.hooks:
        if shutil.which(hook.command[0], path=env.get("PATH")):
            yield "good", _("{name} can be run").format(name=hook.name)
        else:
            text = _("{name}: there is no program {program}")
            yield "bad", text.format(name=hook.name, program=hook.command[0])


def _windows(_paths: Paths, env: Mapping[str, str]) -> Iterator[Found]:
    if util.find_spec("tkinter") is None or util.find_spec("_tkinter") is None:
        yield (
            "note",
            _("Python has no Tk; trends open as pictures (Debian: apt install python3-tk)"),
        )
    elif sys.platform == "linux" and not env.get("DISPLAY"):
        yield "note", _("no display; `memtray trends --save FILE.png` works")
    else:
        yield "good", _("Tk is there")


def _pressure(_paths: Paths, _env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.domain.tray import system_line
    from trayapp.readers.system import open_system_reader

    sample = open_system_reader().read()
    yield "good", system_line(sample)
    if sys.platform == "linux" and sample.stall_full_percent is None:
        yield "note", _("this kernel does not tell pressure stall (CONFIG_PSI)")


def _autostart(_paths: Paths, env: Mapping[str, str]) -> Iterator[Found]:
    from trayapp.platforms import current_platform

    on = current_platform(env).autostart_status()
    text = _("starts at login") if on else _("does not start at login (memtray autostart on)")
    yield "good", text


_LOOKS: tuple[tuple[str, Callable[[Paths, Mapping[str, str]], Iterator[Found]]], ...] = (
    (N_("version"), _python),
    (N_("packages"), _packages),
    (N_("settings"), _settings),
    (N_("history"), _history),
    (N_("applet"), _applet),
    (N_("targets"), _targets),
    (N_("tray"), _tray),
    (N_("notifications"), _notifications),
    (N_("channels"), _channels),
    (N_("windows"), _windows),
    (N_("memory"), _pressure),
    (N_("login"), _autostart),
)
