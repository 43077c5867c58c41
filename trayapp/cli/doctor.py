"""`memtray doctor`: everything Memtray needs on this machine, checked one by one."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import util
from typing import Any, Literal

from trayapp import __version__
from trayapp.cli.doctor_packages import (
    Finding,
    node_probe,
    optional_packages,
    packages,
    python_version,
)
from trayapp.dataclass import dataclass
from trayapp.errors import MemtrayError, NotRunningError, SettingsError
from trayapp.language.catalogue import N_, _, listed, ngettext
from trayapp.language.reasons import file_problem
from trayapp.language.units import format_percent, format_size
from trayapp.paths import Paths

_MARKS = {"good": "✓", "note": "•", "bad": "✗"}
_RECENT_SECONDS = 7 * 86_400.0
"""What happened to the history is told for so long."""
_EVERY_EVENT = 100_000


@dataclass(frozen=True, slots=True)
class Check:
    """The result of checking one thing."""

    name: str
    result: Literal["good", "note", "bad"]
    """"note": works without, but the person should know."""
    text: str

    @property
    def mark(self) -> str:
        """A sign that needs no colour."""
        return _MARKS[self.result]


class Installation:
    """The Memtray to check: as the running applet describes itself, else as this shell has it."""

    def __init__(self, paths: Paths, env: Mapping[str, str]) -> None:
        self.paths = paths
        self.shell_env = env
        self.answer = _describe_applet(paths)
        """How the applet describes itself; empty: none runs, or one that is too old to do so."""
        self.env = env
        if self.answer:
            around = self.answer.get("environment")
            self.env = around if isinstance(around, dict) else {}

    def of_applet(self, key: str) -> Mapping[str, Any]:
        """Return one part of what the applet tells; empty where it does not."""
        part = self.answer.get(key)
        return part if isinstance(part, dict) else {}


def _describe_applet(paths: Paths) -> Mapping[str, Any]:
    from trayapp.control.client import call

    try:
        return call(paths.runtime, "surroundings", {"variables": _variables_of(paths)})
    except MemtrayError:
        return {}


def _variables_of(paths: Paths) -> list[str]:
    """Return the variables that channels' addresses are taken from, in the applet's environment."""
    from trayapp.settings.file import load_settings

    try:
        settings = load_settings(paths.settings_file)
    except (MemtrayError, OSError):
        return []
    return [channel.url_env for channel in settings.channels if channel.url_env]


def examine(paths: Paths, env: Mapping[str, str]) -> list[Check]:
    """Make all checks; one that cannot be made is reported as such and hides no other."""
    checks: list[Check] = []
    installation = Installation(paths, env)
    for name, check in _CHECKS:
        try:
            checks += [Check(name, *finding) for finding in check(installation)]
        except MemtrayError as error:
            checks.append(Check(name, "bad", str(error)))
        except OSError as error:
            checks.append(Check(name, "bad", file_problem(error)))
    return checks


def _settings(installation: Installation) -> Iterator[Finding]:
    from trayapp.settings.parsing import parse_settings

    file = installation.paths.settings_file
    if not file.exists():
        yield "note", _("{file} does not exist yet; the first start creates it").format(file=file)
        return
    try:
        settings = parse_settings(file.read_text(encoding="utf-8", errors="replace"), str(file))
    except SettingsError as error:
        yield from (("bad", mistake) for mistake in error.mistakes)
        return
    count = len(settings.targets)
    text = ngettext("{file}: {count} tracked program", "{file}: {count} tracked programs", count)
    yield "good", text.format(file=file, count=count)


def _history(installation: Installation) -> Iterator[Finding]:
    from trayapp.history.left_out import ahead_line, unreadable_line
    from trayapp.history.reader import HistoryReader

    file = installation.paths.history_file
    if not file.exists():
        yield (
            "note",
            _("{file} does not exist yet; Memtray creates it when it runs").format(file=file),
        )
        return
    with HistoryReader(file) as reader:
        text = _("{file}: {count} series")
        yield "good", text.format(file=file, count=len(reader.series()))
        now = time.time()
        reader.events(0, now, limit=_EVERY_EVENT)
        damaged = reader.left_out + reader.count_damaged()
        if damaged:
            yield "note", unreadable_line(damaged)
        ahead = reader.ahead_span()
        if ahead is not None:
            yield "note", ahead_line(*ahead)
        for event in reader.events(now - _RECENT_SECONDS, now, ("history",), limit=3):
            moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(event.wall_seconds))
            yield "note", f"{moment}: {event.text}"
    for copy in sorted(file.parent.glob(f"{file.name}.damaged-*")):
        if not copy.name.endswith(("-wal", "-shm")):
            yield "note", _("a damaged history is kept as {file}").format(file=copy)


def _applet(installation: Installation) -> Iterator[Finding]:
    from trayapp.control.client import call

    try:
        answer = call(installation.paths.runtime, "status")
    except NotRunningError:
        yield "note", _("not running")
        return
    app = answer.get("app")
    pid = app.get("pid") if isinstance(app, dict) else None
    yield "good", _("running") if pid is None else _("running as process {pid}").format(pid=pid)
    if not installation.answer:
        yield "note", _("it does not report its environment; the following is about this shell")
        return
    version = installation.answer.get("version")
    if version != __version__:
        text = _("it is version {version}, but this is {own}; restart it to update it")
        yield "note", text.format(version=version, own=__version__)
    unlike = [
        name
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
        if installation.env.get(name) != installation.shell_env.get(name)
    ]
    if unlike:
        text = _("it was started in a different environment than this shell: {differences}")
        environment = installation.shell_env
        differences = [
            f"{name} {installation.env.get(name) or '–'} ({environment.get(name) or '–'})"
            for name in unlike
        ]
        yield "note", text.format(differences=listed(differences))


def _display(installation: Installation) -> Iterator[Finding]:
    """Check where the applet, or one started here, shows its icon and windows."""
    if sys.platform != "linux":
        return
    names = [name for name in ("DISPLAY", "WAYLAND_DISPLAY") if installation.env.get(name)]
    shown = listed([f"{name} {installation.env[name]}" for name in names])
    yield ("good", shown) if names else ("note", _("no display"))


def _bus(installation: Installation) -> Iterator[Finding]:
    """Check whether the applet, or one started here, has a bus for its icon and banners."""
    if sys.platform != "linux":
        return
    bus = installation.env.get("DBUS_SESSION_BUS_ADDRESS")
    if not bus and not installation.env.get("XDG_RUNTIME_DIR"):
        yield "note", _("none (DBUS_SESSION_BUS_ADDRESS is not set)")


def _rights(installation: Installation) -> Iterator[Finding]:
    """Check which user the applet is, how many files it may open, and whom it may see."""
    from trayapp.readers.hidden_processes import hides_processes

    if hides_processes():
        yield (
            "note",
            _("the system hides other users' processes (hidepid); they cannot be tracked"),
        )
    rights = installation.of_applet("rights")
    if rights and hasattr(os, "getuid"):
        user, limit = rights.get("user"), rights.get("descriptors")
        text = _("Memtray runs as user {user} and may open {count} files")
        is_same = user == os.getuid()
        yield (
            "good" if is_same else "note",
            text.format(user=user, count="∞" if limit is None else limit),
        )


def _protection(installation: Installation) -> Iterator[Finding]:
    """Report how far the system permits the applet to outlive a lack of memory."""
    rights = installation.of_applet("rights")
    score, before = rights.get("score"), rights.get("score_before")
    if score is None or before is None:
        return
    size = format_size(rights.get("locked_bytes"))
    if score < before or score < 0:
        text = _(
            "protected from the OOM killer (oom_score_adj {score}); {size} of code is "
            "locked in memory"
        )
        yield "good", text.format(score=score, size=size)
    else:
        text = _(
            "the system does not allow protection from the OOM killer (oom_score_adj "
            "{score}); {size} of code is locked in memory"
        )
        yield "note", text.format(score=score, size=size)


def _targets(installation: Installation) -> Iterator[Finding]:
    """Check which targets match nothing, by what the applet knows, else by one sample."""
    from trayapp.cli.verbs.targets import unmatched_targets
    from trayapp.control.client import call
    from trayapp.settings.file import load_settings

    try:
        answer = call(installation.paths.runtime, "status").get("targets")
        targets = answer if isinstance(answer, list) else []
        unmatched = [
            (each["name"], each["unmatched_text"]) for each in targets if each.get("unmatched_text")
        ]
    except NotRunningError:
        unmatched = list(unmatched_targets())
        targets = list(load_settings(installation.paths.settings_file).targets)
    for name, text in unmatched:
        yield "note", _("{name}: {text}").format(name=name, text=text)
    if not targets:
        yield "note", _("no tracked programs yet")
    elif not unmatched:
        yield "good", _("every tracked program matches a process")


def _tray(installation: Installation) -> Iterator[Finding]:
    from trayapp.tray.hosts import choose_backend

    answer = installation.of_applet("tray")
    if answer:
        name, reason = answer.get("name"), str(answer.get("reason") or "")
        visible = answer.get("visible")
        if name is None:
            yield "note", _("{problem}; Memtray runs in the terminal").format(problem=reason)
            return
    else:
        try:
            backend = choose_backend(installation.env, sys.platform)
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


def _notifications(installation: Installation) -> Iterator[Finding]:
    text = _("{problem}; alerts still reach the menu, the terminal and the log")
    answer = installation.of_applet("notifications")
    if answer:
        status = str(answer.get("status"))
        yield ("good", status) if answer.get("ready") else ("note", text.format(problem=status))
        return
    from trayapp.delivery.sinks import Surroundings, open_sinks

    desktop = open_sinks("desktop", Surroundings(paths=installation.paths))[0]
    try:
        desktop.prepare()
        if desktop.is_ready:
            yield "good", desktop.status
        else:
            yield "note", text.format(problem=desktop.status)
    finally:
        desktop.close()


def _channels(installation: Installation) -> Iterator[Finding]:
    """Check remote channels as far as possible without sending, and hooks by their programs."""
    paths = installation.paths
    if not paths.settings_file.exists():
        return
    from trayapp.delivery.remote_child import check_address, find_address
    from trayapp.settings.file import load_settings

    try:
        settings = load_settings(paths.settings_file)
    except SettingsError:
        return  # Another check reports it.
    if settings.problem:
        yield "bad", settings.problem
    for channel in settings.channels:
        if channel.url_env and installation.answer:
            if installation.of_applet("set").get(channel.url_env):
                text = _("{name}: {variable} is set in Memtray's environment")
                yield "good", text.format(name=channel.name, variable=channel.url_env)
            else:
                text = _("{name}: {variable} is not set in Memtray's environment")
                yield "bad", text.format(name=channel.name, variable=channel.url_env)
            continue
        try:
            check_address(
                find_address(channel.url, channel.url_env, channel.url_keyring, installation.env)
            )
            yield "good", _("{name} is set up").format(name=channel.name)
        except MemtrayError as error:
            text = _("{name}: {problem}")
            yield "bad", text.format(name=channel.name, problem=error)
    for hook in settings.hooks:
        if shutil.which(hook.command[0], path=installation.env.get("PATH")):
            yield "good", _("{name}: the program was found").format(name=hook.name)
        else:
            text = _("{name}: program not found: {program}")
            yield "bad", text.format(name=hook.name, program=hook.command[0])


def _windows(installation: Installation) -> Iterator[Finding]:
    if util.find_spec("tkinter") is None or util.find_spec("_tkinter") is None:
        yield (
            "note",
            _("Python has no Tk; trends open as pictures (Debian: apt install python3-tk)"),
        )
    elif sys.platform == "linux" and not installation.env.get("DISPLAY"):
        yield "note", _("no display; use `memtray trends --save FILE.png`")
    else:
        yield "good", _("Tk is available")


def _pressure(_installation: Installation) -> Iterator[Finding]:
    from trayapp.readers.system import open_system_reader

    sample = open_system_reader().read()
    text = _("{share} in use, {available} of {total} available")
    yield (
        "good",
        text.format(
            share=format_percent(sample.used_bytes / sample.total_bytes),
            available=format_size(sample.available_bytes),
            total=format_size(sample.total_bytes),
        ),
    )
    if sys.platform == "linux" and sample.stall_full_percent is None:
        yield "note", _("this kernel does not report memory pressure (CONFIG_PSI)")


def _autostart(installation: Installation) -> Iterator[Finding]:
    from trayapp.platforms import current_platform

    on = current_platform(installation.shell_env).autostart_status()
    text = (
        _("starts at login")
        if on
        else _("does not start at login; to change that: memtray autostart on")
    )
    yield "good", text


_CHECKS: tuple[tuple[str, Callable[[Installation], Iterator[Finding]]], ...] = (
    (N_("version"), lambda _installation: python_version()),
    (N_("packages"), lambda _installation: packages()),
    (N_("optional packages"), lambda _installation: optional_packages()),
    (N_("settings"), _settings),
    (N_("history"), _history),
    (N_("applet"), _applet),
    (N_("targets"), _targets),
    (N_("display"), _display),
    (N_("session bus"), _bus),
    (N_("rights"), _rights),
    (N_("protection"), _protection),
    (N_("tray"), _tray),
    (N_("notifications"), _notifications),
    (N_("channels"), _channels),
    (N_("windows"), _windows),
    (N_("Node.js probe"), lambda _installation: node_probe()),
    (N_("memory"), _pressure),
    (N_("login"), _autostart),
)
