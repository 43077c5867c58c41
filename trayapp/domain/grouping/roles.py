"""What a program is to those it starts: their own kind, a mere starter, or a boundary.

A browser's renderers are the browser; what is typed into a shell is not the shell. Which is which
is knowledge, not something that can be computed: the names below are that knowledge.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from trayapp.domain.records.names import read_command
from trayapp.domain.records.samples import ProcessFacts


class Role(Enum):
    """What a process is to its children."""

    PLAIN = "plain"
    """They are its helpers."""
    APART = "apart"
    """They are its helpers, but it is nobody's: a browser that a chat program opened."""
    LAUNCHER = "launcher"
    """It only starts them, and together they are called after what it started (`sudo x`)."""
    BOUNDARY = "boundary"
    """They have nothing to do with it, nor it with who started it (a shell, a terminal)."""


_INITS = (
    "systemd", "init", "runit", "upstart", "openrc", "openrc-init", "launchd", "services",
    "wininit", "winlogon", "svchost", "dbus-daemon", "dbus-broker-launch", "containerd-shim",
    "containerd-shim-runc-v1", "containerd-shim-runc-v2", "conmon", "lxc-start", "systemd-nspawn",
)  # fmt: skip
_SUPERVISORS = (
    "supervisord", "runsvdir", "runsv", "s6-svscan", "s6-supervise", "svscan",
    "supervise", "circusd", "monit", "PM2", "foreman", "honcho", "overmind", "cron", "crond",
    "CRON", "CROND", "atd", "anacron",
)  # fmt: skip
_LOGINS = (
    "login", "agetty", "sshd", "sshd-session", "dropbear", "mosh-server", "xrdp", "xrdp-sesman",
    "gdm", "gdm3", "gdm-session-worker", "gdm-wayland-session", "gdm-x-session", "lightdm", "sddm",
    "sddm-helper", "lxdm", "xdm", "ly-dm", "greetd", "vncserver", "xinit", "startx", "xinitrc",
    ".xinitrc", ".xsession", ".xsessionrc", "Xsession",
)  # fmt: skip
_DESKTOPS = (
    "gnome-shell", "gnome-session", "gnome-session-binary", "gnome-session-service",
    "gnome-panel", "plasmashell", "plasma_session", "startplasma-x11", "startplasma-wayland",
    "ksmserver", "kwin_x11", "kwin_wayland", "krunner", "kded5", "kded6", "kdeinit5", "klauncher",
    "xfce4-session", "xfce4-panel", "xfdesktop", "xfwm4", "wrapper-2.0", "mate-session",
    "mate-panel", "marco", "cinnamon", "cinnamon-session", "cinnamon-launcher", "lxsession",
    "lxpanel", "lxqt-session", "lxqt-panel", "pcmanfm", "pcmanfm-qt", "budgie-panel", "openbox",
    "fluxbox", "i3", "i3bar", "sway", "swaybar", "waybar", "polybar", "Hyprland", "niri", "river",
    "awesome", "bspwm", "sxhkd", "dwm", "xmonad", "qtile", "rofi", "dmenu", "dmenu_run", "wofi",
    "fuzzel", "ulauncher", "albert", "nautilus", "dolphin", "thunar", "Thunar", "nemo", "caja",
    "Finder", "Dock", "explorer", "sihost",
)  # fmt: skip
_TERMINALS = (
    "gnome-terminal", "gnome-terminal-server", "kgx", "gnome-console", "ptyxis", "ptyxis-agent",
    "konsole", "yakuake", "xfce4-terminal", "mate-terminal", "lxterminal", "qterminal",
    "terminator", "tilix", "tilda", "guake", "xterm", "uxterm", "urxvt", "urxvtd", "rxvt", "st",
    "alacritty", "kitty", "foot", "footclient", "wezterm", "wezterm-gui", "ghostty", "terminology",
    "cool-retro-term", "Terminal", "iTerm", "iTerm2", "Alacritty", "WezTerm", "Ghostty",
    "WindowsTerminal", "OpenConsole", "conhost", "mintty", "powershell", "pwsh", "cmd",
    "tmux", "screen", "SCREEN", "zellij", "dtach", "abduco", "script", "ttyd",
)  # fmt: skip
_LAUNCHERS = (
    "env", "sudo", "doas", "su", "runuser", "pkexec", "nohup", "nice", "ionice", "chrt",
    "taskset", "timeout", "time", "stdbuf", "setsid", "setpriv", "unshare", "nsenter", "chroot",
    "xvfb-run", "dbus-run-session", "dbus-launch", "systemd-inhibit", "systemd-cat",
    "systemd-run", "strace", "ltrace", "flock", "npm", "npx", "npm-cli.js", "npx-cli.js", "yarn",
    "yarn.js", "pnpm", "pnpm.cjs", "bunx", "uv", "uvx", "poetry", "pipenv", "pdm", "hatch", "rye",
    "tini", "dumb-init", "catatonit", "docker-init", "bwrap", "flatpak", "snap", "firejail",
    "oosplash",
)  # fmt: skip
_BROWSERS = (
    "firefox", "firefox-esr", "librewolf", "waterfox", "zen", "chrome", "google-chrome",
    "google-chrome-stable", "chromium", "chromium-browser", "brave", "brave-browser", "opera",
    "vivaldi", "msedge", "microsoft-edge", "epiphany", "Firefox", "Google Chrome", "Chromium",
    "Brave Browser", "Microsoft Edge", "Opera", "Vivaldi", "Safari",
)  # fmt: skip
DEMO_PROGRAM = "memtray_demo_leak.py"
"""What `memtray demo` lets leak: whoever started the demo does not leak."""
_ROLES = (
    dict.fromkeys(_LAUNCHERS, Role.LAUNCHER)
    | dict.fromkeys((*_BROWSERS, DEMO_PROGRAM), Role.APART)
    | dict.fromkeys((*_INITS, *_SUPERVISORS, *_LOGINS, *_DESKTOPS, *_TERMINALS), Role.BOUNDARY)
)
_BOUNDARY_UNITS = frozenset(
    {"getty", "serial-getty", "console-getty", "ssh", "supervisor", "display-manager", "shell"}
    | {name.lower() for name, role in _ROLES.items() if role is Role.BOUNDARY}
)
_FIRST_PID = 1


def role_of(facts: ProcessFacts) -> Role:
    """Return what this process is to its children, by its command line."""
    if facts.key.pid == _FIRST_PID:
        return Role.BOUNDARY
    command = read_command(facts.arguments, facts.name)
    if command.is_interactive_shell:
        return Role.BOUNDARY
    if command.is_inline:
        return Role.LAUNCHER if command.is_shell else Role.PLAIN
    role = _ROLES.get(command.label, Role.PLAIN)
    if role is Role.APART and _is_browser_helper(facts.arguments):
        return Role.PLAIN
    return role


def is_boundary_unit(name: str) -> bool:
    """Return whether a unit called so holds what has nothing in common ("cron")."""
    return name.lower() in _BOUNDARY_UNITS


def _is_browser_helper(arguments: Iterable[str]) -> bool:
    return any(argument == "-contentproc" or "--type=" in argument for argument in arguments)
