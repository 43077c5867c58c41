"""`memtray investigate` and `dump`: what the memory of a program, or a JSON store, consists of."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from trayapp.cli.options import add_json, option_type, print_answer
from trayapp.cli.verbs.acting import AskingVerb, OfProgram
from trayapp.errors import ControlError, UsageError
from trayapp.language.catalogue import _
from trayapp.language.units import format_size, parse_duration
from trayapp.paths import current_paths
from trayapp.settings.records import DiagnosisSettings
from trayapp.windows.dumping import Asked, plan_dump, write_dump

DUMPS = "dumps"
"""The folder in Memtray's data folder for them."""


class Investigate(OfProgram):
    """`memtray investigate`: exit code 0; 1 where the program would pause for too long.

    Raises: UsageError, NotRunningError, ControlError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        super().prepare_parser(parser)
        add = parser.add_argument
        add_json(parser)
        duration = option_type(parse_duration)
        text = _("time between two samples, whose difference is the growth; 0s: take one only")
        add("--for", type=duration, dest="for_seconds", default=10.0, metavar="10s", help=text)
        text = _("longest pause of the program (default: 250ms, or that of the settings)")
        add("--longest-pause", type=duration, metavar="250ms", help=text)
        add("--force", action="store_true", help=_("do it however long the program pauses"))
        text = _("examine a file of JSON lines instead")
        add("--store", type=Path, metavar="FILE", help=text)
        add("--config", type=Path, metavar="FILE", help=_("use this settings file"))

    def run(self, options: Namespace) -> int:
        if options.store is not None:
            if options.target is not None or options.pid is not None:
                raise UsageError(_("--store FILE stands alone, without a program"))
            return _look_at_store(options)
        from trayapp.domain.showing.investigation import findings, pause_text, refusal_text
        from trayapp.windows.investigation import Investigator, as_lines

        name, processes = _subject(self, options)
        keys = [(each.pid, each.started) for each in processes]
        investigator = Investigator(current_paths().runtime, keys)
        longest = _longest_pause_seconds(options)
        plan = investigator.plan()
        print(pause_text(name, plan), file=sys.stderr)
        told = investigator.look(longest, is_forced=options.force)
        if told.get("refused") is not True and options.for_seconds > 0:
            time.sleep(options.for_seconds)
            # A few objects more are no reason to leave it at half of an answer.
            told = investigator.look(longest, is_forced=True)
        if told.get("refused") is True:
            hint = _("`--force` does it anyway.")
            raise ControlError(f"{refusal_text(name, told, longest)}. {hint}")
        return print_answer(options, told, lambda: as_lines(findings(told)))


class Dump(AskingVerb):
    """`memtray dump`: write the memory of a program to a file, after asking once.

    Raises: UsageError, NotRunningError, ControlError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        super().prepare_parser(parser)
        text = _("the file, or a folder for it (default: dumps in Memtray's data folder)")
        add = parser.add_argument
        add("-o", "--output", type=Path, metavar="FILE", help=text)
        add("--config", type=Path, metavar="FILE", help=_("use this settings file"))

    def run(self, options: Namespace) -> int:
        name, processes = _subject(self, options)
        paths = current_paths()
        target = options.output or paths.data / DUMPS
        plan = plan_dump(paths.runtime, processes, _diagnosis(options), target)
        question = _("Write a dump of {name}?").format(name=name)
        self.confirm(options, question, None, plan.warning())
        files = write_dump(paths.runtime, plan)
        answer = {
            "runtime": plan.runtime,
            "pid": plan.pid,
            "files": [{"file": str(file), "bytes": file.stat().st_size} for file in files],
        }
        lines = [f"{file}  {format_size(file.stat().st_size)}" for file in files]
        return print_answer(options, answer, lambda: lines)


def _subject(verb: OfProgram, options: Namespace) -> tuple[str, list[Asked]]:
    """Return the name of what is meant, and its processes, the largest first.

    Raises: UsageError, NotRunningError, ControlError.
    """
    if options.target is None and options.pid is not None:
        from trayapp.cli.target_changes import running_process

        key = running_process(options.pid).key  # without any Memtray that runs
        return _("process {pid}").format(pid=options.pid), [Asked(key.pid, key.started, None)]
    program = verb.find(options)
    if not program.processes:
        raise ControlError(_("{name} is not running.").format(name=program.title))
    asked = [Asked(each.pid, each.started, each.rss_bytes) for each in program.processes]
    return program.title, asked


def _diagnosis(options: Namespace) -> DiagnosisSettings:
    from trayapp.settings.file import SettingsFile

    return SettingsFile(options.config or current_paths().settings_file).settings.diagnosis


def _longest_pause_seconds(options: Namespace) -> float:
    if options.longest_pause is not None:
        return float(options.longest_pause)
    return _diagnosis(options).longest_pause_seconds


def _look_at_store(options: Namespace) -> int:
    from trayapp.recording.json_store import examine, remembered, store_lines

    found = examine(options.store)
    before = remembered(found, current_paths().data)
    return print_answer(options, found.as_json(before), lambda: store_lines(found, before))
