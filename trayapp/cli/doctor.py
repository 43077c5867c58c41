"""`memtray doctor`: everything Memtray needs on this machine, looked at one by one."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata, util
from typing import Any, Literal

from trayapp import __version__
from trayapp.errors import MemtrayError, NotRunningError, SettingsError
from trayapp.language.catalogue import N_, _, listed, ngettext
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


class Place:
    """Where Memtray is, or would be: as the running applet tells of itself, else this shell's."""

    def __init__(self, paths: Paths, env: Mapping[str, str]) -> None:
        self.paths = paths
        self.shell_env = env
        self.told = _ask_applet(paths)
        """What the applet tells; empty: none runs, or one that does not tell yet."""
        self.env = env
        if self.told:
            around = self.told.get("environment")
            self.env = around if isinstance(around, dict) else {}

    def of_applet(self, key: str) -> Mapping[str, Any]:
        """Return one part of what the applet tells; empty where it does not."""
        part = self.told.get(key)
        return part if isinstance(part, dict) else {}


def _ask_applet(paths: Paths) -> Mapping[str, Any]:
    from trayapp.control.client import call

    try:
        return call(paths.runtime, "surroundings", {"variables": _variables_of(paths)})
    except MemtrayError:
        return {}


def _variables_of(paths: Paths) -> list[str]:
    """Return the variables that channels' addresses are taken from, in the applet's environment."""
    from trayapp.settings import load_settings

    try:
        settings = load_settings(paths.settings_file)
    except (MemtrayError, OSError):
        return []
    return [channel.url_env for channel in settings.channels if channel.url_env]


def examine(paths: Paths, env: Mapping[str, str]) -> list[Check]:
    """Make all checks; one that cannot be made is reported as such and hides no other."""
    checks: list[Check] = []
    place = Place(paths, env)
    for name, look in _LOOKS:
        try:
            checks += [Check(name, *found) for found in look(place)]
        except (MemtrayError, OSError) as error:
            checks.append(Check(name, "bad", str(error)))
    return checks


Found = tuple[Literal["good", "note", "bad"], str]


def _python(_place: Place) -> Iterator[Found]:
    version = sys.version.split()[0]
    text = _("Memtray {version} on Python {python}, {system}")
    yield "good", text.format(version=__version__, python=version, system=sys.platform)


def _packages(_place: Place) -> Iterator[Found]:
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


def _settings(place: Place) -> Iterator[Found]:
    from trayapp.settings import parse_settings

    file = place.paths.settings_file
    if not file.exists():
        yield "note", _("{file} is written at the first start").format(file=file)
        return
    settings = parse_settings(file.read_text(encoding="utf-8", errors="replace"), str(file))
    count = len(settings.targets)
    text = ngettext("{file}: {count} target", "{file}: {count} targets", count)
    yield "good", text.format(file=file, count=count)


def _history(place: Place) -> Iterator[Found]:
    from trayapp.history.reader import HistoryReader

    file = place.paths.history_file
    if not file.exists():
        yield "note", _("{file} is written once Memtray runs").format(file=file)
        return
    with HistoryReader(file) as reader:
        text = _("{file}: {count} series")
        yield "good", text.format(file=file, count=len(reader.series()))


def _applet(place: Place) -> Iterator[Found]:
    from trayapp.control.client import call

    try:
        told = call(place.paths.runtime, "status")
    except NotRunningError:
        yield "note", _("not running")
        return
    app = told.get("app")
    pid = app.get("pid") if isinstance(app, dict) else None
    yield "good", _("running") if pid is None else _("running as process {pid}").format(pid=pid)
    if not place.told:
        yield "note", _("it does not tell of its surroundings; what follows is of this shell")
        return
    version = place.told.get("version")
    if version != __version__:
        text = _("it is version {version}, this is {own}; start it again to have the same")
        yield "note", text.format(version=version, own=__version__)
    unlike = [
        name
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
        if place.env.get(name) != place.shell_env.get(name)
    ]
    if unlike:
        text = _("it was started with other surroundings than this shell: {differences}")
        differences = [
            f"{name} {place.env.get(name) or '–'} ({place.shell_env.get(name) or '–'})"
            for name in unlike
        ]
        yield "note", text.format(differences=listed(differences))


def _display(place: Place) -> Iterator[Found]:
    """Check where the applet, or one started here, shows its icon and banners."""
    if sys.platform != "linux":
        return
    names = [name for name in ("DISPLAY", "WAYLAND_DISPLAY") if place.env.get(name)]
    shown = listed([f"{name} {place.env[name]}" for name in names])
    yield ("good", shown) if names else ("note", _("no display"))
    bus = place.env.get("DBUS_SESSION_BUS_ADDRESS")
    if not bus and not place.env.get("XDG_RUNTIME_DIR"):
        yield "note", _("there is no D-Bus session bus (DBUS_SESSION_BUS_ADDRESS is not set)")


def _rights(place: Place) -> Iterator[Found]:
    """Check which user the applet is, and how many files it may have open."""
    rights = place.of_applet("rights")
    if rights and hasattr(os, "getuid"):
        user, limit = rights.get("user"), rights.get("descriptors")
        text = _("the applet runs as user {user}, with {count} descriptors at most")
        is_same = user == os.getuid()
        yield (
            "good" if is_same else "note",
            text.format(user=user, count="∞" if limit is None else limit),
        )


def _targets(place: Place) -> Iterator[Found]:
    """Check which targets match nothing, by what the applet knows, else by one sample."""
    from trayapp.cli.verbs.targets import unmatched_targets
    from trayapp.control.client import call

    try:
        told = call(place.paths.runtime, "status").get("targets")
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


def _tray(place: Place) -> Iterator[Found]:
    from trayapp.tray.hosts import choose_backend

    told = place.of_applet("tray")
    if told:
        name, reason = told.get("name"), str(told.get("reason") or "")
        visible = told.get("visible")
        if name is None:
            yield "note", _("{problem}; Memtray runs in the terminal").format(problem=reason)
            return
    else:
        try:
            backend = choose_backend(place.env, sys.platform)
        except MemtrayError as error:
            yield "note", _("{problem}; Memtray runs in the terminal").format(problem=error)
            return
        name, reason, visible = backend.name, backend.reason, backend.visible
    if visible is False:
        text = _(
            "{problem} (GNOME shows icons with the extension "
            '"AppIndicator and KStatusNotifierItem Support")'
        )
        yield "note", text.format(problem=reason)
    else:
        yield "good", f"{name}: {reason}"


def _notifications(place: Place) -> Iterator[Found]:
    text = _("{problem}; alerts still reach the menu, the terminal and the log")
    told = place.of_applet("notifications")
    if told:
        status = str(told.get("status"))
        yield ("good", status) if told.get("ready") else ("note", text.format(problem=status))
        return
    from trayapp.delivery.sinks import Surroundings, open_sinks

    desktop = open_sinks("desktop", Surroundings(paths=place.paths))[0]
    try:
        desktop.prepare()
        if desktop.is_ready:
            yield "good", desktop.status
        else:
            yield "note", text.format(problem=desktop.status)
    finally:
        desktop.close()


def _channels(place: Place) -> Iterator[Found]:
    """Check remote channels as far as possible without sending, and hooks by their programs."""
    paths = place.paths
    if not paths.settings_file.exists():
        return
    from trayapp.delivery.remote_child import check_address, find_address
    from trayapp.settings import load_settings

    try:
        settings = load_settings(paths.settings_file)
    except SettingsError:
        return  # It is told as such.
    if settings.problem:
        yield "bad", settings.problem
    for channel in settings.channels:
        if channel.url_env and place.told:
            if place.of_applet("set").get(channel.url_env):
                text = _("{name}: {variable} is set where the applet runs")
                yield "good", text.format(name=channel.name, variable=channel.url_env)
            else:
                text = _("{name}: {variable} is not set where the applet runs")
                yield "bad", text.format(name=channel.name, variable=channel.url_env)
            continue
        try:
            check_address(
                find_address(channel.url, channel.url_env, channel.url_keyring, place.env)
            )
            yield "good", _("{name} can be sent to").format(name=channel.name)
        except MemtrayError as error:
            text = _("{name}: {problem}")
            yield "bad", text.format(name=channel.name, problem=error)
    for hook in settings.hooks:
        if shutil.which(hook.command[0], path=place.env.get("PATH")):
            yield "good", _("{name} can be run").format(name=hook.name)
        else:
            text = _("{name}: there is no program {program}")
            yield "bad", text.format(name=hook.name, program=hook.command[0])


def _windows(place: Place) -> Iterator[Found]:
    if util.find_spec("tkinter") is None or util.find_spec("_tkinter") is None:
        yield (
            "note",
            _("Python has no Tk; trends open as pictures (Debian: apt install python3-tk)"),
        )
    elif sys.platform == "linux" and not place.env.get("DISPLAY"):
        yield "note", _("no display; `memtray trends --save FILE.png` works")
    else:
        yield "good", _("Tk is there")


def _pressure(_place: Place) -> Iterator[Found]:
    from trayapp.domain.showing.tray import system_line
    from trayapp.readers.system import open_system_reader

    sample = open_system_reader().read()
    yield "good", system_line(sample)
    if sys.platform == "linux" and sample.stall_full_percent is None:
        yield "note", _("this kernel does not tell pressure stall (CONFIG_PSI)")


def _autostart(place: Place) -> Iterator[Found]:
    from trayapp.platforms import current_platform

    on = current_platform(place.shell_env).autostart_status()
    text = _("starts at login") if on else _("does not start at login (memtray autostart on)")
    yield "good", text


_LOOKS: tuple[tuple[str, Callable[[Place], Iterator[Found]]], ...] = (
    (N_("version"), _python),
    (N_("packages"), _packages),
    (N_("settings"), _settings),
    (N_("history"), _history),
    (N_("applet"), _applet),
    (N_("targets"), _targets),
    (N_("display"), _display),
    (N_("rights"), _rights),
    (N_("tray"), _tray),
    (N_("notifications"), _notifications),
    (N_("channels"), _channels),
    (N_("windows"), _windows),
    (N_("memory"), _pressure),
    (N_("login"), _autostart),
)
