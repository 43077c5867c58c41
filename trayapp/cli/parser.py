"""The parser of the command line: mistakes in one line with the nearest name, help with examples.

Never in the resident process, which must not load argparse.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, cast

from trayapp.errors import UsageError
from trayapp.language.catalogue import _, listed

_USUAL_WIDTH = 80
_MISSING = "the following arguments are required: "


class Help(argparse.HelpFormatter):
    """Keeps the lines of the examples, and wraps all else."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, **{"width": _width() - 2, **options})

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" not in text:
            return super()._fill_text(text, width, indent)
        return "\n".join(f"{indent}{line}" for line in text.splitlines())


class Verbs(argparse._SubParsersAction):  # type: ignore[type-arg]  # not at run time
    """The verbs of a parser, of which most are only mentioned in its help."""

    def mention(self, name: str, text: str) -> None:
        """List a verb without a parser; who is to parse it adds one. Not listed without text."""
        self._name_parser_map[name] = None
        if text:
            self._choices_actions.append(self._ChoicesPseudoAction(name, (), text))


class Parser(argparse.ArgumentParser):
    """Parses like argparse, but raises UsageError where that prints its usage and exits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": Help, **options})

    def add_verbs(self, **options: Any) -> Verbs:
        """Add verbs, as `add_subparsers` does."""
        return cast("Verbs", self.add_subparsers(action=Verbs, **options))

    def show_examples(self, known: Mapping[str, Sequence[str]], verb: str) -> None:
        """Put the examples of a verb below its help, and those of the verbs below it likewise.

        One that has none is its own example.
        """
        commands = known.get(verb) or (f"memtray {verb}",)
        self.epilog = "\n".join([_("Examples:"), *(f"  {each}" for each in commands)])
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, parser in action.choices.items():
                    if parser is not None:
                        parser.show_examples(known, f"{verb} {name}".strip())

    # argparse's own signature has more; nobody here needs it.
    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Return the options. Raises: UsageError."""
        options, rest = self.parse_known_args(args, namespace)
        if rest:
            raise UsageError(self._unknown(rest, list(args or ())))
        return options

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with argparse's message and where there is help."""
        if message.startswith(_MISSING):
            names = message.removeprefix(_MISSING)
            message = _("missing: {names}").format(names=names)
        raise UsageError(
            _("{problem}; see `{command} --help`").format(problem=message, command=self.prog)
        )

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        if isinstance(action, argparse._SubParsersAction):
            # Those that are not listed are not for people.
            known = [each.dest for each in action._choices_actions]
            raise UsageError(
                _suggestion(
                    str(value),
                    known,
                    _("there is no command {name}; did you mean {nearest}?"),
                    _("there is no command {name}; `{command} --help` lists them"),
                    self.prog,
                )
            )
        names = [str(each) for each in action.choices]
        text = _("{name} does not fit here; use one of {choices}")
        raise UsageError(
            _suggestion(
                str(value),
                names,
                _("{name} does not fit here; did you mean {nearest}?"),
                text.replace("{choices}", listed(names)),
                self.prog,
            )
        )

    def _unknown(self, rest: Sequence[str], given: Sequence[str]) -> str:
        """Return what to say of arguments that nobody took."""
        used = list(self._used(given))
        # A command takes its own options and, as all do, --profile.
        own = used[1:] or used
        known = {name for parser in own for name in parser._option_string_actions} | {"--profile"}
        command = used[-1].prog
        option = next((each for each in rest if each.startswith("-")), None)
        if option is None:
            text = _("{name} is one argument too many; see `{command} --help`")
            return text.format(name=repr(rest[0]), command=command)
        return _suggestion(
            option.partition("=")[0],
            known,
            _("there is no option {name}; did you mean {nearest}?"),
            _("there is no option {name}; `{command} --help` lists them"),
            command,
        )

    def _used(self, given: Sequence[str]) -> Iterator[Parser]:
        """Yield this parser and those of the commands that were given, the outermost first."""
        yield self
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for word in given:
                    if word in action.choices:
                        yield from action.choices[word]._used(given[given.index(word) + 1 :])
                        return


def _width() -> int:
    """Return the columns of the terminal, as `shutil` does, which loads three compressors."""
    try:
        columns = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        columns = 0
    if columns > 0:
        return columns
    try:
        columns = os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 0
    except (ValueError, OSError):  # closed, or no terminal
        columns = 0
    return columns or _USUAL_WIDTH


def _suggestion(
    name: str, known: Iterable[str], with_nearest: str, without: str, command: str
) -> str:
    """Return one of two texts: whether one of the known names resembles the one that was given."""
    import difflib

    names = sorted(known)
    begun = [each for each in names if len(name) > 2 and each.startswith(name)]
    nearest = begun or difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if nearest:
        return with_nearest.format(name=repr(name), nearest=nearest[0])
    return without.format(name=repr(name), command=command)
