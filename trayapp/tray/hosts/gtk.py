"""pystray's icon by GTK alone: an open menu stays as it is, the next one is new."""

from __future__ import annotations

from trayapp.tray.hosts import appindicator
from trayapp.tray.hosts.session import Backend, Session
from trayapp.tray.hosts.toolkit import LABEL_SECONDS


def offer(session: Session, *, is_asked_for: bool) -> Backend:
    """Offer an icon that only trays of the older protocol show. Raises: TrayError."""
    return appindicator.offer_by_gtk("gtk", session, is_asked_for)


class Toolkit(appindicator.Toolkit):
    """A menu that is rarely updated for texts alone."""

    label_seconds = LABEL_SECONDS
