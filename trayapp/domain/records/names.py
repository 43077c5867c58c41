"""What a person calls a process: its program, or the script that an interpreter runs.

Command lines are strangers' texts: nothing here believes more of them than a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.titles import base_name, is_title, titled_program

DIRECTION_MARK = "\u200e"
"""Invisible; around a name, it keeps the line's direction, which is from left to right in all our
languages. Unlike an isolate or an embedding it cannot be left open."""
_NAME_LENGTH = 40
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


def short_name(text: str, length: int = _NAME_LENGTH) -> str:
    """A stranger's name in at most `length` characters, control characters shown as spaces.

    What is too long lacks its middle: names that begin alike differ at their ends.
    """
    flat = "".join(character if character.isprintable() else " " for character in text)
    if len(flat) <= length:
        return flat
    end = (length - 1) // 2
    return f"{flat[: length - 1 - end]}…{flat[len(flat) - end :]}"


def shown_name(text: str, length: int = _NAME_LENGTH) -> str:
    """`short_name` among other words: what reads from right to left takes no figures along.

    Without the marks around it, "NAME 5 MiB" would be shown as "MiB 5 EMAN".
    """
    name = short_name(text, length)
    if not _RIGHT_TO_LEFT.search(name):
        return name
    return f"{DIRECTION_MARK}{name}{DIRECTION_MARK}"


class _Interpreter(NamedTuple):
    """How the command line of a program that runs scripts is read."""

    takes_value: frozenset[str] = frozenset()
    """Options whose value is the argument after them."""
    inline: str = ""
    """Letters that, in a cluster of short options, say that code follows instead of a script."""


_SHELL = _Interpreter(frozenset({"-o", "-O", "+o", "+O", "--rcfile", "--init-file"}), "c")
_JAVA = _Interpreter(
    frozenset(
        {
            "-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules",
            "--add-opens", "--add-exports", "--add-reads",
        }
    )
)  # fmt: skip
_NODE = _Interpreter(
    frozenset({"-r", "--require", "--import", "--loader", "-C", "--conditions"}), "ep"
)
_INTERPRETERS = {
    "python": _Interpreter(frozenset({"-W", "-X"}), "c"),
    "pypy": _Interpreter(frozenset({"-W", "-X"}), "c"),
    "node": _NODE,
    "nodejs": _NODE,
    "ruby": _Interpreter(frozenset({"-I", "-r", "-C"}), "e"),
    "perl": _Interpreter(frozenset({"-I"}), "eE"),
    "php": _Interpreter(frozenset({"-d", "-c"}), "r"),
    "java": _JAVA,
    "gjs": _Interpreter(frozenset({"-I"}), "c"),
    "dotnet": _Interpreter(),
    "fish": _Interpreter(frozenset({"-C", "--init-command"}), "c"),
}
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish"})
_INTERPRETERS |= dict.fromkeys(_SHELLS - {"fish"}, _SHELL)
_STREAMS = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_INLINE_WORDS = frozenset({"--eval", "--print", "--command"})
_ENDINGS = (".exe", ".bin", "-bin", "-wrapped")


class Command(NamedTuple):
    """A command line as far as it tells who runs."""

    program: str
    """The program's name, without its folder; "" where nothing is known."""
    script: str | None = None
    """Name of the script or module that the program interprets."""
    is_inline: bool = False
    """Whether the program interprets code without a file of its own (`sh -c …`)."""

    @property
    def label(self) -> str:
        """The script's name, else the program's; "" where nothing is known. Not shortened."""
        return self.script or self.program

    @property
    def is_shell(self) -> bool:
        return self.program in _SHELLS

    @property
    def is_interactive_shell(self) -> bool:
        """A shell without a script or command: somebody types what it starts."""
        return self.is_shell and self.script is None and not self.is_inline


def read_command(arguments: Sequence[str], name: str) -> Command:
    """Return who runs; `name` is the system's short name, for want of arguments."""
    program = _program(arguments[0], name, alone=len(arguments) == 1) if arguments else name
    interpreter = _INTERPRETERS.get(program.rstrip("0123456789.").lower())
    if interpreter is None or len(arguments) < 2:
        return Command(program)
    before = ""
    for argument in arguments[1:]:
        if not argument.startswith(("-", "+")):
            if argument.startswith(_STREAMS):
                return Command(program, is_inline=True)
            if before not in interpreter.takes_value:
                return Command(program, base_name(argument) or None)
        elif _is_inline(argument, interpreter):
            return Command(program, is_inline=True)
        before = argument
    return Command(program)


def process_label(arguments: Sequence[str], name: str) -> str:
    """Return what a person calls a process: the script that is run, else the program."""
    return short_name(read_command(arguments, name).label or name)


def has_name(arguments: Sequence[str], name: str) -> bool:
    """Return whether `process_label` tells more than that some interpreter runs."""
    command = read_command(arguments, name)
    kind = command.program.rstrip("0123456789.").lower()
    return command.script is not None or kind not in _INTERPRETERS


def _is_inline(option: str, interpreter: _Interpreter) -> bool:
    if option.startswith("--"):
        return option in _INLINE_WORDS
    if option in interpreter.takes_value:
        return False
    # Only the last of a cluster can take the code, except in shells: `bash -ce CODE`.
    return option[-1] in interpreter.inline or (interpreter is _SHELL and "c" in option)


def _program(first: str, name: str, *, alone: bool) -> str:
    bundle, is_bundle, _ = first.partition(".app/Contents/")
    if is_bundle:
        return base_name(bundle)
    program = base_name(first)
    if " " in first and (alone or is_title(first)):
        program = titled_program(first, name) or program
    if program == "exe":  # /proc/self/exe
        program = name
    if program.startswith("-") and len(program) > 1:  # a login shell
        program = program[1:]
    for ending in _ENDINGS:
        program = program.removesuffix(ending)
    return program or name
