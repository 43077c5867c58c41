"""`memtray investigate`: what a Python program's memory is made of, or a store of JSON lines."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from trayapp.cli.options import add_json, option_type, print_answer
from trayapp.cli.verbs.acting import OfProgram
from trayapp.errors import ControlError, UsageError
from trayapp.language.catalogue import _
from trayapp.language.units import parse_duration
from trayapp.paths import current_paths


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

    def run(self, options: Namespace) -> int:
        if options.store is not None:
            if options.target is not None or options.pid is not None:
                raise UsageError(_("--store FILE stands alone, without a program"))
            return _look_at_store(options)
        from trayapp.domain.showing.investigation import findings, pause_text, refusal_text
        from trayapp.windows.investigation import Investigator, as_lines

        name, keys = self._subject(options)
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

    def _subject(self, options: Namespace) -> tuple[str, list[tuple[int, int]]]:
        """Return the name of what is meant, and its processes, the largest first."""
        if options.target is None and options.pid is not None:
            from trayapp.cli.target_changes import running_process

            facts = running_process(options.pid)  # without any Memtray that runs
            return _("process {pid}").format(pid=options.pid), [facts.key]
        program = self.find(options)
        if not program.processes:
            raise ControlError(_("{name} is not running.").format(name=program.title))
        return program.title, [(each.pid, each.started) for each in program.processes]


def _longest_pause_seconds(options: Namespace) -> float:
    if options.longest_pause is not None:
        return float(options.longest_pause)
    from trayapp.settings.file import SettingsFile

    return SettingsFile(current_paths().settings_file).settings.diagnosis.longest_pause_seconds


def _look_at_store(options: Namespace) -> int:
    from trayapp.recording.json_store import examine, remembered, store_lines

    found = examine(options.store)
    before = remembered(found, current_paths().data)
    return print_answer(options, found.as_json(before), lambda: store_lines(found, before))
