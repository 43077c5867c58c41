"""StatusNotifierItem, which most desktops of today show: our own icon on the session bus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trayapp.domain.showing.menu import IconPicture
from trayapp.language.catalogue import _
from trayapp.tray.hosts.session import NO_TRAY, Backend, Session
from trayapp.tray.hosts.toolkit import BasicToolkit


def offer(session: Session, *, is_asked_for: bool) -> Backend:  # noqa: ARG001 - the best in any case
    from trayapp.tray.hosts.status_notifier_icon import SniIcon

    is_shown = session.has_watcher
    reason = _("this session has a StatusNotifierItem tray") if is_shown else _(NO_TRAY)
    return Backend(name="sni", icon_class=SniIcon, visible=is_shown, reason=reason)


class Toolkit(BasicToolkit):
    """An icon that is updated from any thread, and sends a menu while it is open."""

    label_seconds = 0.0
    shows_pictures = True

    def draw(self, picture: IconPicture) -> Any:
        """Return the picture itself: it is drawn at several sizes, when a host asks."""
        return picture

    def fit_tooltip(self, text: str) -> str:
        """Return the text itself: the icon makes it plain, as it does labels."""
        return text

    def fit_label(self, text: str) -> str:
        return text

    def set_attention(self, attention: bool) -> None:
        self.icon.attention = attention

    def set_label(self, text: str) -> None:
        self.icon.label = text

    def resize_menu(self) -> None:
        """Let hosts know in which size they will show the menu, before it is opened."""
        self.icon.resize_menu()

    def knock(self, answer: Callable[[], None]) -> bool:
        self.icon.knock(answer)
        return True
