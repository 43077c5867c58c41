"""The program in a title that it has written over its own command line.

A server tells what it is doing by overwriting its arguments: the kernel then shows one text without
separators, such as "puma 6.4.0 (tcp://0.0.0.0:3000) [shop]" or "postgres: me shop 10.0.0.7(41236)
idle". The short name that the kernel keeps (`comm`) may still be the interpreter's ("ruby"), or
the beginning of the title. Seen in real runs: puma, unicorn (Ruby), starman (Perl), nginx, php-fpm,
sshd, Redis, PostgreSQL. As their sources write them: sidekiq, resque, Passenger, thin, spring;
gunicorn and celery with setproctitle; dovecot, proftpd, lxc, Chromium's helpers.
"""

from __future__ import annotations

import re

_COMM_LENGTH = 15
"""Longer names are cut off by the kernel."""
_PATH = re.compile(r"\.{0,2}/|[A-Za-z]:[\\/]|\\\\")
_PROGRAM = re.compile(r"[\[(]*([^\W\d_][\w.+@-]*)")
"""The first word that can be a name, in brackets or not: no address, no number, no option."""
_DOING = re.compile(r": | [\[(]|^[\[(]")
_VERSION = re.compile(r"[-_/]v?\d[\w.]*$")


def titled_program(title: str, name: str) -> str | None:
    """Return the program named by the only argument of a process; None: it is a plain path.

    title: the argument, with a space in it. name: the kernel's short name of the process.
    """
    if _PATH.match(title):
        return _program_of_path(title, name)
    last = base_name(title)
    if last != title and " " in title.partition("/")[0] and _agrees(last, name):
        return None  # A folder with a space in its name, below the working directory.
    before, colon, _ = title.partition(": ")
    if colon and " -" not in before and len(before) > 1 and name.startswith(before[:_COMM_LENGTH]):
        # Whoever writes the short name as well says by it what the program is called.
        return _VERSION.sub("", base_name(before))
    word = _PROGRAM.match(base_name(title.partition(" ")[0].rstrip(":")))
    found = _VERSION.sub("", word[1].rstrip(".-:")) if word else ""
    return found or name or None


def is_title(text: str) -> bool:
    """Return whether a text says what a process does, even before leftover arguments."""
    return _PATH.match(text) is None and _DOING.search(text) is not None


def base_name(path: str) -> str:
    """Return the last part of a path of any system."""
    return path.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1]


def _program_of_path(title: str, name: str) -> str | None:
    """A path, which may have spaces, with options behind it, or without."""
    before_options = title.partition(" -")[0]
    for path in (title.partition(" ")[0], before_options, title):
        if _agrees(base_name(path), name):
            return base_name(path)
    return base_name(before_options) if before_options != title else None


def _agrees(program: str, name: str) -> bool:
    return bool(program) and name.startswith(program[:_COMM_LENGTH])
