"""One line each about the machine, Memtray, a target, an application and an incident."""

from __future__ import annotations

from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.application_trends import ApplicationView
from trayapp.domain.judging.machine_health import MachineHealth
from trayapp.domain.judging.trend import trend_figures
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.bars import sparkline, zoomed_heights
from trayapp.domain.records.levels import Level
from trayapp.domain.records.limits import Headroom
from trayapp.domain.records.names import process_label, shown_name
from trayapp.domain.records.samples import AppSample, SystemSample
from trayapp.domain.records.sizes import size_label
from trayapp.domain.records.unmatched import Unmatched
from trayapp.domain.showing.menu import TEXT_MARK
from trayapp.language.catalogue import _, format_number
from trayapp.language.units import format_percent, format_size


def system_line(system: SystemSample) -> str:
    """One line about the machine: "Memory 42 % – 9.10 GiB of 15.6 GiB available"."""
    text = _("Memory {share} – {available} of {total} available")
    if system.swap_used_bytes:
        text = _("Memory {share} – {available} of {total} available, swap {swap}")
    if system.hugepages_reserved_bytes:
        # Translators: memory that is set aside and not part of the figures before it.
        more = _("{size} reserved as huge pages")
        text += ", " + more.format(size=format_size(system.hugepages_reserved_bytes))
    return text.format(
        share=format_percent(system.used_bytes / system.total_bytes),
        available=format_size(system.available_bytes),
        total=format_size(system.total_bytes),
        swap=format_size(system.swap_used_bytes),
    )


def health_line(health: MachineHealth | None) -> str:
    """One line about how well the machine does, with what it lost points for."""
    text = health.text if health is not None else _("not known yet")
    return _("Health of the machine: {text}").format(text=text)


def app_line(app: AppSample) -> str:
    """One line about Memtray itself, the kind of figure named."""
    cpu = format_percent(None if app.cpu_percent is None else app.cpu_percent / 100, 1)
    if app.uss_bytes:
        text = _("Memtray itself: {size} private, {cpu} CPU")
        return text.format(size=format_size(app.uss_bytes), cpu=cpu)
    text = _("Memtray itself: {size} resident, {cpu} CPU")
    return text.format(size=format_size(app.rss_bytes), cpu=cpu)


def pace_line(view: View) -> str:
    """Return why it samples less often than it should; empty while it does not."""
    if not view.budget.reason:
        return ""
    text = _("{reason}; sampling every {time} s for now")
    return text.format(reason=view.budget.reason, time=_seconds(view.interval_seconds))


def pace_text(interval_seconds: float | None, reason: str) -> str:
    """Return how often it samples, and why: "Sampling every 7.6 s: …"."""
    text = _("Sampling every {time} s: {reason}")
    return text.format(time=_seconds(interval_seconds), reason=reason)


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else format_number(float(f"{seconds:.3g}"), None)


def target_line(target: TargetView) -> str:
    """One line about a target: name, ten bars, size, arrow and rate."""
    if target.unmatched is not None:
        return unmatched_line(target.name, target.unmatched)
    if not target.pids:
        return _("{name} – not running").format(name=shown_name(target.name))
    bars = sparkline(zoomed_heights(target.bars))
    name = _mark(target.level) + shown_name(target.name)
    return f"{name}  {bars}  {_size_and_rate(target)}"


def unmatched_line(name: str, unmatched: Unmatched) -> str:
    """One line about a target that nothing matches, and what might be meant."""
    nearest = unmatched.nearest
    text = _("{name} – no match")
    if unmatched.may_be_hidden:
        text = _("{name} – not visible: the system hides other users' processes")
    elif nearest is not None:
        text = _("{name} – no match; most similar: {nearest} (pid {pid})")
    return text.format(
        name=shown_name(name),
        nearest=shown_name(process_label(nearest.arguments, nearest.name)) if nearest else "",
        pid=nearest.key.pid if nearest else "",
    )


def application_line(application: ApplicationView) -> str:
    """One line about an application: name, number of processes, ten bars, size, arrow, rate."""
    count = len(application.pids)
    several = f" ×{count}" if count > 1 else ""
    bars = sparkline(zoomed_heights(application.bars))
    size = size_label(application.size_bytes, application.size_kind, count)
    name = f"{_mark(application.level)}{shown_name(application.name)}{several}"
    figures = f"{size} {trend_figures(application.slope_bytes_per_second)}"
    return with_limit(f"{name}  {bars}  {figures}", application.leak.headroom)


def incident_line(incident: Incident) -> str:
    """One line about an incident, marked by how it stands."""
    return _mark(incident_level(incident)) + incident_label(incident)


def _mark(level: Level) -> str:
    return TEXT_MARK if level > Level.NORMAL else ""


def incident_label(incident: Incident) -> str:
    if incident.phase == "recovering":
        return "✓ " + _("{title} (probably resolved)").format(title=incident.title)
    unsure = "? " if incident.phase == "unknown" else ""
    text = _("{title}, acknowledged") if incident.acknowledged else "{title}"
    if incident.is_excepted:
        text = _("{title}, an exception")
    return unsure + text.format(title=incident.title)


def incident_level(incident: Incident) -> Level:
    """Return the level that its line is marked by: only while it is known to go on."""
    return incident.level if incident.phase == "active" else Level.NORMAL


def target_figures(target: TargetView) -> str:
    if not target.pids:
        return _("{name}: not running").format(name=shown_name(target.name))
    return f"{shown_name(target.name)}: {_size_and_rate(target)}"


def _size_and_rate(target: TargetView) -> str:
    size = size_label(target.size_bytes, target.size_kind, len(target.pids))
    if target.size_bytes is not None and target.has_own_limit and target.limit_share is not None:
        text = _("{size} ({share} of limit)")
        size = text.format(size=size, share=format_percent(target.limit_share))
    return with_limit(f"{size} {trend_figures(target.slope_bytes_per_second)}", target.headroom)


def with_limit(figures: str, headroom: Headroom | None) -> str:
    """Followed by the time until the first limit is reached, where that is soon."""
    if headroom is None or not headroom.label:
        return figures
    # Translators: such as "144 MiB RSS ↗ +118 KiB/s, limit in 8 min".
    return _("{figures}, {left}").format(figures=figures, left=headroom.label)
