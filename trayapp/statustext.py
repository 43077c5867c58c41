"""`memtray status` for people: the same figures as the JSON, in lines."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from trayapp.domain.tray import trend_arrow
from trayapp.domain.units import format_percent, format_rate, format_size


def status_lines(told: Mapping[str, Any]) -> list[str]:
    """Lines about a status as the applet answers it; unknown figures are dashes."""
    lines = []
    system, app = told.get("system"), told.get("app")
    if told.get("paused"):
        lines.append("Tracking is paused.")
    if not system or not app:
        return [*lines, "No sample yet."]
    stamp = time.strftime("%H:%M:%S", time.localtime(told["taken_at"]))
    share = system["used_bytes"] / system["total_bytes"]
    lines.append(
        f"{stamp}  memory {format_percent(share)} in use, {format_size(system['available_bytes'])} "
        f"of {format_size(system['total_bytes'])} available, "
        f"swap {format_size(system['swap_used_bytes'])}"
    )
    for target in told["targets"]:
        rate = target["slope_bytes_per_second"]
        pids = ", ".join(str(pid) for pid in target["pids"][:8])
        more = "…" if len(target["pids"]) > 8 else ""
        what = (
            f"{format_size(target['rss_bytes'])} resident {trend_arrow(rate)} {format_rate(rate)}, "
            f"peak {format_size(target['peak_bytes'])}, {target['verdict']} (pid {pids}{more})"
            if pids
            else "not running"
        )
        lines.append(f"  {target['name']}: {what}")
        if target["verdict"] == "leaking":
            lines.append(f"    {target['evidence']}")
    lines += [
        f"  ⚠ {incident['level']}, {incident['phase']}: {incident['title']}. {incident['body']}"
        for incident in told["incidents"]
    ]
    lines += [f"  ⚠ {problem}" for problem in told.get("problems", [])]
    cpu = app["cpu_percent"]
    lines.append(
        f"  Memtray itself: {format_size(app['uss_bytes'])} private, "
        f"{format_size(app['rss_bytes'])} resident, "
        f"{'–' if cpu is None else f'{cpu:.1f} %'} CPU (pid {app['pid']})"
    )
    return lines
