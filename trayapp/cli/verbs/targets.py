"""`memtray targets`: which running processes a target's rule matches, by one sample of them all."""

from __future__ import annotations

import os
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from trayapp.applet.rules import file_of, monitor_rules
from trayapp.cli.options import add_json, option_type, print_answer
from trayapp.cli.target_changes import (
    RULE_OPTIONS,
    add_rule_options,
    add_target,
    checked_rule,
    given_rules,
    remove_target,
)
from trayapp.dataclass import dataclass
from trayapp.domain.grouping.expressions import compile_expression
from trayapp.domain.grouping.nearest import nearest_match
from trayapp.domain.grouping.target_tracker import TargetTracker
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.names import shown_name
from trayapp.domain.records.samples import ProcessFacts
from trayapp.domain.records.unmatched import shown_command
from trayapp.errors import UsageError
from trayapp.language.catalogue import _, ngettext
from trayapp.paths import current_paths
from trayapp.readers.hidden_processes import hides_processes
from trayapp.readers.processes import open_process_reader
from trayapp.settings.file import load_settings
from trayapp.settings.parsing import read_value
from trayapp.settings.records import TARGETS_TABLE, fields_of

_TESTED = "\0tested"
"""Stands for the rule that is tried out; no target of the settings can be called so."""
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The processes that one rule finds among those that run."""

    rule: TargetRule
    direct: tuple[ProcessFacts, ...]
    """Those whose command line it matches."""
    child_count: int
    """Descendants of these, that belong to the target as well."""
    holders: dict[int, str]
    """By pid: the target of the settings that has the process already."""
    nearest: ProcessFacts | None = None
    """Where it matches nothing: the process that is most like it."""


class RunningProcesses:
    """All processes that run now; the terminal that asks, and Memtray, are none of them."""

    def __init__(self) -> None:
        """Read them once, which takes some milliseconds for a thousand."""
        reader = open_process_reader()
        reader.ask_for(exe=True, user=True)
        try:
            found = {facts.key.pid: facts for facts in reader.refresh().appeared}
        finally:
            reader.close()
        pid = os.getpid()
        # The shell that runs `memtray targets test --match TEXT` has the text in its own line.
        while (facts := found.pop(pid, None)) is not None:
            pid = facts.parent_pid
        self._processes = tuple(found.values())

    def match(self, rule: TargetRule, others: Sequence[TargetRule] = ()) -> Matches:
        """Return whom a rule finds; `others`: targets that may have the same processes already."""
        tracker = self._tracker([rule])
        members = tracker.members_of_rules()[rule.name]
        known = [facts for key in members if (facts := tracker.facts(key)) is not None]
        direct = tuple(facts for facts in known if rule.matches(facts))
        nearest = None if known else nearest_match(rule, tracker.strangers())
        holders = {
            key.pid: name
            for name, keys in self._tracker(others).members().items()
            for key in keys
            if name != rule.name
        }
        return Matches(
            rule=rule,
            direct=direct,
            child_count=len(known) - len(direct),
            holders=holders if direct else {},
            nearest=nearest,
        )

    def _tracker(self, rules: Sequence[TargetRule]) -> TargetTracker:
        tracker = TargetTracker(rules, os.getpid())
        tracker.apply(appeared=self._processes)
        return tracker


class Targets:
    """`memtray targets`: print what rules find now, which is all it does alone; add, remove them.

    Raises: UsageError, SettingsError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add_json(parser)
        what = parser.add_subparsers(title=_("commands"), metavar="VERB", dest="what")
        listing = what.add_parser(
            "list", help=_("List every tracked program, its rule and what it matches now")
        )
        adding = what.add_parser("add", help=_("Track a program from now on"))
        adding.add_argument("name", metavar="NAME", help=_("what to call it"))
        add_rule_options(adding)
        limit, text = option_type(_limit), _("how much it may use, such as 500M or 20%%")
        adding.add_argument("--limit", type=limit, metavar="500M", help=text)
        text = _("before all others: a process belongs to the first that matches it")
        adding.add_argument("--first", action="store_true", help=text)
        named = _("a tracked program from the settings")
        removing = what.add_parser("remove", help=_("Stop tracking a program"))
        removing.add_argument("name", metavar="NAME", help=named)
        text = _("Show which running processes a rule matches (exit code 1: none)")
        test = what.add_parser("test", help=text)
        test.add_argument("name", nargs="?", metavar="NAME", help=named)
        add_rule_options(test)
        for each in (listing, adding, removing, test):
            add_json(each, default=SUPPRESS)

    def run(self, options: Namespace) -> int:
        ways = {"test": _test, "add": add_target, "remove": remove_target}
        return ways.get(options.what, _list)(options)


def _limit(text: str) -> str:
    """Check a limit. Raises: RefusedError, which is a ValueError, with value and what fits."""
    read_value(fields_of(TARGETS_TABLE)["limit"], text)
    return text


def _list(options: Namespace) -> int:
    processes = RunningProcesses()
    found = [processes.match(rule) for rule in _rules()]
    nothing = _("No tracked programs yet. `memtray status` shows the largest applications anyway.")
    return print_answer(
        options,
        [{"name": each.rule.name, **_as_json(each)} for each in found],
        lambda: [_list_line(each) for each in found] or [nothing],
    )


def _list_line(matches: Matches) -> str:
    return _("{name}  {rule}: {found}").format(
        name=shown_name(matches.rule.name),
        rule=_rule_said(matches.rule),
        found=_found_said(matches),
    )


def _test(options: Namespace) -> int:
    rules = _rules()
    rule = _tested_rule(options, rules)
    others = [each for each in rules if each.name != rule.name]
    matches = RunningProcesses().match(rule, others)
    print_answer(options, _as_json(matches), lambda: _lines(matches))
    return 0 if matches.direct else 1


def unmatched_targets() -> Iterator[tuple[str, str]]:
    """Yield name and reason of each target of the settings that finds nothing now."""
    rules = _rules()
    processes = RunningProcesses() if rules else None
    for rule in rules:
        matches = processes.match(rule) if processes else None
        if matches is not None and not matches.direct:
            yield rule.name, _found_said(matches)


def _rules() -> tuple[TargetRule, ...]:
    return monitor_rules(load_settings(current_paths().settings_file)).targets


def _tested_rule(options: Namespace, rules: Sequence[TargetRule]) -> TargetRule:
    given = given_rules(options)
    if len(given) + (options.name is not None) != 1:
        text = _("what should be tested? Give the NAME of a tracked program, or one of {options}")
        raise UsageError(text.format(options=RULE_OPTIONS))
    if options.name is not None:
        named = [rule for rule in rules if rule.name == options.name]
        if not named:
            raise UsageError(
                _("no tracked program is called {name}; `memtray targets list` shows them").format(
                    name=shown_name(options.name)
                )
            )
        return named[0]
    tried = checked_rule(options)
    regex = None if tried.regex is None else compile_expression(tried.regex)
    return TargetRule(
        name=_TESTED,
        match=tried.match,
        regex=regex,
        exe=tried.exe,
        exe_file=file_of(tried.exe),
        unit=tried.unit,
        container=tried.container,
        cgroup=tried.cgroup,
        user=tried.user,
    )


def _lines(matches: Matches) -> Iterator[str]:
    count = len(matches.direct)
    if not count:
        yield _found_said(matches)
        return
    text = ngettext("{count} process matches:", "{count} processes match:", count)
    yield text.format(count=count)
    for facts in matches.direct[:_SHOWN]:
        line = f"{facts.key.pid:>9}  {shown_command(facts)}"
        holder = matches.holders.get(facts.key.pid)
        if holder is not None:
            line += "  " + _("(belongs to {name})").format(name=shown_name(holder))
        yield line
    if count > _SHOWN:
        yield _("and {count} more").format(count=count - _SHOWN)
    if matches.child_count:
        yield ngettext(
            "{count} child process of these is included as well.",
            "{count} child processes of these are included as well.",
            matches.child_count,
        ).format(count=matches.child_count)


def _found_said(matches: Matches) -> str:
    count = len(matches.direct) + matches.child_count
    if count:
        return ngettext("{count} process", "{count} processes", count).format(count=count)
    text = _("no running process matches")
    if hides_processes():
        return _("no visible process matches; the system hides other users' processes (hidepid)")
    if matches.nearest is not None:
        text = _("no running process matches; most similar: {command} (pid {pid})").format(
            command=shown_command(matches.nearest), pid=matches.nearest.key.pid
        )
    return text


def _rule_said(rule: TargetRule) -> str:
    return f"({shown_name(rule.text)})"


def _as_json(matches: Matches) -> dict[str, Any]:
    rule = matches.rule
    return {
        "match": rule.match,
        "regex": rule.regex.pattern if rule.regex else None,
        "exe": rule.exe,
        "unit": rule.unit,
        "container": rule.container,
        "cgroup": rule.cgroup,
        "user": rule.user,
        "children": rule.children,
        "matches": [
            {
                "pid": facts.key.pid,
                "command_line": facts.command_line,
                "belongs_to": matches.holders.get(facts.key.pid),
            }
            for facts in matches.direct
        ],
        "child_count": matches.child_count,
        "nearest": {"pid": matches.nearest.key.pid, "command_line": matches.nearest.command_line}
        if matches.nearest
        else None,
    }
