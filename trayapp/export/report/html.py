"""The report as one page that needs nothing else: no script, no font, no picture from outside."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from trayapp.domain.records.levels import level_said
from trayapp.export.report.account import AccountRow, account_headings
from trayapp.export.report.colors import COLORS, CURVES
from trayapp.export.report.facts import (
    MOST_EVENTS,
    Chart,
    Report,
    TargetFacts,
    by_peak,
    cleanup_headings,
    clock,
    figures_of,
    last_known,
    made_by,
    shown_marks,
    sizes_of,
    time_of,
)
from trayapp.export.report.runs import phase_headings, phase_rows
from trayapp.export.report.svg import DASHES, SHAPES, chart_svg
from trayapp.language.catalogue import _, spoken_language
from trayapp.language.units import format_size

_RULES = """
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 3rem; background: var(--page);
  color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .7rem; }
h3 { font-size: .95rem; margin: 0 0 .4rem; }
p.when { color: var(--muted); margin: .2rem 0 1.4rem; }
ul.findings { list-style: none; margin: 0; padding: 0; display: grid; gap: .6rem; }
ul.findings li { background: var(--soft); border-left: 4px solid var(--note); padding: .6rem .9rem;
  border-radius: 3px; overflow-wrap: anywhere; }
ul.findings b { display: block; } ul.findings span { color: var(--muted); }
li.bad { border-color: var(--bad) !important; } li.bad b { color: var(--bad); }
li.warning { border-color: var(--warning) !important; } li.warning b { color: var(--warning); }
li.good { border-color: var(--good) !important; } li.good b { color: var(--good); }
figure { margin: 0 0 1.6rem; break-inside: avoid; }
figcaption { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .85rem;
  color: var(--muted); padding-left: 4.6rem; }
figcaption svg { width: 26px; height: 8px; margin-right: .35rem; }
figcaption svg.shape { width: 13px; height: 13px; }
svg { width: 100%; height: auto; display: inline; vertical-align: middle; overflow: visible; }
figure > svg { display: block; }
.grid { stroke: var(--rule); stroke-width: .6; } .axis { stroke: var(--muted); }
.tick { fill: var(--muted); font-size: 11.5px; stroke: var(--page); stroke-width: 3px;
  paint-order: stroke; stroke-linejoin: round; }
.ceiling { stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 9 3 2 3; }
.growth { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 3 3; }
.line { fill: none; stroke-width: 1.7; stroke-linejoin: round; }
.band { fill-opacity: .2; stroke-opacity: .6; stroke-width: .6; }
.mark line { stroke-width: .9; stroke-opacity: .7; }
.mark.warning { stroke: var(--warning); fill: var(--warning); }
.mark.critical, .mark.emergency { stroke: var(--bad); fill: var(--bad); }
.mark.cleanup { stroke: var(--good); fill: var(--good); }
.mark.restart { stroke: var(--muted); fill: var(--muted); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--rule);
  vertical-align: top; overflow-wrap: break-word; }
td:first-child { min-width: 7rem; max-width: 18rem; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.time { white-space: nowrap; }
td.leaking { color: var(--bad); font-weight: 600; }
td.growing { color: var(--warning); font-weight: 600; }
td.details { color: var(--muted); overflow-wrap: anywhere; min-width: 10rem;
  font: .8rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; margin: 0; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 2.5rem; color: var(--muted); font-size: .85rem; }
@media print {
  body { max-width: none; padding: 0; font-size: 11px; }
  .scroll { overflow: visible; } table { font-size: 9px; } th, td { padding: .25rem .3rem; }
  td:first-child, td.details { min-width: 0; } td.details { font-size: 8px; }
  h2 { break-after: avoid; } tr { break-inside: avoid; }
  ul.findings li { break-inside: avoid; print-color-adjust: exact; }
}
"""


def write(path: Path, report: Report) -> None:
    """Write the page. Whatever strangers wrote is escaped, and nothing of it can run.

    Raises: OSError.
    """
    path.write_text("".join(_page(report)), encoding="utf-8")


def _style() -> str:
    dark, light = _variables("dark"), _variables("light")
    # On paper it is always light.
    return (
        f":root {{{light}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{{dark}}} }}\n{_RULES}"
    )


def _variables(theme: str) -> str:
    named = COLORS[theme] | {f"c{number}": color for number, color in enumerate(CURVES[theme])}
    return " ".join(f"--{name}: {color};" for name, color in named.items())


def _curve_rules() -> str:
    numbers = range(len(CURVES["light"]))
    return "".join(
        f".line.c{n}, .band.c{n} {{ stroke: var(--c{n}); }}"
        f" .band.c{n}, .dot.c{n} {{ fill: var(--c{n}); }}\n"
        for n in numbers
    )


def _page(report: Report) -> Iterator[str]:
    style = _style() + _curve_rules()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = escape(report.title)
    language = escape(spoken_language().replace("_", "-"))
    yield (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{title}</title><style>{style}</style></head><body>\n"
        f'<h1>{title}</h1><p class="when">{escape(time_of(report))}</p>\n'
    )
    yield '<ul class="findings">'
    for finding in report.findings:
        yield (
            f'<li class="{finding.weight}"><b>{escape(finding.title)}</b>'
            f"<span>{escape(finding.text)}</span></li>"
        )
    yield "</ul>\n"
    if report.charts:
        yield f"<h2>{escape(_('Over time'))}</h2>"
        for chart in report.charts:
            yield _figure(chart, report)
    yield from _targets(report.targets)
    yield from _phases(report.targets)
    yield from _incidents(report)
    yield from _cleanups(report)
    yield from _account(report.account)
    if report.facts:
        yield f"<h2>{escape(_('Environment'))}</h2><dl>"
        for label, value in report.facts:
            yield f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>"
        yield "</dl>"
    yield f"<footer>{escape(made_by(report))}</footer></body></html>\n"


def _figure(chart: Chart, report: Report) -> str:
    svg = chart_svg(chart, report.since_wall_seconds, report.until_wall_seconds)
    return f"<figure><h3>{escape(chart.title)}</h3>{svg}{_legend(chart)}</figure>\n"


def _legend(chart: Chart) -> str:
    entries = []
    for number, curve in enumerate(chart.curves):
        if (last := last_known(curve)) is None:
            continue
        dash = f' stroke-dasharray="{DASHES[number % len(DASHES)]}"' if number else ""
        name = escape(f"{curve.name}  {format_size(last.mean)}")
        entries.append(
            '<span><svg viewBox="0 0 26 8" aria-hidden="true"><line class="line '
            f'c{number}"{dash} x1="0" y1="4" x2="26" y2="4"/></svg>{name}</span>'
        )
    if chart.growth is not None:
        entries.append(
            '<span><svg viewBox="0 0 26 8" aria-hidden="true">'
            '<line class="growth" x1="0" y1="4" x2="26" y2="4"/></svg>'
            f"{escape(_('Keeps growing'))}</span>"
        )
    entries += [
        f'<span><svg class="shape" viewBox="-7 -7 14 14" aria-hidden="true"><g class="mark {kind}">'
        f'<path d="{SHAPES[kind]}"/></g></svg>{escape(label)}</span>'
        for kind, label in shown_marks(chart)
    ]
    return f"<figcaption>{''.join(entries)}</figcaption>"


def _targets(targets: Sequence[TargetFacts]) -> Iterator[str]:
    if not targets:
        return
    has_details = any(one.details for one in targets)
    headings = [heading for heading, _text in figures_of(targets[0])]
    yield f"<h2>{escape(_('Tracked programs'))}</h2>"
    yield from _head([*headings, *([_("Found by")] if has_details else [])], 2, 9)
    for one in by_peak(targets):
        texts = [text for _heading, text in figures_of(one)]
        cells = [
            f"<td>{escape(texts[0])}</td>",
            f'<td class="{one.level}">{escape(texts[1])}</td>',
            *(f'<td class="number">{escape(text)}</td>' for text in texts[2:]),
        ]
        if has_details:
            cells.append(f'<td class="details">{escape(one.details)}</td>')
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>\n"


def _phases(targets: Sequence[TargetFacts]) -> Iterator[str]:
    rows = list(phase_rows(targets))
    if not rows:
        return
    yield f"<h2>{escape(_('Phases of the latest runs'))}</h2>"
    yield from _head(phase_headings(), 3, 7)
    for name, phase, since, *figures in rows:
        cells = "".join(f'<td class="number">{escape(text)}</td>' for text in figures)
        yield (
            f'<tr><td>{escape(name)}</td><td class="time">{escape(phase)}</td>'
            f'<td class="time">{escape(since)}</td>{cells}</tr>'
        )
    yield "</tbody></table></div>\n"


def _incidents(report: Report) -> Iterator[str]:
    if not report.incidents:
        return
    yield f"<h2>{escape(_('Incidents'))}</h2>"
    yield from _head([_("Started"), _("Resolved"), _("Level"), _("What"), _("Reported")])
    for one in report.incidents[-MOST_EVENTS:]:
        over = clock(one.ended_wall_seconds) if one.ended_wall_seconds else _("still open")
        yield (
            f'<tr><td class="time">{clock(one.begun_wall_seconds)}</td>'
            f'<td class="time">{escape(over)}</td><td>{escape(level_said(one.level))}</td>'
            f"<td><b>{escape(one.title)}</b><br>{escape(one.text)}</td>"
            f'<td class="number">{one.told}</td></tr>'
        )
    yield "</tbody></table></div>\n"
    yield from _left_out(len(report.incidents))


def _cleanups(report: Report) -> Iterator[str]:
    if not report.cleanups:
        return
    yield f"<h2>{escape(_('Freed memory'))}</h2>"
    yield from _head(cleanup_headings(), 2, 6)
    for one in report.cleanups[-MOST_EVENTS:]:
        cells = "".join(f'<td class="number">{escape(size)}</td>' for size in sizes_of(one))
        yield (
            f'<tr><td class="time">{clock(one.wall_seconds)}</td>'
            f"<td>{escape(one.subject)}</td>{cells}</tr>"
        )
    yield "</tbody></table></div>\n"
    yield from _left_out(len(report.cleanups))


def _account(rows: Sequence[AccountRow]) -> Iterator[str]:
    if not rows:
        return
    yield f"<h2>{escape(_('Where memory goes'))}</h2>"
    yield from _head(account_headings(), 1, 3)
    for row in rows:
        title = escape(row.title)
        yield (
            f"<tr><td>{'&emsp;' + title if row.is_below else f'<b>{title}</b>'}</td>"
            f'<td class="number">{escape(row.size)}</td>'
            f'<td class="number">{escape(row.share)}</td><td>{escape(row.comes_back)}</td>'
            f"<td>{escape(row.text)}</td></tr>"
        )
    yield "</tbody></table></div>\n"


def _head(headings: Sequence[str], first_number: int = 99, after: int = 99) -> Iterator[str]:
    """Yield the head of a table; columns of numbers stand to the right."""
    cells = "".join(
        f'<th scope="col"{_right(number, first_number, after)}>{escape(heading)}</th>'
        for number, heading in enumerate(headings)
    )
    yield f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>'


def _right(number: int, first: int, after: int) -> str:
    return ' class="number"' if first <= number < after else ""


def _left_out(count: int) -> Iterable[str]:
    if count > MOST_EVENTS:
        text = _("The newest {shown} of {count} are shown.").format(shown=MOST_EVENTS, count=count)
        yield f"<p>{escape(text)}</p>"
