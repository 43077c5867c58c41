"""The differences between kinds of tray once one is chosen: sizes, limits, threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trayapp.domain.showing.menu import IconPicture
from trayapp.tray.drawing import draw_icon
from trayapp.tray.text import plain_line, plain_lines

LABEL_SECONDS = 10.0
"""How often toolkits whose menus are replaced as a whole get new texts."""
_LABEL_LIMIT = 200
_TOOLTIP_LIMIT = 2000


class BasicToolkit:
    """How to treat the icon of a host; this one fits pystray's by X11."""

    label_seconds: float | None = None
    """At least so long between menu updates that only change texts; None: never for texts alone."""

    shows_pictures = False
    """Whether entries of its menu can have one."""

    icon: Any = None

    def prepare(self, icon: Any) -> None:
        """Adopt the icon before it runs. The thread that will run it."""
        self.icon = icon

    def match_background(self, picture: IconPicture) -> IconPicture:
        """Return the picture for the present background, where that can be asked. UI thread."""
        return picture

    def draw(self, picture: IconPicture) -> Any:
        """Return what to set as the icon. UI thread."""
        return draw_icon(picture, 22)

    def set_template(self, picture: IconPicture) -> None:
        """Let the system colour the icon that it shows now, or not. UI thread."""

    def fit_tooltip(self, text: str) -> str:
        """Return the tooltip as this kind can show it."""
        return plain_lines(text, _TOOLTIP_LIMIT)

    def fit_label(self, text: str) -> str:
        """Return a menu entry's text as this kind can show it."""
        return plain_line(text, _LABEL_LIMIT)

    def on_started(self) -> None:
        """React to the start of the icon's loop. Any thread."""

    def in_ui_thread(self, action: Callable[[], None]) -> None:
        """Run `action` in the thread for updates; returns before or after. Any thread."""
        action()

    def knock(self, answer: Callable[[], None]) -> bool:  # noqa: ARG002 - not every loop can tell
        """Have the icon's loop call `answer` soon; return False if this kind cannot. Any thread."""
        return False

    def set_attention(self, attention: bool) -> None:
        """Set whether the icon must not be hidden. UI thread."""

    def set_label(self, text: str) -> None:
        """Show `text` beside the icon, where there is a place for it. UI thread."""

    def resize_menu(self) -> None:
        """React to entries that have come or gone. UI thread."""

    def is_menu_open(self) -> bool:
        """Return whether a menu is open that an update would spoil. UI thread."""
        return False

    def notify(self, title: str, text: str) -> bool:  # noqa: ARG002 - most kinds are not asked
        """Show a notification through the icon; return False if this kind cannot. Any thread."""
        return False
