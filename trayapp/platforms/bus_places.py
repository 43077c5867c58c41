"""Where the session bus is, also when it is not at the address given (Linux).

A bus that is restarted may come back at another address; whoever was started from cron or over ssh
never heard of one.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_VARIABLE = "DBUS_SESSION_BUS_ADDRESS"
_MOST_BYTES = 256 * 1024
_MOST_ADDRESSES = 8
_MACHINE_ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def addresses(env: Mapping[str, str]) -> Iterator[str]:
    """Yield the address that `env` has, then others where the bus may be by now."""
    if address := env.get(_VARIABLE):
        yield address
    yield from other_addresses(env)


def other_addresses(env: Mapping[str, str], processes: Path = Path("/proc")) -> Iterator[str]:
    """Yield addresses as D-Bus writes them, likeliest first, without the one that `env` names.

    What systemd starts, what dbus-launch notes, and what this user's programs on the same screen
    were told, the youngest first. Any thread; may read every process' environment once.
    """
    seen = {env.get(_VARIABLE)}
    for address in _candidates(env, processes):
        if address not in seen:
            seen.add(address)
            yield address
        if len(seen) > _MOST_ADDRESSES:
            return


def _candidates(env: Mapping[str, str], processes: Path) -> Iterator[str]:
    if (folder := env.get("XDG_RUNTIME_DIR")) and (bus := Path(folder) / "bus").exists():
        yield f"unix:path={_escaped(bus)}"
    if address := _noted_by_dbus_launch(env):
        yield address
    yield from _told_to_others(env, processes)


def _escaped(path: Path) -> str:
    """Source: D-Bus specification, "Server Addresses": what need not be escaped."""
    plain = frozenset(b"-_/.*0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    return "".join(chr(byte) if byte in plain else f"%{byte:02x}" for byte in os.fsencode(path))


def _noted_by_dbus_launch(env: Mapping[str, str]) -> str | None:
    """Source: dbus-launch(1), "Automatic launching": ~/.dbus/session-bus/MACHINE-DISPLAY."""
    home, display = env.get("HOME"), env.get("DISPLAY", "").rpartition(":")[2].partition(".")[0]
    if not home or not display.isdecimal():
        return None
    for file in _MACHINE_ID_FILES:
        with contextlib.suppress(OSError, UnicodeError):
            noted = Path(home, ".dbus", "session-bus", f"{file.read_text().strip()}-{display}")
            for line in noted.read_text().splitlines():
                name, _equals, value = line.partition("=")
                if name == _VARIABLE:
                    return value.strip("'\"") or None
    return None


def _told_to_others(env: Mapping[str, str], processes: Path) -> Iterator[str]:
    ours = _screens(env)
    if not ours:
        return
    for pid in sorted(_own_processes(processes), reverse=True):
        try:
            with (processes / str(pid) / "environ").open("rb") as file:
                told = file.read(_MOST_BYTES).decode("utf-8", "replace").split("\0")
        except OSError:  # It has ended, or keeps its environment to itself.
            continue
        theirs = {name: value for name, _equals, value in (each.partition("=") for each in told)}
        address = theirs.get(_VARIABLE)
        if address and not ours.isdisjoint(_screens(theirs)):
            yield address


def _screens(env: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return the displays that a program uses; ":0.0" is the first screen of ":0"."""
    found = {(name, env.get(name, "")) for name in ("DISPLAY", "WAYLAND_DISPLAY")}
    return {(name, re.sub(r"(:\d+)\.\d+$", r"\1", screen)) for name, screen in found if screen}


def _own_processes(processes: Path) -> Iterator[int]:
    """Yield the pids of this user: nobody else's environment counts."""
    try:
        with os.scandir(processes) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.name.isdecimal() and entry.stat().st_uid == os.getuid():
                        yield int(entry.name)
    except OSError:
        return
