"""Verbs of the dashboard: `serve` for terminals and servers, `dashboard` for the menu."""

from __future__ import annotations

import contextlib
import gc
import signal
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.cli.options import option_type
from trayapp.dataclass import NamedTuple
from trayapp.errors import MemtrayError, UsageError
from trayapp.language.catalogue import _
from trayapp.language.extras import WEB, what_it_needs
from trayapp.language.units import parse_duration
from trayapp.paths import current_paths

if TYPE_CHECKING:
    from trayapp.web.serving import Addresses, ServeOptions

_HIGHEST_PORT = 65535
_LEAST_IDLE, _MOST_IDLE = 5.0, 86_400.0
_LARGEST_BYTES = 1024 * 1024


class Serve:
    """`memtray serve`: serve until ended. Raises: UsageError, MemtrayError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "--port",
            type=int,
            metavar="8002",
            help=_("the port (default: that of the settings, 8002); 0: any that is free"),
        )
        add(
            "--bind",
            default="127.0.0.1",
            metavar="ADDRESS",
            help=_("the address to listen on (default: 127.0.0.1, this machine only)"),
        )
        add(
            "--name",
            action="append",
            default=[],
            metavar="HOST",
            help=_("another name by which browsers reach this server; may be repeated"),
        )
        add("--tls-cert", type=Path, metavar="FILE.pem", help=_("the certificate for HTTPS"))
        add("--tls-key", type=Path, metavar="FILE.pem", help=_("its private key"))
        add(
            "--insecure",
            action="store_true",
            help=_("let other machines connect without HTTPS: everybody on the way can read it"),
        )
        add(
            "--read-only",
            action="store_true",
            help=_("read-only: nobody can change anything, whatever their token"),
        )
        add(
            "--new-token",
            action="store_true",
            help=_("make new tokens; old addresses stop working"),
        )
        add(
            "--idle",
            type=option_type(parse_duration),
            metavar="10min",
            help=_("end this long after the last viewer leaves (default: keep running)"),
        )

        add("--open", action="store_true", help=_("also open it in a browser"))

    def run(self, options: Namespace) -> int:
        require_extra()
        # Nothing of what is loaded from here on is ever garbage.
        gc.disable()
        # Whenever it is ended, what it has started is to end with it.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        from trayapp.cli.serving_memtray import leading_page, running_memtray
        from trayapp.platforms import current_platform
        from trayapp.web.serving import serve

        wanted = serve_options(options)
        platform = current_platform()
        platform.share_one_heap()

        def announce(found: Addresses) -> None:
            address = found.read_only if options.read_only else found.full
            print(address, flush=True)
            gc.freeze()
            gc.enable()
            if not options.read_only:
                text = _("Read-only: {address}")
                print(text.format(address=found.read_only), flush=True)
            # Only now: whoever waits for the page is not to wait for this.
            opened.enter_context(running_memtray(wanted.runtime))
            if options.open:
                opened.enter_context(leading_page(wanted.runtime, address))
            with contextlib.suppress(MemtrayError):
                platform.trim_own_heap()

        with contextlib.ExitStack() as opened:
            return serve(wanted, announce, platform.trim_own_heap)


class Dashboard:
    """`memtray dashboard`: show it in a browser. Raises: MemtrayError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        pass

    def run(self, _options: Namespace) -> int:
        require_extra()
        from trayapp.cli.serving_memtray import show_dashboard

        parser = ArgumentParser()
        Serve().prepare_parser(parser)
        return show_dashboard(serve_options(parser.parse_args([]), is_from_menu=True))


def require_extra() -> None:
    """Raises: UsageError, with the command that installs what is missing."""
    if not WEB.is_installed:
        raise UsageError(what_it_needs(_("The dashboard"), WEB))


def serve_options(options: Namespace, *, is_from_menu: bool = False) -> ServeOptions:
    """Return what a server needs, from the command line and `[web]` of the settings.

    is_from_menu: it ends when it is not used for as long as the settings say.

    Raises: UsageError.
    """
    from trayapp.applet.children import memtray_command
    from trayapp.web.serving import ServeOptions

    paths = current_paths()
    paths.create()
    web = _web_settings(paths.settings_file)
    port = web.port if options.port is None else options.port
    if not 0 <= port <= _HIGHEST_PORT:
        raise UsageError(_("A port is a number from 0 to {most}").format(most=_HIGHEST_PORT))
    for file in (options.tls_cert, options.tls_key):
        if file is not None and not file.is_file():
            raise UsageError(_("There is no file {file}").format(file=file))
    return ServeOptions(
        runtime=paths.runtime,
        data=paths.data,
        history_file=paths.history_file,
        port=port,
        bind=options.bind,
        names=tuple(options.name),
        certificate=options.tls_cert,
        key=options.tls_key,
        is_insecure=options.insecure,
        is_read_only=options.read_only,
        renews_tokens=options.new_token,
        idle_seconds=web.idle_seconds if is_from_menu else options.idle,
        shows_command_lines=web.shows_command_lines,
        memtray_command=tuple(memtray_command()),
    )


class _Web(NamedTuple):
    """What `[web]` of the settings says."""

    port: int = 8002
    shows_command_lines: bool = False
    idle_seconds: float = 600.0


def _web_settings(file: Path) -> _Web:
    """Return what `[web]` of the settings says.

    A mistake there is no reason not to serve: its default counts, and Memtray itself reports it.
    All that reads and checks every setting would be an eighth of this process.
    """
    usual = _Web()
    if not file.is_file():
        return usual
    import tomllib

    try:
        with file.open("rb") as stream:
            found = tomllib.loads(stream.read(_LARGEST_BYTES).decode("utf-8-sig")).get("web")
    except (OSError, ValueError, RecursionError):
        return usual
    if not isinstance(found, dict):
        return usual
    port, idle_seconds = found.get("port"), usual.idle_seconds
    if type(port) is not int or not 0 <= port <= _HIGHEST_PORT:
        port = usual.port
    with contextlib.suppress(ValueError):
        idle_seconds = parse_duration(str(found.get("idle")))
    return _Web(
        port,
        found.get("show_command_lines") is True,
        idle_seconds if _LEAST_IDLE <= idle_seconds <= _MOST_IDLE else usual.idle_seconds,
    )
