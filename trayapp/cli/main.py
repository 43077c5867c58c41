"""The command line: one verb each for everything the tray offers, for people and for scripts."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trayapp import __version__
from trayapp.errors import AlreadyRunningError, MemtrayError
from trayapp.language.catalogue import _
from trayapp.language.startup import speak_as_set
from trayapp.paths import current_paths

if TYPE_CHECKING:
    from trayapp.cli.parser import Parser

_STANDARD_STREAMS = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Every error of ours is one line on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _open_streams()
    # Not every terminal, pipe and file can hold an arrow, or each half of a character.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        return _run(arguments)
    except MemtrayError as error:
        print(f"memtray: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone (`memtray status | head -1`): nothing is wrong. What is
        # still buffered must not fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        from trayapp.language.reasons import file_problem

        print(f"memtray: {file_problem(error)}", file=sys.stderr)
        return 1


def _open_streams() -> None:
    """Put the null device in the place of standard streams that are closed.

    Else the next file that is opened would be there, and get what children print.
    """
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (descriptor := os.open(os.devnull, os.O_RDWR)) < _STANDARD_STREAMS:
            os.set_inheritable(descriptor, True)
        os.close(descriptor)
        sys.stdin = sys.stdin or Path(os.devnull).open()  # noqa: SIM115 - for good
        sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - for good
        sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115 - for good


def _run(arguments: list[str]) -> int:
    if any(argument.startswith("--profile") for argument in arguments):
        from trayapp.applet.profiles import apply_profile_option

        arguments = apply_profile_option(arguments, os.environ)
    speak_as_set(_config_of(arguments) or current_paths().settings_file)
    if not arguments or arguments[0] == "start" or arguments[0].startswith("--"):
        from trayapp.cli.launch import plain_start, start_app

        starting = plain_start(arguments)
    else:
        starting = None
    if starting is not None:
        try:
            return start_app(**starting._asdict())
        except AlreadyRunningError:
            if arguments:
                raise
            from trayapp.cli.already_running import show_running

            return show_running()
    if arguments in (["status"], ["status", "--json"]):
        # What scripts ask again and again: without the parser, a third of the time.
        from trayapp.cli.options import JsonOptions
        from trayapp.cli.verbs.status import Status

        return Status().run(JsonOptions(json=len(arguments) > 1))
    options = _parser(arguments).parse_args(arguments)
    if options.verb is None:
        arguments = ["start", *arguments]
        options = _parser(arguments).parse_args(arguments)
    return int(options.run(options))


def _config_of(arguments: Sequence[str]) -> Path | None:
    """Return the settings file that is named: the parser speaks the language that it sets."""
    for place, argument in enumerate(arguments):
        if argument == "--config" and arguments[place + 1 :]:
            return Path(arguments[place + 1])
        if argument.startswith("--config="):
            return Path(argument.removeprefix("--config="))
        if argument == "--":
            break
    return None


def _parser(arguments: Sequence[str]) -> Parser:
    """Return a parser that knows all verbs, and the options of those that `arguments` have."""
    from trayapp.cli.examples import EXAMPLES
    from trayapp.cli.parser import Parser
    from trayapp.cli.verbs import VERBS
    from trayapp.cli.verbs.start import Start

    parser = Parser(
        prog="memtray",
        description=_(
            "A tray icon that watches memory and warns you before it becomes a "
            "problem. Without a command, it starts."
        ),
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"memtray {__version__}",
        help=_("print the version and exit"),
    )
    Start().prepare_parser(parser)
    verbs = parser.add_verbs(title=_("commands"), metavar="VERB", dest="verb")
    for line in VERBS:
        text = _(line.help) if line.help else ""
        if line.name not in arguments:
            # Only its name and summary are asked for.
            verbs.mention(line.name, text)
            continue
        listed: dict[str, Any] = {"help": text, "description": text} if text else {}
        found = verbs.add_parser(line.name, **listed)
        verb = line.load()
        verb.prepare_parser(found)
        found.set_defaults(run=verb.run)
    parser.show_examples(EXAMPLES, "")
    return parser


def full_parser() -> Parser:
    """Return a parser that knows all verbs with all their options."""
    from trayapp.cli.verbs import VERBS

    return _parser([line.name for line in VERBS])
