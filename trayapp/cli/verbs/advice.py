"""`memtray advice`: what to do about memory, done or put aside from a terminal."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from trayapp.cli.options import add_json, add_theme, ask_applet, placeholder, print_answer
from trayapp.errors import UsageError
from trayapp.language.catalogue import _, format_number
from trayapp.language.units import format_size

_TIMEOUT_SECONDS = 120.0
_LEARNED = ("list", "freeze", "unfreeze", "reset")
_WHAT = ("list", "apply", "dismiss", "undo")


class Advice:
    """List advice, follow it or put it aside. Raises: NotRunningError, UsageError, ControlError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add_json(parser)
        add("what", nargs="?", default="list", choices=_WHAT, metavar=placeholder(_WHAT))
        add("id", nargs="?", metavar="ID", help=_("which advice: its ID, or a part of it"))
        add("--never", action="store_true", help=_("dismiss it for good, not only for a day"))
        add("--window", action="store_true", help=_("open a window instead"))
        add_theme(parser)

    def run(self, options: Namespace) -> int:
        if options.window:
            from trayapp.cli.desktop_actions import DesktopActions
            from trayapp.cli.verbs.windows import live_options
            from trayapp.windows.advice import main

            return main(live_options(options), DesktopActions())
        if options.what != "list" and not options.id:
            text = _("which advice? For example: memtray advice {what} trim:target:NAME")
            raise UsageError(text.format(what=options.what))
        answer = ask_applet(
            "advice",
            _TIMEOUT_SECONDS,
            what=options.what,
            id=options.id,
            for_good=options.never,
        )
        if options.what != "list":
            return print_answer(options, answer, lambda: [str(answer["text"])])
        return print_answer(options, answer, lambda: _lines(answer))


class Learned:
    """List what was learned of targets, freeze it or forget it. Raises: UsageError and others."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add_json(parser)
        add("what", nargs="?", default="list", choices=_LEARNED, metavar=placeholder(_LEARNED))
        add("name", nargs="?", metavar="TARGET", help=_("the tracked program"))

    def run(self, options: Namespace) -> int:
        if options.what != "list" and not options.name:
            text = _("which program? For example: memtray learned {what} NAME")
            raise UsageError(text.format(what=options.what))
        answer = ask_applet("learned", what=options.what, name=options.name)
        return print_answer(options, answer, lambda: _learned_lines(answer))


class SetLimit:
    """Write another limit of a target into the settings; not for people. Raises: SettingsError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        parser.add_argument("--config", type=Path, required=True)
        parser.add_argument("name")
        parser.add_argument("bytes", type=int)

    def run(self, options: Namespace) -> int:
        from trayapp.settings.editing import change_values
        from trayapp.settings.file import rewrite
        from trayapp.settings.parsing import parse_settings
        from trayapp.settings.records import TARGETS_TABLE

        def change(text: str) -> str:
            # Of a file that has a mistake nothing would be in force.
            parse_settings(text, str(options.config))
            values = {"limit": str(options.bytes)}
            return change_values(text, TARGETS_TABLE, values, options.name)

        rewrite(options.config, change)
        return 0


class SetException:
    """Write an exception of alerts into the settings, or take it out; not for people.

    Raises: SettingsError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        parser.add_argument("--config", type=Path, required=True)
        parser.add_argument("--remove", action="store_true")
        parser.add_argument("entry")

    def run(self, options: Namespace) -> int:
        from trayapp.settings.editing import change_values
        from trayapp.settings.file import rewrite
        from trayapp.settings.kinds import RefusedError
        from trayapp.settings.parsing import parse_settings

        def change(text: str) -> str:
            known = parse_settings(text, str(options.config)).alerts.exceptions
            entries = [each for each in known if each != options.entry]
            if not options.remove:
                entries.append(options.entry)
            elif len(entries) == len(known):
                reason = _("{name} is no longer there").format(name=repr(options.entry))
                raise RefusedError(reason)
            return change_values(text, "alerts", {"exceptions": entries or None})

        rewrite(options.config, change)
        return 0


def _learned_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    if not answer["learned"]:
        yield _("Nothing learned yet: that takes a week of history.")
    for told in answer["learned"]:
        known = [usual for usual in told["hours"] if usual]
        text = _("{name}: usually {low} to {high} (learned from {days} days)")
        if told["frozen"]:
            text = _("{name}: usually {low} to {high} (learned from {days} days, frozen)")
        yield text.format(
            name=told["target"],
            low=format_size(min(low for low, _high in known)),
            high=format_size(max(high for _low, high in known)),
            days=format_number(told["days"]),
        )


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    from trayapp.domain.showing.advice_lines import advice_lines, deed_line

    if not answer["advice"]:
        yield _("No advice at the moment.")
    for advice in answer["advice"]:
        yield from advice_lines(advice)
    if answer["done"]:
        yield ""
        yield _("Done:")
        for deed in answer["done"][:10]:
            moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(deed["at"]))
            yield f"  {moment}  {deed_line(deed)}"
