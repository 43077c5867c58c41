"""`memtray status` and `memtray health`: how things are, with and without the applet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trayapp.cli.options import JsonOptions, JsonVerb, ask_applet, print_answer
from trayapp.language.catalogue import _
from trayapp.paths import current_paths

if TYPE_CHECKING:
    from argparse import Namespace


class Status(JsonVerb):
    """`memtray status`: print what the applet sees; return 1 if it sees nothing, or a part hangs.

    Raises: NotRunningError.
    """

    def run(self, options: Namespace | JsonOptions) -> int:
        answer = ask_applet("status")
        from trayapp.cli.status_text import status_lines

        print_answer(options, answer, lambda: status_lines(answer))
        return 1 if answer.get("stalled_since") is not None or answer.get("hanging") else 0


class Health(JsonVerb):
    """`memtray health`: read the machine once; return 0 good, 1 warning, 2 critical or worse."""

    def run(self, options: Namespace) -> int:
        from trayapp.applet.rules import monitor_rules
        from trayapp.domain.judging.judges.pressure import pressure_level
        from trayapp.domain.records.levels import Level
        from trayapp.domain.showing.lines import system_line
        from trayapp.domain.showing.status import system_status
        from trayapp.readers.system import open_system_reader
        from trayapp.settings.file import load_or_default

        rules = monitor_rules(load_or_default(current_paths().settings_file))
        system = open_system_reader().read()
        level = pressure_level(
            system, rules.thresholds, 0.0, rules.stall_percent, Level.NORMAL, rules.available
        )
        said = _("good") if level is Level.NORMAL else level.said
        print_answer(
            options,
            {"level": level.label, "system": system_status(system)},
            lambda: [_("{name}: {text}").format(name=said, text=system_line(system))],
        )
        return min(level, 2)
