"""Options that several verbs take, and how every verb asks the applet and prints JSON."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from trayapp.dataclass import NamedTuple
from trayapp.errors import ControlError, NotRunningError
from trayapp.language.catalogue import _
from trayapp.paths import LOCK_NAME, current_paths

if TYPE_CHECKING:
    import argparse

    from trayapp.recording.instructions import Instructions

T = TypeVar("T")
_PAUSE_SECONDS = 0.2
_ACTING = dict.fromkeys(
    [*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\N{REPLACEMENT CHARACTER}",
)
"""What terminals obey instead of showing it: a name in a history or of a task may hold anything."""


def option_type(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Return `parse` for argparse, which shows the text of no ValueError but of its own error."""

    def parse_option(text: str) -> T:
        from argparse import ArgumentTypeError

        try:
            return parse(text)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from error

    return parse_option


def placeholder(choices: Iterable[str]) -> str:
    """Return how a choice is shown in help and messages: "on|off"."""
    return "|".join(choices)


def add_json(parser: argparse.ArgumentParser, *, default: bool | str = False) -> None:
    """Add --json; `default` SUPPRESS: what the command above was given stays."""
    parser.add_argument("--json", action="store_true", default=default, help=_("print JSON"))


class JsonOptions(NamedTuple):
    """What the parser returns for a verb that has no option but --json."""

    json: bool


class JsonVerb:
    """A verb that has no option but --json."""

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        add_json(parser)


def add_theme(parser: argparse.ArgumentParser) -> None:
    """Add --dark and --light, which set `dark`; None: as the desktop is."""
    theme = parser.add_mutually_exclusive_group()
    theme.add_argument("--dark", action="store_true", default=None, help=_("dark colours"))
    theme.add_argument("--light", action="store_false", dest="dark", help=_("light colours"))


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add what a person may know of others' recordings that is not in the files themselves."""
    for name, metavar, text in (
        ("--column", "TITLE", _("a column of memory in use, by its title; may be repeated")),
        ("--unit", "MiB", _("unit of sizes that have none, such as kB or MiB")),
        (
            "--group-by",
            "TITLE",
            _("a column that says which program a row belongs to; may be repeated"),
        ),
        (
            "--timezone",
            "ZONE",
            _("time zone of times that have none, such as Europe/Berlin or UTC"),
        ),
        (
            "--pattern",
            "TEXT",
            _("how to read a line of your own log, such as '{time:%%H:%%M:%%S} .* rss={MiB}'"),
        ),
    ):
        repeated: dict[str, Any] = {"action": "append", "default": []} if metavar == "TITLE" else {}
        parser.add_argument(name, metavar=metavar, help=text, **repeated)


def reading_instructions(options: argparse.Namespace) -> Instructions:
    """Return what `add_reading_options` took. Raises: RecordingError."""
    from trayapp.recording.instructions import instructions_of

    return instructions_of(
        columns=options.column,
        unit=options.unit,
        group_by=options.group_by,
        timezone=options.timezone,
        pattern=options.pattern,
    )


def ask_applet(verb: str, timeout_seconds: float = 5.0, **arguments: object) -> dict[str, Any]:
    """Return what the running applet answers to a verb of its socket.

    One that runs and has no socket is given time to make one: it was removed, or is not there yet.

    Raises: NotRunningError, ControlError, or whatever error the applet answers with.
    """
    from trayapp.control.client import call

    runtime = current_paths().runtime
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            return call(runtime, verb, arguments, timeout_seconds=timeout_seconds)
        except NotRunningError:
            from trayapp.platforms.claimed_name import claimed_by

            if claimed_by(runtime / LOCK_NAME) is None:
                raise
            if time.monotonic() >= deadline:
                text = _(
                    "{who} is running but did not answer within {seconds:g} s; try again, or "
                    "quit it and start it again"
                )
                raise ControlError(text.format(who="Memtray", seconds=timeout_seconds)) from None
        time.sleep(_PAUSE_SECONDS)


def print_json(value: object) -> None:
    """Print a value as JSON; lone surrogates in names are escaped, and do no harm."""
    import json

    print(json.dumps(value, indent=1))


def print_answer(
    options: argparse.Namespace | JsonOptions, value: object, lines: Callable[[], Iterable[str]]
) -> int:
    """Print JSON if that is asked for, else lines for people; return exit code 0."""
    if options.json:
        print_json(value)
    else:
        print("\n".join(lines()).translate(_ACTING))
    return 0
