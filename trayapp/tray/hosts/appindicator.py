"""pystray's icon by AppIndicator: each menu update closes the menu the person has open."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from trayapp.domain.showing.menu import IconPicture
from trayapp.errors import TrayError
from trayapp.language.catalogue import _
from trayapp.tray.drawing import draw_icon
from trayapp.tray.hosts.session import NO_TRAY, OLD_TRAY, Backend, Session, load_pystray
from trayapp.tray.hosts.toolkit import BasicToolkit


def offer(session: Session, *, is_asked_for: bool) -> Backend:
    """Offer an icon that trays of either protocol show. Raises: TrayError."""
    return offer_by_gtk("appindicator", session, is_asked_for)


def offer_by_gtk(name: str, session: Session, is_asked_for: bool) -> Backend:
    """Offer one of pystray's icons by GTK. Raises: TrayError."""
    # GTK needs the bus in any case: without one its run() never returns.
    has_watcher = session.has_watcher
    is_shown = bool(session.has_x_tray) or (name == "appindicator" and has_watcher)
    if not is_asked_for and not is_shown:
        raise TrayError(_(NO_TRAY))
    reason = _("requested") if is_asked_for else _(OLD_TRAY)
    icon_class = load_pystray(name)
    return Backend(name=name, icon_class=icon_class, visible=is_shown, reason=reason)


class Toolkit(BasicToolkit):
    """A menu that is never updated for texts alone."""

    def draw(self, picture: IconPicture) -> Any:
        """Draw for a slot of 22: trays leave a small image as it is, and shrinking blurs bars."""
        scale = os.environ.get("GDK_SCALE")
        return draw_icon(picture, 22 * (int(scale) if scale in ("2", "3", "4") else 1))

    def prepare(self, icon: Any) -> None:
        """Remember the handler of SIGINT, which pystray resets when the loop starts."""
        super().prepare(icon)
        self._interrupt = signal.getsignal(signal.SIGINT)

    def on_started(self) -> None:
        """Restore the handler of SIGINT in the loop's thread, which is the main one."""
        from gi.repository import GLib

        def restore() -> bool:
            signal.signal(signal.SIGINT, self._interrupt)
            return False

        GLib.idle_add(restore)

    def knock(self, answer: Callable[[], None]) -> bool:
        from gi.repository import GLib

        GLib.idle_add(answer)  # Once, as it returns None.
        return True
