"""Which file a process runs: the program itself, or the script that an interpreter runs."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence

from trayapp.domain.records.run_program import Version
from trayapp.domain.records.samples import ProcessFacts

_INTERPRETER = re.compile(
    r"(python|pypy|node|nodejs|deno|bun|java|ruby|perl|php|lua|bash|dash|sh|zsh)[\d.]*w?(\.exe)?",
    re.IGNORECASE,
)
_IS_LINUX = sys.platform == "linux"
_INLINE = ("-c", "-e", "--eval", "-r", "-")
"""What follows is the program itself: there is no file."""
_MOST_ARGUMENTS = 32
_SLACK_SECONDS = 2.0


def read_version(facts: ProcessFacts) -> Version | None:
    """Return the file that tells versions of a process apart; None: it cannot be told.

    That of a program is asked of the system, which knows it though it was replaced meanwhile. A
    script is looked for by its name: of one that has changed since the process started, nobody
    knows what it was. Reads files: not for a thread that may not wait.
    """
    try:
        program, found = _read_program(facts)
    except OSError:  # it has ended, or is another user's
        return None
    name = _last_part(program)
    if not _INTERPRETER.fullmatch(name):
        return _version(name, found)
    started = facts.started_wall_seconds
    for path in _scripts(facts):
        try:
            script = os.stat(path)  # noqa: PTH116
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(script.st_mode):
            # Packages keep the time of a file at which it was made; when it came here is the other.
            changed = max(script.st_mtime, script.st_ctime if _IS_LINUX else 0.0)
            if started is None or changed > started + _SLACK_SECONDS:
                return None
            return _version(_last_part(path), script)
    return _version(name, found)


def _read_program(facts: ProcessFacts) -> tuple[str, os.stat_result]:
    """Return the path of the program and what is known of the file. Raises: OSError."""
    if _IS_LINUX:
        link = f"/proc/{facts.key.pid}/exe"
        path = os.readlink(link).removesuffix(" (deleted)")  # noqa: PTH115
        return path, os.stat(link)  # noqa: PTH116
    import psutil

    try:
        path = psutil.Process(facts.key.pid).exe()
    except psutil.Error as error:
        raise OSError(str(error)) from error
    return path, os.stat(path)  # noqa: PTH116


def _scripts(facts: ProcessFacts) -> Iterator[str]:
    """Yield where the script may be that an interpreter was started with."""
    arguments = facts.arguments[1:_MOST_ARGUMENTS]
    for at, argument in enumerate(arguments):
        if argument in _INLINE:
            return
        if argument in ("-m", "-jar"):
            yield from _named(facts, argument, arguments[at + 1 : at + 2])
            return
        if not argument.startswith("-"):
            # It may be the value of an option: then there is no such file.
            yield _place(facts, argument)


def _named(facts: ProcessFacts, option: str, rest: Sequence[str]) -> Iterator[str]:
    for name in rest:
        if option == "-jar":
            yield _place(facts, name)
        elif re.fullmatch(r"[\w.]{1,200}", name):
            module = name.replace(".", "/")
            yield _place(facts, f"{module}.py")
            yield _place(facts, f"{module}/__main__.py")


def _place(facts: ProcessFacts, path: str) -> str:
    """Return where the process sees a path: it may be in a container, and is elsewhere."""
    if not _IS_LINUX:
        # Where a relative path begins is not known there.
        return path if os.path.isabs(path) else ""  # noqa: PTH117
    begin = "root" if path.startswith("/") else "cwd"
    return f"/proc/{facts.key.pid}/{begin}/{path.lstrip('/')}"


def _version(name: str, found: os.stat_result) -> Version:
    return Version(name, int(found.st_mtime), found.st_size)


def _last_part(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
