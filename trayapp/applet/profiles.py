"""Profiles: settings, history and windows of their own, chosen by `--profile` or in the menu."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING

from trayapp.applet.children import memtray_command, package_parent
from trayapp.errors import MemtrayError, UsageError
from trayapp.language.catalogue import _
from trayapp.paths import DEFAULT_PROFILE, PROFILE_VARIABLE, find_paths, profile_names

if TYPE_CHECKING:
    import subprocess

_OPTION = "--profile"
_START_SECONDS = 15.0
_PAUSE_SECONDS = 0.1


def apply_profile_option(arguments: Sequence[str], env: MutableMapping[str, str]) -> list[str]:
    """Take `--profile NAME` out of a command line, wherever it stands, and put it in force.

    In the environment, so that windows and whatever else is started have the same.

    Raises: UsageError if the name is missing or cannot be one.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    rest: list[str] = []
    waiting = iter(arguments[:end])
    for argument in waiting:
        if argument == _OPTION:
            name = next(waiting, "")
        elif argument.startswith(f"{_OPTION}="):
            name = argument.partition("=")[2]
        else:
            rest.append(argument)
            continue
        env[PROFILE_VARIABLE] = checked_profile(name, env)
    return [*rest, *arguments[end:]]


def checked_profile(name: object, env: Mapping[str, str]) -> str:
    """Return the name of a profile that a stranger gave. Raises: UsageError if it cannot be one."""
    if not isinstance(name, str) or not name:
        raise UsageError(_("--profile needs a name, such as --profile work"))
    find_paths({**env, PROFILE_VARIABLE: name})
    return name


def present_profile() -> str:
    return os.environ.get(PROFILE_VARIABLE) or DEFAULT_PROFILE


def known_profiles() -> tuple[str, ...]:
    """Return all that have been started, the default one first; empty where there is no other."""
    names = dict.fromkeys((*profile_names(os.environ), present_profile()))
    others = tuple(name for name in names if name != DEFAULT_PROFILE)
    return (DEFAULT_PROFILE, *others) if others else ()


def start_profile(name: str) -> None:
    """Start the Memtray of another profile and wait until it answers, for seconds.

    Raises: MemtrayError in one line if it does not come to run.
    """
    import subprocess

    if profile_answers(name):
        return
    env = {**os.environ, PROFILE_VARIABLE: name}
    child = subprocess.Popen(
        [*memtray_command(), "start"],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=package_parent(),
        start_new_session=True,
    )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if profile_answers(name):
            return
        if child.poll() is not None:
            break
        time.sleep(_PAUSE_SECONDS)
    text = _("Cannot start the profile {name}: {reason}")
    raise MemtrayError(text.format(name=name, reason=_last_words(child)))


def profile_answers(name: str) -> bool:
    """Return whether the Memtray of a profile runs and answers, within a second. Any thread."""
    from trayapp.control.client import call

    env = {**os.environ, PROFILE_VARIABLE: name}
    try:
        call(find_paths(env).runtime, "status", {}, 1.0)
    except MemtrayError:
        return False
    return True


def _last_words(child: subprocess.Popen[bytes]) -> str:
    if child.poll() is None:
        return _("it does not respond")
    said = child.stderr.read()[-2000:].decode("utf-8", "replace").strip() if child.stderr else ""
    return said.rpartition("\n")[2].removeprefix("memtray: ") or _("it exited immediately")
