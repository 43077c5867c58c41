"""`memtray status` for people: the same figures as the JSON, in lines."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

from trayapp.domain.judging.trend import trend_figures
from trayapp.domain.records.levels import Level
from trayapp.domain.records.sizes import size_label
from trayapp.language.catalogue import N_, _, listed, ngettext
from trayapp.language.units import format_percent, format_size

_MOST_APPLICATIONS = 5
_VERDICTS = {
    "gone": N_("not running"),
    "healthy": N_("healthy"),
    "growing": N_("growing"),
    "leaking": N_("leaking"),
}
_INCIDENTS = {
    "active": N_("{level}, active: {title}. {body}"),
    "recovering": N_("{level}, recovering: {title}. {body}"),
    "unknown": N_("{level}, unknown: {title}. {body}"),
}


def status_lines(status: Mapping[str, Any]) -> list[str]:
    """Return lines about a status as the applet answers it; unknown figures are dashes."""
    lines = []
    system, app = status.get("system"), status.get("app")
    if status.get("paused"):
        lines.append(_("Sampling is paused."))
    if not system or not app:
        return [*lines, _("No sample yet."), *_problem_lines(status)]
    lines.append(
        _("{time}  memory {share} in use, {available} of {total} available, swap {swap}").format(
            time=time.strftime("%H:%M:%S", time.localtime(status["taken_at"])),
            share=format_percent(system["used_bytes"] / system["total_bytes"]),
            available=format_size(system["available_bytes"]),
            total=format_size(system["total_bytes"]),
            swap=format_size(system["swap_used_bytes"]),
        )
    )
    if reserved_bytes := system.get("hugepages_reserved_bytes"):
        text = _("{size} more is reserved as huge pages.")
        lines.append("  " + text.format(size=format_size(reserved_bytes)))
    lines.append("  " + _health_line(system.get("health")))
    for target in status["targets"]:
        lines.append(_target_line(target))
        if target.get("heap_text"):
            lines.append(f"    {target['heap_text']}")
        lines += [f"    {line}" for line in str(target.get("inside_text") or "").splitlines()]
        if target["verdict"] == "leaking":
            lines.append(f"    {target['evidence']}")
    lines += _application_lines(status.get("applications") or [])
    for incident in status["incidents"]:
        text = _INCIDENTS[incident["phase"]]
        line = _(text).format(
            level=Level[incident["level"].upper()].said,
            title=incident["title"],
            body=incident["body"],
        )
        lines.append(f"  ⚠ {line}")
        lines.append("    " + _incident_key(incident))
    lines += _problem_lines(status)
    cpu = app["cpu_percent"]
    text = _("Memtray itself: {private} private, {resident} resident, {cpu} CPU (pid {pid})")
    lines.append(
        "  "
        + text.format(
            private=format_size(app["uss_bytes"]),
            resident=format_size(app["rss_bytes"]),
            cpu=format_percent(None if cpu is None else cpu / 100, 1),
            pid=app["pid"],
        )
    )
    if app.get("budget", {}).get("reason"):
        from trayapp.domain.showing.lines import pace_text

        lines.append("  " + pace_text(status.get("interval_seconds"), status["pace_reason"]))
    return lines


def _health_line(health: Mapping[str, Any] | None) -> str:
    text = health["text"] if health else _("not known yet")
    return _("Health of the machine: {text}").format(text=text)


def _incident_key(incident: Mapping[str, Any]) -> str:
    """Return how to acknowledge an incident, or that it is acknowledged, with its key."""
    command = f"memtray alerts ack {quote(incident['key'])}"
    if incident.get("acknowledged"):
        return _("acknowledged (key: {key})").format(key=quote(incident["key"]))
    return _("to acknowledge: {command}").format(command=command)


def _problem_lines(status: Mapping[str, Any]) -> list[str]:
    return [f"  ⚠ {problem}" for problem in status.get("problems", [])]


def _application_lines(applications: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the largest that no target holds, and of the others how many there are."""
    if not applications:
        return []
    growing = [each for each in applications[_MOST_APPLICATIONS:] if each["verdict"] != "healthy"]
    shown = [*applications[:_MOST_APPLICATIONS], *growing]
    lines = [_("Applications that are not tracked:")]
    for each in shown:
        count = len(each["pids"])
        text = ngettext(
            "{name}: {size} {trend}, {verdict} ({count} process)",
            "{name}: {size} {trend}, {verdict} ({count} processes)",
            count,
        )
        line = text.format(
            name=each["name"],
            size=size_label(each["size_bytes"], each["size_kind"], count),
            trend=trend_figures(each["slope_bytes_per_second"]),
            verdict=_(_VERDICTS[each["verdict"]]),
            count=count,
        )
        lines.append(f"  {line}")
        if each["verdict"] == "leaking":
            lines.append(f"    {each['evidence']}")
    more = len(applications) - len(shown)
    if more:
        text = ngettext("and {count} more", "and {count} more", more).format(count=more)
        lines.append(f"  {text}")
    return lines


def _target_line(target: Mapping[str, Any]) -> str:
    pids = [str(pid) for pid in target["pids"]]
    text = "  " + _("{name}: not running")
    if unmatched := target.get("unmatched_text"):
        return "  " + _("{name}: {text}").format(name=target["name"], text=unmatched)
    if pids:
        text = "  " + _("{name}: {size} {trend}, peak {peak}, {verdict}{more} (pid {pids})")
        if target.get("limit_label"):
            text = "  " + _(
                "{name}: {size} {trend}, {left}, peak {peak}, {verdict}{more} (pid {pids})"
            )
    rate, verdict = target["slope_bytes_per_second"], _VERDICTS[target["verdict"]]
    return text.format(
        name=target["name"],
        size=size_label(target["size_bytes"], target["size_kind"], len(pids)),
        more=_particulars(target),
        left=target.get("limit_label"),
        trend=trend_figures(rate),
        peak=format_size(target["peak_bytes"]),
        verdict=_(verdict),
        pids=listed(pids[:8]) + ("…" if len(pids) > 8 else ""),
    )


def _particulars(target: Mapping[str, Any]) -> str:
    """Return what else is known of a target's memory: ", virtual 1.2 GiB, committed 96 MiB, …"."""
    cpu = target.get("cpu_percent")
    figures = (
        (_("virtual {figure}"), "virtual_bytes"),
        (_("committed {figure}"), "committed_bytes"),
        (_("kernel peak {figure}"), "kernel_peak_bytes"),
    )
    told = [
        text.format(figure=format_size(target[key]))
        for text, key in figures
        if target.get(key) is not None
    ]
    if cpu is not None:
        told.append(_("CPU {figure}").format(figure=format_percent(cpu / 100, 1)))
    return "".join(f", {each}" for each in told)
