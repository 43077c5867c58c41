"""`memtray end`, `restart` and `folder`: acting on a program through the running applet."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from trayapp.cli.options import add_json, ask_applet, print_answer
from trayapp.domain.records.identity import MEMTRAY
from trayapp.domain.records.names import shown_name
from trayapp.errors import ControlError, UsageError
from trayapp.language.catalogue import _, listed, ngettext, paragraph
from trayapp.language.units import format_size
from trayapp.windows.programs import (
    Process,
    Program,
    end_warning,
    process_lines,
    program_from,
    restart_warning,
)

GRACE_SECONDS = 10.0
"""So long `memtray end` waits for what it has asked to end."""
_RESTART_SECONDS = 120.0
_PAUSE_SECONDS = 0.1


class OfProgram:
    """Finds the program that is meant."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        text = _("a tracked program, or an application")
        parser.add_argument("target", nargs="?", metavar="TARGET", help=text)
        parser.add_argument("--pid", type=int, metavar="N", help=_("this process"))

    @staticmethod
    def find(options: Namespace) -> Program:
        """Return what is meant, with its processes. Raises: UsageError, ControlError."""
        if (options.target is None) == (options.pid is None):
            text = _("which program? Give its name, or --pid N; for example: memtray {verb} web")
            raise UsageError(text.format(verb=options.verb))
        if options.target == MEMTRAY:
            raise UsageError(_("that is Memtray itself; `memtray quit` ends it"))
        if options.pid is not None:
            return _process(options.pid)
        return _named(options.target)


class Folder(OfProgram):
    """`memtray folder`: show the folder of the program that its largest process runs.

    Raises: NotRunningError, UsageError, ControlError, PlatformError.
    """

    def run(self, options: Namespace) -> int:
        from trayapp.cli.desktop_actions import DesktopActions

        largest = self.find(options).processes[0]
        DesktopActions().open_folder(largest.pid, largest.started_wall_seconds)
        return 0


class AskingVerb(OfProgram):
    """Asks the person once."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        super().prepare_parser(parser)
        add_json(parser)
        text = _("do not ask first")
        parser.add_argument("--yes", "-y", action="store_true", help=text)

    @staticmethod
    def confirm(options: Namespace, question: str, program: Program | None, warning: str) -> None:
        """Return if the person agrees. Raises: UsageError, ControlError if not.

        program: its processes are listed.
        """
        if options.yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(_("this is not a terminal, so you cannot be asked; give --yes"))
        print(question, file=sys.stderr)
        if program is not None:
            print(process_lines(program.processes, time.time()), file=sys.stderr)
        # Translators: what a person types on a terminal to agree; the first letter will do.
        yes = _("yes")
        print(warning, f"[{yes[0]}/N] ", sep="\n", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline().strip().lower()
        if answer not in ("y", "yes", yes, yes[0]):
            raise ControlError(_("Nothing was done."))


class End(AskingVerb):
    """`memtray end`: exit code 0 if all its processes have ended.

    Raises: NotRunningError, UsageError, ControlError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        super().prepare_parser(parser)
        text = _("end it immediately: unsaved work is lost")
        parser.add_argument("--force", action="store_true", help=text)

    def run(self, options: Namespace) -> int:
        program = self.find(options)
        name = program.title
        if program.facts is not None and program.facts.refusal:
            text = _("{name} cannot be ended: {reason}")
            raise ControlError(text.format(name=name, reason=program.facts.refusal))
        warning = _("Unsaved work is lost.") if options.force else end_warning(sys.platform)
        self.confirm(options, _("End {name}?").format(name=name), program, warning)
        pairs = [process.pair for process in program.processes]
        asked = ask_applet(
            "end", GRACE_SECONDS, **program.arguments, processes=pairs, force=options.force
        )
        left = _wait(program)
        answer = {
            "name": name,
            "ended": [each.pid for each in program.processes if each not in left],
            "running": [each.pid for each in left],
            "refusals": asked.get("refusals", []),
        }
        print_answer(options, answer, lambda: _end_lines(program, left, options, answer))
        return 1 if left else 0


class Restart(AskingVerb):
    """`memtray restart`: have who started it start it again, and wait for that.

    Raises: NotRunningError, UsageError, ControlError.
    """

    def run(self, options: Namespace) -> int:
        program = self.find(options)
        facts, name = program.facts, program.title
        if facts is None or not (facts.is_guarded or (facts.unit and not facts.refusal)):
            text = _(
                "Memtray cannot restart {name}: only what `memtray run` or your own systemd "
                "has started"
            )
            raise ControlError(text.format(name=name))
        question = _("Restart {name}?").format(name=name)
        self.confirm(options, question, program, restart_warning(facts))
        answer = ask_applet("restart", _RESTART_SECONDS, **program.arguments)
        return print_answer(options, {"name": name, **answer}, lambda: [str(answer["text"])])


def _end_lines(
    program: Program, left: list[Process], options: Namespace, answer: Mapping[str, Any]
) -> Iterator[str]:
    if not left:
        size = format_size(sum(each.rss_bytes or 0.0 for each in program.processes))
        yield _("{name} has exited; it used {size}.").format(name=program.title, size=size)
        return
    yield from answer["refusals"]
    text = ngettext(
        "{name}: process {pids} is still running.",
        "{name}: processes {pids} are still running.",
        len(left),
    ).format(name=program.title, pids=listed(str(each.pid) for each in left))
    hint = "" if options.force else _("`--force` ends it without asking it.")
    yield paragraph(text, hint)


def _wait(program: Program) -> list[Process]:
    """Return the processes that still run when the time is over. Raises: ControlError."""
    deadline = time.monotonic() + GRACE_SECONDS
    left = list(program.processes)
    while True:
        found = ask_applet("running", processes=[each.pair for each in left])["processes"]
        left = [each for each in left if each.pair in found]
        if not left or time.monotonic() >= deadline:
            return left
        time.sleep(_PAUSE_SECONDS)


def _named(name: str) -> Program:
    """Return a target, or if there is none, an application. Raises: UsageError, ControlError."""
    title = shown_name(name)
    known = [each["name"] for each in ask_applet("status")["targets"]]
    kind = "target" if name in known else "application"
    program = _program(kind, name, title)
    if program.processes:
        return program
    if kind == "target":
        raise ControlError(_("{name} is not running.").format(name=title))
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    hint = _("Did you mean {name}?").format(name=repr(near[0])) if near else ""
    text = _("No tracked program or application is called {name}.").format(name=repr(name))
    raise UsageError(paragraph(text, hint))


def _process(pid: int) -> Program:
    """Return one process, by pid and start time. Raises: UsageError, ControlError."""
    from trayapp.cli.target_changes import running_process

    key = running_process(pid).key
    title = _("process {pid}").format(pid=pid)
    program = _program("process", f"{key.pid}:{key.started}", title)
    if not program.processes:
        raise ControlError(_("{name} has already exited.").format(name=title))
    return program


def _program(kind: str, name: str, title: str) -> Program:
    return program_from(kind, name, title, ask_applet("program", kind=kind, name=name))
