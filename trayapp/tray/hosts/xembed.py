"""XEmbed, X11's older protocol for trays: our own icon, whose menu a child process shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trayapp.domain.showing.menu import IconPicture
from trayapp.errors import TrayError
from trayapp.language.catalogue import _
from trayapp.tray.hosts.session import NO_TRAY, OLD_TRAY, Backend, MissingPackageError, Session
from trayapp.tray.hosts.toolkit import BasicToolkit

_PACKAGES = "python3-tk"


def offer(session: Session, *, is_asked_for: bool) -> Backend:
    """Offer an icon that does without a session bus. Raises: TrayError."""
    has_tray = session.has_x_tray
    if is_asked_for:
        reason = _("requested")
    elif has_tray and not session.has_popups:
        text = _(
            "this session's tray supports only the older X11 protocol; install {packages} to use it"
        )
        raise MissingPackageError(text.format(packages=_PACKAGES))
    elif has_tray is None or not session.has_popups:
        raise TrayError(_(NO_TRAY))
    else:
        reason = _(OLD_TRAY) if has_tray else _(NO_TRAY)
    from trayapp.tray.hosts.xembed_icon import XembedIcon

    return Backend(name="xembed", icon_class=XembedIcon, visible=bool(has_tray), reason=reason)


class Toolkit(BasicToolkit):
    """An icon that is drawn in the size of its window."""

    label_seconds = 0.0

    def draw(self, picture: IconPicture) -> Any:
        """Return the picture itself: it is drawn in the size that the tray gives it."""
        return picture

    def knock(self, answer: Callable[[], None]) -> bool:
        self.icon.knock(answer)
        return True
