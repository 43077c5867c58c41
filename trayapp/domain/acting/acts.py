"""What a person may do about a program: one answer for menu, table, details and banners.

Pure: `ProgramFacts` are gathered elsewhere, and the same facts allow the same acts everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, cast, get_args

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.program_facts import ProgramFacts
from trayapp.language.catalogue import N_, _

ActName = Literal["free", "restart", "end", "probe", "folder"]
FREE: ActName = "free"
RESTART: ActName = "restart"
END: ActName = "end"
PROBE: ActName = "probe"
FOLDER: ActName = "folder"
_LABELS: Mapping[ActName, str] = {
    FREE: N_("Free memory"),
    RESTART: N_("Restart…"),
    END: N_("End…"),
    PROBE: N_("Add the Python probe…"),
    FOLDER: N_("Open folder"),
}
ASKED: tuple[ActName, ...] = (END, RESTART, PROBE)
"""What asks the person something first, in a window."""
MENU_KEY = "act"
"""Begins the key of a menu's entry: `act:end:target:NAME`."""
MOST_ON_BANNER = 2
"""Some desktops show no more than three buttons of a banner: these come first."""
_SESSION_UNITS = (
    "dbus", "gnome-session", "gnome-shell", "org.gnome.Shell", "gdm", "sddm", "plasma-kwin",
    "plasma-ksmserver", "plasma-workspace", "xfce4-session", "wayland-wm", "graphical-session",
    "user@", "systemd-",
)  # fmt: skip
"""How units begin with which the person's whole session would go."""


class Act(NamedTuple):
    """One act as a surface shows it."""

    name: ActName
    label: str
    """In the person's language; with its dots where something is asked first."""
    refusal: str = ""
    """Why it cannot be done: half a sentence to be shown beside the label; empty: it can be."""

    @property
    def is_possible(self) -> bool:
        return not self.refusal

    @property
    def text(self) -> str:
        """The label, and why it cannot be done."""
        if not self.refusal:
            return self.label
        # Translators: an entry of a menu that cannot be chosen, and why.
        return _("{act} – {reason}").format(act=self.label, reason=self.refusal)


def acts_of(facts: ProgramFacts | None) -> tuple[Act, ...]:
    """Return what may be done, the most helpful first; None: it does not run, nothing may.

    What can do nothing for a program is left out; only ending is there always, with the reason
    why it is not possible, as everybody looks for it.
    """
    if facts is None:
        return ()
    if facts.is_memtray:
        return _act(FREE), _act(END, _("“Quit” in its menu ends Memtray"))
    names: list[ActName] = []
    if facts.has_probe or facts.may_be_trimmed:
        names.append(FREE)
    if not facts.refusal and (facts.is_guarded or facts.unit):
        names.append(RESTART)
    names.append(END)
    if facts.takes_probe and not facts.has_probe and not facts.refusal:
        names.append(PROBE)
    if not facts.refusal:
        names.append(FOLDER)
    return tuple(_act(name, facts.refusal if name == END else "") for name in names)


def banner_acts(facts: ProgramFacts | None) -> tuple[Act, ...]:
    """Return the acts for the buttons of an alert about a program, at most `MOST_ON_BANNER`."""
    found = [act for act in acts_of(facts) if act.is_possible and act.name in (FREE, RESTART, END)]
    return tuple(found[:MOST_ON_BANNER])


def menu_key(name: ActName, about: str) -> str:
    """Return the key of a menu's entry for an act; about: whom it is about, see `identity`."""
    return f"{MENU_KEY}:{name}:{about}"


def act_in(subject: str) -> tuple[ActName, str] | None:
    """Return act and `about` of what follows `MENU_KEY` in a key; None: there is no such act."""
    name, _colon, about = subject.partition(":")
    return (cast(ActName, name), about) if name in get_args(ActName) and about else None


def act_by_name(name: object) -> ActName | None:
    """Return the act that another process names; None: there is no such act."""
    return cast(ActName, name) if name in get_args(ActName) else None


def user_unit(cgroup: str | None, user: int) -> str:
    """Return the service of this user's systemd that may be restarted; empty: there is none.

    cgroup: the path of a process's control group. Scopes have nothing that would start them
    again, and what holds the whole session together is left out.
    """
    parts = (cgroup or "").removesuffix(" (deleted)").split("/")
    manager = f"user@{user}.service"
    if manager not in parts:
        return ""
    inside = parts[parts.index(manager) + 1 :]
    # Only the innermost: a service in a scope is not the user manager's own.
    name = next((part for part in reversed(inside) if part.endswith((".service", ".scope"))), "")
    if not name.endswith(".service") or name.startswith(_SESSION_UNITS):
        return ""
    return name


def common_unit(units: Iterable[str]) -> str:
    """Return the one unit that all processes of a program belong to; empty: they do not."""
    found = set(units)
    return found.pop() if len(found) == 1 else ""


def _act(name: ActName, refusal: str = "") -> Act:
    return Act(name, _(_LABELS[name]), refusal)
