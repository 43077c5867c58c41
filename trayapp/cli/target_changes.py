"""`memtray targets add` and `remove`: changes of the settings file that keep its comments."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace

from trayapp.cli.options import ask_applet, print_answer
from trayapp.dataclass import replace
from trayapp.domain.grouping.expressions import RefusedExpressionError, compile_expression
from trayapp.domain.records.names import shown_name
from trayapp.domain.records.samples import ProcessFacts
from trayapp.errors import MemtrayError, SettingsError, UsageError
from trayapp.language.catalogue import _
from trayapp.paths import current_paths
from trayapp.settings.file import add_target as append_target
from trayapp.settings.file import load_settings
from trayapp.settings.file import remove_target as take_out_target
from trayapp.settings.kinds import Limit, RefusedError
from trayapp.settings.parsing import read_value
from trayapp.settings.records import TARGET_RULES, TARGETS_TABLE, TargetSettings, fields_of

RULE_OPTIONS = (
    "--match TEXT, --regex RE, --exe PATH, --pid N, --unit UNIT, --container CONTAINER, "
    "--cgroup CGROUP, --user USER"
)


def add_rule_options(parser: ArgumentParser) -> None:
    """Add the ways to say which processes are meant."""
    add = parser.add_argument
    add("--match", metavar="TEXT", help=_("all processes whose command line contains this text"))
    add("--regex", metavar="RE", help=_("all processes whose command line matches this expression"))
    add("--exe", metavar="PATH", help=_("all processes that run this program: its path or name"))
    add("--pid", type=int, metavar="N", help=_("all processes with the command line of this one"))
    add("--unit", metavar="UNIT", help=_("all processes in this systemd unit"))
    text = _("all processes in this container or Kubernetes pod: its name or ID")
    add("--container", metavar="CONTAINER", help=text)
    text = _("all processes in this control group and those below it: its path")
    add("--cgroup", metavar="CGROUP", help=text)
    add("--user", metavar="USER", help=_("all processes of this user: the name or number"))


def given_rules(options: Namespace) -> list[str]:
    """Return which of the ways were given."""
    return [way for way in (*TARGET_RULES, "pid") if getattr(options, way) is not None]


def checked_rule(options: Namespace) -> TargetSettings:
    """Return the rule that the options give, without a name. Raises: UsageError."""
    (way,) = given_rules(options)
    value = getattr(options, way)
    if way == "pid":
        return TargetSettings(name="", match=running_process(value).command_line)
    if not value.strip():
        raise UsageError(_("an empty text would match every process"))
    if way == "regex":
        try:
            compile_expression(value)
        except RefusedExpressionError as error:
            raise UsageError(_("{name}: {text}").format(name="--regex", text=error)) from None
        except re.error as error:
            text = _("{regex!r} is not a regular expression: {reason}")
            raise UsageError(text.format(regex=value, reason=error)) from None
    try:
        read_value(fields_of(TARGETS_TABLE)[way], value)
    except RefusedError as error:
        raise UsageError(_("{name}: {text}").format(name=f"--{way}", text=error)) from None
    return TargetSettings(name="", **{way: value})


def add_target(options: Namespace) -> int:
    """Track a program from now on, in a running applet at once.

    Raises: UsageError, SettingsError.
    """
    if len(given_rules(options)) != 1:
        text = _("which processes? Give one of {options}")
        raise UsageError(text.format(options=RULE_OPTIONS))
    file = current_paths().settings_file
    current_paths().create()
    _check_free(options.name)
    limit = fields_of(TARGETS_TABLE)["limit"].kind.read(options.limit) if options.limit else None
    target = replace(
        checked_rule(options), name=options.name, limit=limit if isinstance(limit, Limit) else None
    )
    added = append_target(file, target).targets[-1]
    if options.first:
        move_to_front(added.name)
    _wake()
    text = _("{name} is tracked from now on.")
    return print_answer(
        options, {"name": added.name}, lambda: [text.format(name=shown_name(added.name))]
    )


def remove_target(options: Namespace) -> int:
    """Track a program no longer. Raises: UsageError if none has the name, SettingsError."""
    file = current_paths().settings_file
    if options.name not in [target.name for target in load_settings(file).targets]:
        text = _("no tracked program is called {name}; `memtray targets list` shows them")
        raise UsageError(text.format(name=shown_name(options.name)))
    take_out_target(file, options.name)
    _wake()
    text = _("{name} is no longer tracked.")
    return print_answer(
        options, {"name": options.name}, lambda: [text.format(name=shown_name(options.name))]
    )


def move_to_front(name: str) -> None:
    """Write the block of a target, the last one, before all others. Raises: SettingsError."""
    from trayapp.settings.file import rewrite
    from trayapp.settings.parsing import parse_settings

    file = current_paths().settings_file

    def move(text: str) -> str:
        starts = [found.start() for found in _BLOCK.finditer(text)]
        if len(starts) < 2:
            return text
        moved = text[starts[-1] :]
        newline = "\r\n" if "\r\n" in text else "\n"
        body = text[: starts[-1]].rstrip("\r\n") + newline
        after = body[: starts[0]] + moved.rstrip("\r\n") + newline * 2 + body[starts[0] :]
        if parse_settings(after, str(file)).targets[0].name != name:
            text = _("{name} was added, but not before all others; move its block by hand")
            raise SettingsError(text.format(name=shown_name(name)))
        return after

    rewrite(file, move)


_BLOCK = re.compile(r"^[ \t]*\[\[\s*targets\s*\]\]", re.MULTILINE)


def _check_free(name: str) -> None:
    """Raises: UsageError if a target has the name: a second one is hardly meant."""
    taken = [target.name for target in load_settings(current_paths().settings_file).targets]
    if name in taken:
        text = _("{name} is tracked already; remove it first, or choose another name")
        raise UsageError(text.format(name=shown_name(name)))


def running_process(pid: int) -> ProcessFacts:
    """Return what is known of a process that runs. Raises: UsageError if there is none."""
    from trayapp.readers.processes import open_process_reader

    reader = open_process_reader()
    try:
        found = [facts for facts in reader.refresh().appeared if facts.key.pid == pid]
    finally:
        reader.close()
    if not found:
        raise UsageError(_("there is no process {pid}").format(pid=pid))
    return found[0]


def _wake() -> None:
    """Have a running applet take the change in now; without this it does within two seconds."""
    try:
        ask_applet("settings_changed", 2.0)
    except MemtrayError:
        return
