"""`memtray deliver`, which the applet starts for a remote channel; not for people."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from trayapp.errors import ChannelError
from trayapp.language.catalogue import _
from trayapp.paths import current_paths


class Deliver:
    """`memtray deliver`: send what waits for the channel. Raises: ChannelError, SettingsError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--config", type=Path, required=True)
        add("channel")

    def run(self, options: Namespace) -> int:
        from trayapp.delivery.answer_limits import limit_memory
        from trayapp.delivery.remote_child import deliver, find_address
        from trayapp.delivery.spool import Spool
        from trayapp.settings.file import load_settings

        limit_memory()
        settings = load_settings(options.config)
        for channel in settings.channels:
            if channel.name == options.channel:
                address = find_address(
                    channel.url, channel.url_env, channel.url_keyring, os.environ
                )
                deliver(Spool(current_paths().outbox), channel.name, address)
                return 0
        raise ChannelError(settings.problem or _("there is no such channel in the settings"))
