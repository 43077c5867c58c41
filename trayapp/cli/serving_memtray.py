"""The Memtray behind a dashboard, and the browser in front of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.applet.children import memtray_command, package_parent
from trayapp.control.client import call
from trayapp.dataclass import replace
from trayapp.errors import MemtrayError, NotRunningError
from trayapp.platforms import current_platform

if TYPE_CHECKING:
    from trayapp.web.serving import ServeOptions

_LOG = "serve.log"
_END_SECONDS, _ANSWER_SECONDS = 10.0, 1.0
_OPENING_SECONDS = 30.0
"""A browser that starts only now has to read the page that leads to the dashboard."""
_LEADING_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url={address}">
<title>Memtray</title>
<a href="{address}">Memtray</a>
"""


@contextlib.contextmanager
def running_memtray(runtime: Path) -> Iterator[None]:
    """Start a Memtray without a tray icon if none runs, and end it with the block.

    So a machine without a display needs one command only.
    """
    if _answers(runtime):
        yield
        return
    with (runtime / _LOG).open("wb") as log:
        child = subprocess.Popen(
            [*memtray_command(), "start", "--headless"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=package_parent(),
            # It ends after us, not with us: what it has sampled is written.
            start_new_session=True,
        )
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _answers(runtime: Path) -> bool:
    try:
        call(runtime, "table", timeout_seconds=_ANSWER_SECONDS)
    except NotRunningError:
        return False
    except MemtrayError:
        pass
    return True


def show_dashboard(options: ServeOptions) -> int:
    """Open the dashboard that runs, or serve one until nobody has watched for long enough."""
    from trayapp.web.running import find_running
    from trayapp.web.serving import serve
    from trayapp.web.sockets import PortTakenError
    from trayapp.web.tokens import load_tokens

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tokens = load_tokens(options.data)
    page = find_running(options.runtime, tokens)
    if page is not None:
        with leading_page(options.runtime, f"{page}#{tokens.full}", wait=True):
            return 0
    give_back = current_platform().trim_own_heap
    with running_memtray(options.runtime), contextlib.ExitStack() as opened:

        def open_browser(address: str) -> None:
            opened.enter_context(leading_page(options.runtime, address))

        try:
            return serve(options, lambda found: open_browser(found.full), give_back)
        except PortTakenError:
            # Nobody has chosen this port just now: any other does as well.
            any_port = replace(options, port=0)
            return serve(any_port, lambda found: open_browser(found.full), give_back)


@contextlib.contextmanager
def leading_page(runtime: Path, address: str, *, wait: bool = False) -> Iterator[None]:
    """Open a browser at an address with a token, which other users cannot see on the way.

    As an argument of a browser it would be in the list of processes, so it is in a file that only
    this user can read. The file goes soon, or with the block. wait: until then, as nothing else
    is going to.

    Raises: PlatformError if there is nothing to open it with.
    """
    import html  # Only now: most servers open no browser.

    file = runtime / f"dashboard-{os.getpid()}.html"
    file.unlink(missing_ok=True)
    text = _LEADING_PAGE.format(address=html.escape(address))
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    timer = threading.Timer(_OPENING_SECONDS, lambda: file.unlink(missing_ok=True))
    timer.daemon = True
    try:
        current_platform().open_file(file)
        timer.start()
        if wait:
            timer.join()
        yield
    finally:
        timer.cancel()
        file.unlink(missing_ok=True)
