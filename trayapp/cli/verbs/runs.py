"""`memtray runs`: the latest runs of tracked programs, and what goes before growth in them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from trayapp.cli.options import add_json, ask_applet, print_answer
from trayapp.errors import MemtrayError
from trayapp.language.catalogue import _, ngettext
from trayapp.language.units import format_duration, format_size
from trayapp.paths import current_paths

if TYPE_CHECKING:
    from trayapp.domain.judging.phases import Phase


class Runs:
    """List the latest runs of targets. Raises: HistoryError, UsageError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add_json(parser)
        text = _("which tracked programs; without one, all")
        least = _("how many pairs of values it takes to compare memory with performance")
        parser.add_argument("--least", type=int, default=30, metavar="N", help=least)
        parser.add_argument("targets", nargs="*", metavar="TARGET", help=text)

    def run(self, options: Namespace) -> int:
        from trayapp.cli.program_kinds import choose_kind
        from trayapp.history.causes import causes_status
        from trayapp.history.reader import HistoryReader
        from trayapp.history.run_status import MOST_TARGETS, read_sessions
        from trayapp.windows.selecting import target_names

        history_file = current_paths().history_file
        with HistoryReader(history_file) as reader:
            known = target_names([*reader.series()])
        for name in options.targets:
            choose_kind(name, known, ())
        found = read_sessions(history_file, options.targets, _limits(), options.least)
        # In the order in which they are listed.
        names = dict.fromkeys(run["target"] for run in found)
        causes = causes_status(history_file, names)
        answer = {"runs": found, "causes": causes}
        more = 0 if options.targets else len(known) - MOST_TARGETS
        return print_answer(options, answer, lambda: _all_lines(found, causes, more))


def _limits() -> dict[str, float]:
    """Return the own limits of targets: as they are now, else as the settings have them."""
    from trayapp.settings.file import load_settings

    try:
        told = ask_applet("status")["targets"]
    except MemtrayError:
        try:
            settings = load_settings(current_paths().settings_file)
        except MemtrayError:
            # Its runs can be listed without its limits.
            return {}
        return {one.name: one.limit_bytes for one in settings.targets if one.limit_bytes}
    return {one["name"]: one["size_limit_bytes"] for one in told if one["size_limit_bytes"]}


def _all_lines(
    runs: Sequence[Mapping[str, Any]], causes: Mapping[str, Mapping[str, Any]], more: int
) -> Iterator[str]:
    """more: how many targets are left out."""
    yield from _lines(runs)
    if more > 0:
        yield ngettext("and {count} more", "and {count} more", more).format(count=more)
    for name, told in causes.items():
        yield ""
        yield _("Before growth of {name}:").format(name=name)
        for line in told["lines"]:
            yield f"  {line}"


def _lines(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    from trayapp.domain.showing.phase_lines import phase_line

    if not runs:
        yield _("No runs recorded yet. Runs are kept of tracked programs.")
    for run in runs:
        health = _("too short to judge")
        if run["health"] is not None:
            health = _("{score} of 100, {word}").format(
                score=run["health_score"], word=run["health"]
            )
        alerts = ngettext("{count} alert", "{count} alerts", run["alerts"])
        text = _("{name}, {moment}, {time}: peak {peak}, {alerts}, health {health}")
        yield text.format(
            name=run["target"],
            moment=f"{datetime.fromtimestamp(run['from']):%Y-%m-%d %H:%M:%S}",
            time=format_duration(run["to"] - run["from"]),
            peak=format_size(run["peak_bytes"]),
            alerts=alerts.format(count=run["alerts"]),
            health=health,
        )
        for told in run["phases"]:
            yield f"  {phase_line(_phase(told))}"
        for told in run["performance"] or ():
            yield f"  {told['text']}"


def _phase(told: Mapping[str, Any]) -> Phase:
    from trayapp.domain.judging.phases import Phase

    return Phase(
        told["phase"],
        told["from"],
        told["to"],
        told["from_bytes"],
        told["to_bytes"],
        told["rate_bytes_per_second"],
        told["swing_bytes"],
    )
