"""`memtray serve` and the dashboard of the menu: one server, until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from trayapp.dataclass import dataclass
from trayapp.errors import MemtrayError, UsageError
from trayapp.language.catalogue import _
from trayapp.web.app import make_router
from trayapp.web.connections import Doors, GuardedHttp
from trayapp.web.context import Context
from trayapp.web.downloads import Downloads
from trayapp.web.guard import Guard
from trayapp.web.live import Live
from trayapp.web.origins import Origins, is_loopback
from trayapp.web.running import noted
from trayapp.web.sockets import listen
from trayapp.web.tokens import load_tokens

_LONGEST_REQUEST_BYTES = 16 * 1024
_LONGEST_MESSAGE_BYTES = 4096
_PING_SECONDS = 20.0
_END_SECONDS = 1
_CHECK_SECONDS = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What a server is started with."""

    runtime: Path
    data: Path
    """Where the tokens are."""
    history_file: Path
    port: int = 8002
    bind: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    """By which it is reached, beside its address."""
    certificate: Path | None = None
    key: Path | None = None
    is_insecure: bool = False
    """Whether it may be reached from elsewhere without TLS."""
    is_read_only: bool = False
    renews_tokens: bool = False
    idle_seconds: float | None = None
    """So long after the last viewer it ends; None: it stays."""
    shows_command_lines: bool = False
    memtray_command: tuple[str, ...] = ()

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a server is reached."""

    page: str
    """Without a token."""
    full: str
    """With the token that allows everything, in the fragment, which no server is sent."""
    read_only: str


def serve(
    options: ServeOptions,
    on_ready: Callable[[Addresses], object],
    give_back: Callable[[], object] = lambda: None,
) -> int:
    """Serve until a signal, or until nobody has watched for long enough. The main thread.

    on_ready: called once when browsers can connect, in a thread of its own.
    give_back: gives freed memory back to the system; any thread. May raise MemtrayError.
    Raises: MemtrayError if it cannot be reached as asked for.
    """
    require_safe(options)
    tokens = load_tokens(options.data, renew=options.renews_tokens)
    listener = listen(options.bind, options.port)
    port = listener.getsockname()[1]
    raise_descriptor_limit()
    quieten()
    cookie_name = f"memtray_{port}"
    live = Live(options.runtime, partial(_past_points, options, give_back))
    context = Context(
        runtime=options.runtime,
        history_file=options.history_file,
        tokens=tokens,
        cookie_name=cookie_name,
        is_secure=options.certificate is not None,
        live=live,
        shows_command_lines=options.shows_command_lines,
        memtray_command=options.memtray_command,
    )
    seen = _Seen()
    downloads = Downloads(context.memtray_command)
    guard = Guard(
        make_router(context, downloads),
        origins=Origins(options.bind, options.scheme, options.names),
        tokens=tokens,
        cookie_name=cookie_name,
        is_read_only=options.is_read_only,
        on_request=seen.note,
    )
    http, web_socket = guarded_protocols(Doors())
    config = uvicorn.Config(
        guard,
        http=http,
        ws=web_socket,
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        ws_max_size=_LONGEST_MESSAGE_BYTES,
        ws_ping_interval=_PING_SECONDS,
        ws_ping_timeout=_PING_SECONDS,
        ws_per_message_deflate=False,
        h11_max_incomplete_event_size=_LONGEST_REQUEST_BYTES,
        timeout_graceful_shutdown=_END_SECONDS,
        ssl_certfile=options.certificate,
        ssl_keyfile=options.key,
    )
    server = _Server(config)
    page = f"{options.scheme}://{_host(options)}:{port}/"
    addresses = Addresses(page, f"{page}#{tokens.full}", f"{page}#{tokens.read_only}")

    async def run() -> None:
        announcing = asyncio.create_task(_announce(server, lambda: on_ready(addresses)))
        tasks = [announcing]
        if options.idle_seconds is not None:
            tasks.append(
                asyncio.create_task(_end_when_idle(server, live, seen, options.idle_seconds))
            )
        try:
            await server.serve(sockets=[listener])
        finally:
            for task in tasks:
                task.cancel()
            await downloads.close()
        # What on_ready raised has ended the server.
        with contextlib.suppress(asyncio.CancelledError):
            await announcing

    with noted(options.runtime, page):
        asyncio.run(run())
    return 0


def _past_points(
    options: ServeOptions, give_back: Callable[[], object], since: float, keys: list[str]
) -> Mapping[float, Mapping[str, float | None]]:
    """Return what the viewers who come first are shown of the past. Raises: HistoryError."""
    # Only now: the history's code is for those who watch.
    from trayapp.web.past import past_points

    try:
        return past_points(options.history_file, since, keys)
    finally:
        # What loading it has taken is given back: until they go, not much more is.
        with contextlib.suppress(MemtrayError):
            give_back()


def guarded_protocols(doors: Doors) -> tuple[type[GuardedHttp], Any]:
    """Return what makes connections that share these doors: of HTTP, and of WebSocket."""
    http = type("Http", (GuardedHttp,), {"doors": doors})

    def web_socket(**surroundings: Any) -> Any:
        # Only now: before somebody watches, nobody needs its library.
        from trayapp.web.watching import GuardedWebSocket

        return GuardedWebSocket(doors, **surroundings)

    return http, web_socket


class _Server(uvicorn.Server):
    """Ends by a signal as by any other reason: what surrounds it is to be cleaned up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {one: signal.signal(one, self.handle_exit) for one in _SIGNALS}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


class _Seen:
    """When somebody asked last."""

    def __init__(self) -> None:
        self.at_seconds = time.monotonic()

    def note(self) -> None:
        self.at_seconds = time.monotonic()


async def _announce(server: uvicorn.Server, on_ready: Callable[[], object]) -> None:
    while not server.started:
        await asyncio.sleep(0.001)
    try:
        # Whoever asks already does not wait for what else is to be done.
        await asyncio.to_thread(on_ready)
    except BaseException:
        server.should_exit = True
        raise


async def _end_when_idle(
    server: uvicorn.Server, live: Live, seen: _Seen, idle_seconds: float
) -> None:
    while True:
        await asyncio.sleep(min(_CHECK_SECONDS, idle_seconds))
        last = max(seen.at_seconds, live.last_left_seconds)
        if not live.viewers and time.monotonic() - last >= idle_seconds:
            server.should_exit = True
            return


def require_safe(options: ServeOptions) -> None:
    """Refuse what would show a machine to others by mistake. Raises: UsageError."""
    if (options.certificate is None) != (options.key is None):
        raise UsageError(_("Give both --tls-cert and --tls-key"))
    if is_loopback(options.bind) or options.certificate or options.is_insecure:
        return
    text = _(
        "Other machines reach {address}: give a certificate with --tls-cert and --tls-key, or "
        "--insecure if everybody on the way may read and change what is sent"
    )
    raise UsageError(text.format(address=options.bind))


def _host(options: ServeOptions) -> str:
    """Return the name to print: where it listens everywhere, one by which it is reached."""
    if options.names:
        return options.names[0]
    if options.bind in ("0.0.0.0", "::", "[::]"):  # noqa: S104 - compared, not bound
        import socket

        return socket.gethostname()
    address = options.bind.strip("[]")
    return f"[{address}]" if ":" in address else address


def raise_descriptor_limit() -> None:
    """Let as many connect as the system allows."""
    try:
        import resource
    except ImportError:
        return
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 65536
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, 65536), hard))


def quieten() -> None:
    """Have uvicorn say nothing: what matters is said in one line, by us."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.CRITICAL)
