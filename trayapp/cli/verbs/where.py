"""`memtray where`: where all memory of this machine is."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from trayapp.cli.options import add_json, add_theme, print_json
from trayapp.language.catalogue import _
from trayapp.paths import LOCK_NAME, current_paths

if TYPE_CHECKING:
    from trayapp.domain.records.account import Account


class Where:
    """`memtray where`: print the account, or show it. Raises: PlatformError, SettingsError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add_json(parser)
        text = _("show it in a window, as the menu does")
        parser.add_argument("--window", action="store_true", help=text)
        add_theme(parser)

    def run(self, options: Namespace) -> int:
        """Print or show it. Raises: WindowError where there is no display."""
        if options.window:
            from trayapp.cli.verbs.windows import live_options
            from trayapp.windows.where import main

            return main(live_options(options), read_account_now)
        from trayapp.domain.records.account import account_json
        from trayapp.domain.showing.account import account_lines

        account = read_account_now()
        if options.json:
            print_json(account_json(account))
        else:
            print("\n".join(account_lines(account)))
        return 0


def read_account_now() -> Account:
    """Read the machine and all its programs, grouped as in the applet.

    Raises: PlatformError, SettingsError.
    """
    from trayapp.applet.rules import monitor_rules
    from trayapp.platforms.claimed_name import claimed_by
    from trayapp.readers.account import read_account
    from trayapp.readers.account.programs_known import read_programs
    from trayapp.settings.file import load_or_default

    paths = current_paths()
    rules = monitor_rules(load_or_default(paths.settings_file)).targets
    app_pid = claimed_by(paths.runtime / LOCK_NAME) or os.getpid()
    return read_account(*read_programs(rules, app_pid))
