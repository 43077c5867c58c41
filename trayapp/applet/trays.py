"""The tray icon through a whole session: which kind of tray, when there is none, and greetings."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

from trayapp.applet.children import lasting_command
from trayapp.applet.first_start import ENTRY, SEEN, UNSEEN, UNSEEN_SECONDS, greeting, no_tray_hint
from trayapp.applet.pictures import icon_file, menu_pictures
from trayapp.applet.sampler import Sampler
from trayapp.applet.supervision import Supervisor
from trayapp.applet.switches import SwitchBoard
from trayapp.applet.terminal import LiveLines
from trayapp.domain.judging.view import Controls
from trayapp.errors import MemtrayError, PlatformError, TrayError
from trayapp.language.catalogue import _, paragraph
from trayapp.log import Log
from trayapp.platforms.platform import Platform

if TYPE_CHECKING:
    from trayapp.tray.hosts.session import Backend
    from trayapp.tray.icon import TrayIcon

_PAUSE_SECONDS, _OTHER_TRAY_SECONDS = 2.0, 120.0
_FIRST_RETRY_SECONDS, _LONGEST_RETRY_SECONDS = 5.0, 300.0
"""Between two tries of a tray that fails."""
_log = Log(__name__)


class Trays:
    """Shows the icon in the tray that there is, else lines in the terminal."""

    def __init__(
        self,
        sampler: Sampler,
        switches: SwitchBoard,
        live: LiveLines,
        out: TextIO,
        *,
        headless: bool,
        platform: Platform,
        controls: Callable[[], Controls],
        on_menu: Callable[[str], None],
        open_popup: Callable[[], Any],
        counting: Callable[[], AbstractContextManager[None]],
        notify: Callable[[str], None],
        supervisor: Supervisor,
    ) -> None:
        self._sampler = sampler
        self._switches = switches
        self._live = live
        self._out = out
        self._headless = headless
        self._platform = platform
        self._controls = controls
        self._notify = notify
        self._supervisor = supervisor
        self._on_menu = on_menu
        self._open_popup = open_popup
        self._counting = counting
        self._stopped = threading.Event()
        self._icon: TrayIcon | None = None
        self._backend: Backend | None = None
        self._problem = _("started without a tray (--headless)") if headless else ""
        self._next: Backend | None = None
        """What is to follow when the present one has stopped."""

    @property
    def has_icon(self) -> bool:
        """Whether there is an icon, which may yet be hidden."""
        return self._icon is not None

    @property
    def is_visible(self) -> bool | None:
        """Whether the icon can be seen; None where that is unknown, or there is no icon."""
        return self._icon.visible if self._icon else None

    def description(self) -> dict[str, object]:
        """Return which tray it is and why, as JSON."""
        backend = self._backend
        return {
            "name": backend.name if backend else None,
            "visible": self.is_visible,
            "reason": backend.reason if backend else self._problem,
        }

    def choose(self) -> Backend | None:
        """Return the tray to begin with, or None; the terminal says so where there is none."""
        if self._headless:
            return None
        from trayapp.tray.hosts import choose_backend

        try:
            backend = choose_backend(os.environ, sys.platform, os.environ.get("MEMTRAY_TRAY"))
        except TrayError as error:
            self._problem = str(error)
            self._print(
                paragraph(_sentence(error), _("Running in the terminal; press Ctrl-C to quit."))
            )
            return None
        self._live.enabled = backend.visible is False
        if backend.visible is False:
            until = _("Running in the terminal until then; press Ctrl-C to quit.")
            self._print(paragraph(_sentence(backend.reason), until))
        return backend

    def run(self, backend: Backend | None) -> None:
        """Show the icon until `stop`, or wait for that where there is no tray. The main thread."""
        if backend is not None:
            self._supervisor.attempt("tray", partial(self._begin, backend))
        pause_seconds = _FIRST_RETRY_SECONDS
        while not self._stopped.is_set():
            try:
                if backend is None:
                    self._stopped.wait()
                else:
                    self._serve_all(backend)
            except Exception as error:  # noqa: BLE001 - the others need the main thread to go on
                self._note_failure(error)
                if not self._stopped.wait(pause_seconds) and backend is not None:
                    pause_seconds = min(_LONGEST_RETRY_SECONDS, 2 * pause_seconds)
                    backend = self._choose_again() or backend

    def _begin(self, backend: Backend) -> None:
        self._add_application()
        introduction = threading.Timer(UNSEEN_SECONDS, self._introduce)
        introduction.daemon = True
        introduction.start()
        if backend.visible is False:
            threading.Thread(
                target=self._look_for_other_tray, args=(backend,), name="trays", daemon=True
            ).start()

    def _serve_all(self, backend: Backend) -> None:
        """Show one icon after another until `stop`. Raises: TrayError."""
        wanted: Backend | None = backend
        while wanted is not None and not self._stopped.is_set():
            self._serve(wanted)
            wanted, self._next = self._next, None

    def _note_failure(self, error: Exception) -> None:
        """Go on in the terminal, and say so once for each reason."""
        self._icon = self._backend = None
        self._supervisor.note("tray", error)
        if str(error) != self._problem:
            self._problem = str(error)
            self._print(
                paragraph(_sentence(error), _("Running in the terminal; press Ctrl-C to quit."))
            )
        self._live.enabled = True

    def _choose_again(self) -> Backend | None:
        from trayapp.tray.hosts import choose_backend

        try:
            return choose_backend(os.environ, sys.platform, os.environ.get("MEMTRAY_TRAY"))
        except TrayError:
            return None

    def stop(self) -> None:
        """Let `run` return soon. Any thread, and signal handlers."""
        self._stopped.set()
        if self._icon is not None:
            self._icon.stop()

    def refresh(self) -> None:
        """Show what is known now. Any thread."""
        if self._icon is not None:
            from trayapp.domain.showing.tray import tray_state

            self._icon.show(tray_state(self._sampler.view, self._controls()))

    def knock(self, answer: Callable[[], None]) -> bool:
        """Have the loop of the icon call `answer` soon; False: there is none that can tell."""
        return self._icon is not None and self._icon.knock(answer)

    def notify_by_icon(self, title: str, text: str) -> None:
        """Show a text by the icon's own means. Raises: MemtrayError where there is none."""
        if self._icon is None:
            raise MemtrayError(_("no tray icon to show notifications"))
        self._icon.notify(title, text)

    def _serve(self, backend: Backend) -> None:
        from trayapp.tray.icon import TrayIcon

        self._backend = backend
        self._icon = TrayIcon(
            backend,
            self._on_menu,
            on_visible=self._on_visible,
            on_menu_opening=self._sampler.refresh_now,
            open_popup=self._open_popup,
            pictures=menu_pictures(),
            counting=self._counting,
        )
        self.refresh()
        if not self._stopped.is_set():
            self._icon.run()

    def _look_for_other_tray(self, waiting: Backend) -> None:
        """Take a tray of another kind that starts soon after Memtray, as at login. Its own thread.

        waiting: what waits for a tray meanwhile.
        """
        from trayapp.tray.hosts import choose_backend

        deadline = time.monotonic() + _OTHER_TRAY_SECONDS
        while not self._stopped.wait(_PAUSE_SECONDS) and time.monotonic() < deadline:
            if self._icon is None or self._icon.visible:
                return
            with contextlib.suppress(TrayError):
                found = choose_backend(os.environ, sys.platform)
                if found.visible and found.name != waiting.name:
                    self._next = found
                    self._icon.stop()
                    return

    def _on_visible(self, visible: bool) -> None:
        if visible:
            self._introduce()
        if self._live.enabled == visible:
            self._live.enabled = not visible
            self._print(
                _("The icon is in the tray now.")
                if visible
                else _("The tray is gone; running in the terminal until it returns.")
            )

    def _introduce(self) -> None:
        """Notify the person where the icon is, or why it is hidden: each only once ever."""
        if self._icon is None or self._stopped.is_set():
            return
        is_seen = self._icon.visible is not False
        if self._switches.note_told(SEEN if is_seen else UNSEEN):
            text = greeting(sys.platform) if is_seen else no_tray_hint(os.environ)
            self._notify(text)
            if not is_seen:
                self._print(text)

    def _add_application(self) -> None:
        """Put Memtray among the applications at the first start; who removes it has it removed."""
        if not self._switches.note_told(ENTRY):
            return
        try:
            self._platform.add_application(lasting_command(), icon_file())
        except PlatformError as error:
            _log.warning("%s", error)

    def _print(self, line: str) -> None:
        self._live.print_between(lambda: print(line, file=self._out, flush=True))


def _sentence(text: object) -> str:
    line = str(text).rstrip(".。")
    # Translators: what ends a sentence.
    return f"{line[:1].upper()}{line[1:]}" + _(".")
