"""What can stand on the command line, read from the parser, so that shells complete just that."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from trayapp.dataclass import dataclass, field

FILES, TARGETS, NOTHING = "files", "targets", "nothing"
"""What completes a value that has no choices."""
UNITS, CONTAINERS, CGROUPS, USERS = "units", "containers", "cgroups", "users"
"""What runs now and may be tracked."""
NAMES = (TARGETS, UNITS, CONTAINERS, CGROUPS, USERS)
"""What `memtray completion` lists."""
_RUNNING = {"UNIT": UNITS, "CONTAINER": CONTAINERS, "CGROUP": CGROUPS, "USER": USERS}
_TARGET_WORDS = ("TARGET", "NAME")
_NOT_NAMES = ("add",)
"""Verbs whose NAME is a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What may stand in one place."""

    choices: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Beside or instead of choices: FILES or of NAMES; empty: anything, which nobody can guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a verb."""

    names: tuple[str, ...]
    help: str
    value: Value | None
    """None: it takes none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A verb, or the command itself: what may follow it."""

    path: tuple[str, ...]
    help: str
    options: tuple[Option, ...]
    value: Value
    """Of its other arguments, all together."""
    verbs: tuple[Words, ...] = field(default=())

    def all(self) -> Iterator[Words]:
        """Yield this and everything below."""
        yield self
        for verb in self.verbs:
            yield from verb.all()


def read_grammar(parser: argparse.ArgumentParser) -> Words:
    """Return what a parser takes, without the verbs that are not for people."""
    return _read(parser, (), "")


def _read(parser: argparse.ArgumentParser, path: tuple[str, ...], text: str) -> Words:
    options: list[Option] = []
    choices: list[str] = []
    kinds: list[str] = []
    verbs: list[Words] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {each.dest: each.help or "" for each in action._choices_actions}
            verbs += [
                _read(below, (*path, name), _plain(helps[name]))
                for name, below in action.choices.items()
                if helps.get(name)
            ]
        elif action.option_strings:
            options.append(_option(action, path))
        else:
            value = _value(action, path)
            choices += value.choices
            kinds += value.kinds
    return Words(
        path=path,
        help=text,
        options=tuple(options),
        value=Value(choices=tuple(choices), kinds=tuple(dict.fromkeys(kinds))),
        verbs=tuple(verbs),
    )


def _option(action: argparse.Action, path: tuple[str, ...]) -> Option:
    takes_value = action.nargs != 0
    text = "" if action.help in (None, argparse.SUPPRESS) else str(action.help)
    return Option(
        names=tuple(action.option_strings),
        help=_plain(text),
        value=_value(action, path) if takes_value else None,
    )


def _value(action: argparse.Action, path: tuple[str, ...]) -> Value:
    if action.choices is not None:
        return Value(choices=tuple(map(str, action.choices)))
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    kinds = []
    words = metavar.split("|")
    names_target = any(word in _TARGET_WORDS for word in words)
    if names_target and (not path or path[-1] not in _NOT_NAMES):
        kinds.append(TARGETS)
    kinds += [_RUNNING[word] for word in words if word in _RUNNING]
    if action.type is Path or any(word.startswith(("FILE", "PATH")) for word in words):
        kinds.append(FILES)
    return Value(kinds=tuple(kinds))


def _plain(text: str) -> str:
    """Return a help text as it is shown."""
    return text.replace("%%", "%")
