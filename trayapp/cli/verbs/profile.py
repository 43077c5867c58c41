"""`memtray profile`: which profiles there are, and switching the running Memtray to another."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from trayapp.applet.profiles import (
    checked_profile,
    known_profiles,
    present_profile,
    profile_answers,
)
from trayapp.cli.options import add_json, print_answer
from trayapp.errors import NotRunningError
from trayapp.language.catalogue import _
from trayapp.paths import DEFAULT_PROFILE, PROFILE_VARIABLE, find_paths

_SWITCH_SECONDS = 30.0


class Profile:
    """`memtray profile`: list the profiles, or have the running Memtray switch.

    Raises: UsageError, NotRunningError, ControlError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add_json(parser)
        text = _("the profile to switch to; without it, all profiles are listed")
        parser.add_argument("name", nargs="?", metavar="PROFILE", help=text)

    def run(self, options: Namespace) -> int:
        names = known_profiles() or (DEFAULT_PROFILE,)
        running = [name for name in names if profile_answers(name)]
        if options.name is None:
            rows = [{"name": name, "running": name in running} for name in names]
            # Translators: a profile in a list, as "work (running)".
            text = _("{name} (running)")
            lines = [text.format(name=name) if name in running else name for name in names]
            return print_answer(options, rows, lambda: lines)
        checked_profile(options.name, os.environ)
        origin = present_profile()
        if origin not in running and len(running) == 1:
            (origin,) = running
        if origin != options.name:
            _switch(origin, options.name)
        text = _("Memtray is running with the profile {name}.")
        return print_answer(
            options,
            {"name": options.name, "before": origin},
            lambda: [text.format(name=options.name)],
        )


def _switch(origin: str, name: str) -> None:
    """Have the Memtray of one profile start that of another, and end. Raises: ControlError."""
    from trayapp.control.client import call

    try:
        call(_runtime(origin), "profile", {"name": name}, _SWITCH_SECONDS)
    except NotRunningError:
        if profile_answers(name):
            return
        raise


def _runtime(name: str) -> Path:
    return find_paths({**os.environ, PROFILE_VARIABLE: name}).runtime
