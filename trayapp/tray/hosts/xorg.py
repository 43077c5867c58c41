"""pystray's icon by X11 alone: it has no menu, and can freeze the whole desktop."""

from __future__ import annotations

import threading
from collections.abc import Callable

from trayapp.errors import TrayError
from trayapp.language.catalogue import _
from trayapp.tray.hosts.session import NO_TRAY, Backend, Session, load_pystray
from trayapp.tray.hosts.toolkit import BasicToolkit


class Toolkit(BasicToolkit):
    """How to treat pystray's icon by X11."""

    _update: threading.Thread | None = None

    def fit_tooltip(self, text: str) -> str:
        # Xlib writes titles of windows in no other encoding, and raises for what that lacks.
        return super().fit_tooltip(text).encode("latin-1", "replace").decode("latin-1")

    def in_ui_thread(self, action: Callable[[], None]) -> None:
        """Run `action` in a thread of its own: pystray waits for its loop, which may never answer.

        While one waits, others are left out; the next brings what is new by then.
        """
        if self._update is None or not self._update.is_alive():
            self._update = threading.Thread(target=action, name="xorg", daemon=True)
            self._update.start()


def offer(session: Session, *, is_asked_for: bool) -> Backend:
    """Offer it only to those who ask for it by name. Raises: TrayError."""
    if not is_asked_for:
        raise TrayError(_(NO_TRAY))
    visible, icon_class = bool(session.has_x_tray), load_pystray("xorg")
    return Backend(name="xorg", icon_class=icon_class, visible=visible, reason=_("requested"))
