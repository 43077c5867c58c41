"""pystray's icon by X11 alone: it has no menu, and can freeze the whole desktop."""

from __future__ import annotations

from trayapp.errors import TrayError
from trayapp.language.catalogue import _
from trayapp.tray.hosts.session import NO_TRAY, Backend, Session, load_pystray
from trayapp.tray.hosts.toolkit import BasicToolkit

Toolkit = BasicToolkit


def offer(session: Session, *, is_asked_for: bool) -> Backend:
    """Offer it only to those who ask for it by name. Raises: TrayError."""
    if not is_asked_for:
        raise TrayError(_(NO_TRAY))
    visible, icon_class = bool(session.has_x_tray), load_pystray("xorg")
    return Backend(name="xorg", icon_class=icon_class, visible=visible, reason=_("requested"))
