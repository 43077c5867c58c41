"""More panels for the virtual desktop: what MATE and LXQt put there, on light and dark themes."""

from __future__ import annotations

from pathlib import Path

from tests.desktop.desktop import VirtualDesktop, _end, _settled

PANELS = ("xfce4-panel", "mate-panel", "lxqt-panel")
"""Those that speak StatusNotifierItem, each with code of its own for it."""

_MATE_APPLET = "/usr/lib/mate-panel/notification-area-applet"
_MATE_SERVICE = "org.mate.panel.applet.NotificationAreaAppletFactory"
_MATE = """\
[org/mate/panel/general]
toplevel-id-list=['top']
object-id-list=['tray']

[org/mate/panel/toplevels/top]
orientation='top'
expand=true
size={thickness}

[org/mate/panel/objects/tray]
object-type='applet'
applet-iid='NotificationAreaAppletFactory::NotificationArea'
toplevel-id='top'
position=0
panel-right-stick=true
"""

_LXQT = """\
[General]
panels=panel1

[panel1]
plugins=statusnotifier
position=Top
panelSize={thickness}
iconSize={icon_size}
width=100
width-percent=true
animation-duration=0

[statusnotifier]
type=statusnotifier
alignment=Right
"""
_LXQT_THEME = "[General]\ntheme={theme}\nicon_theme=hicolor\n"

_GTK_DARK = "gtk-application-prefer-dark-theme = true\n"


class PanelDesktop(VirtualDesktop):
    """A virtual desktop with one of PANELS as its tray, in light or dark colours."""

    def __init__(
        self,
        panel: str,
        *,
        dark: bool = False,
        notifier: str | None = None,
        icon_size: int = 22,
        scale: int = 1,
    ) -> None:
        size = (1280 * scale, 800 * scale)
        super().__init__(size=size, notifier=notifier, icon_size=icon_size, scale=scale)
        self.tray = panel
        self.dark = dark

    def start_tray(self) -> None:
        """Start the panel again after `stop_tray`."""
        if self.tray == "xfce4-panel":
            super().start_tray()
            return
        if self.tray == "mate-panel":
            # MATE's tray is a program of its own, which the bus of other desktops would start.
            self._applet = self._start_part(_MATE_APPLET)
            self._await_service(_MATE_SERVICE)
        self._panel = self._start_part(str(self.tray))
        self._await_service("org.kde.StatusNotifierWatcher")
        strip = _settled(self._painted_strip, 20.0, "tray")
        if self._empty_strip is None:
            self._empty_strip = strip

    def stop_tray(self) -> None:
        """End the panel, as if it had crashed."""
        super().stop_tray()
        if self.tray == "mate-panel":
            _end(self._applet)

    def _prepare(self) -> None:
        super()._prepare()
        config = Path(self.env["XDG_CONFIG_HOME"])
        sizes = {"thickness": self.icon_size + 10, "icon_size": self.icon_size}
        # Its theme "dark" is see-through: black on the black of a screen without wallpaper.
        theme = _LXQT_THEME.format(theme="ambiance" if self.dark else "light")
        for name, text in {
            "glib-2.0/settings/keyfile": _MATE.format(**sizes),
            "lxqt/panel.conf": _LXQT.format(**sizes),
            "lxqt/lxqt.conf": theme,
        }.items():
            (config / name).parent.mkdir(parents=True, exist_ok=True)
            (config / name).write_text(text)
        # Where MATE keeps its settings; the memory of one process is no other's.
        self.env["GSETTINGS_BACKEND"] = "keyfile"
        # Else Qt enlarges letters twice: by its factor, and by what the screen says of itself.
        self.env["QT_FONT_DPI"] = "96"
        if self.dark:
            with (config / "gtk-3.0/settings.ini").open("a") as file:
                file.write(_GTK_DARK)
