// Now: the machine, open alerts, what is tracked, and the applications, as it happens.

import { freeButton, incidentButtons } from "./actions.js";
import { Chart } from "./chart.js";
import { badge, bars, dataTable, h, keep, setAttribute, setText } from "./dom.js";
import { incidents, live, mayAct, rowsWhere, sizeOf } from "./live.js";
import { estimate, percent, rate, size, t } from "./text.js";

const FEW_APPLICATIONS = 12;
const OWN_LIMITS = new Set(["settings", "cgroup", "rlimit", "runtime"]);
export const trendsOf = (key) => `#/trends?target=${encodeURIComponent(key)}`;

/** What colours a program: the level of its alert, else how it grows. */
export function toneOf({ level, verdict }) {
  if (level && level !== "normal") return level;
  return { growing: "warning", leaking: "critical", gone: "gone" }[verdict] ?? "normal";
}

/** What `toneOf` means in a word: an alert says more of a program than that it does not grow. */
function wordOf({ level, verdict }) {
  const isMarked = level && level !== "normal" && (verdict ?? "healthy") === "healthy";
  return isMarked ? t(`level.${level}`) : t(`verdict.${verdict ?? "healthy"}`);
}

function machineCard() {
  const picture = bars(84), level = badge();
  const used = h("strong.figure"), ofTotal = h("p.muted"), free = h("dd"), swap = h("dd"), taken = h("dd"), health = h("dd");
  const chart = new Chart(t("now.chart"), {
    onWindow: (since, until) => (location.hash = `#/trends?from=${Math.round(since)}&to=${Math.round(until)}`),
    onReset() {},
  });
  chart.element.classList.add("low");
  const element = h(
    "section.card.machine", { "aria-labelledby": "now-machine" },
    h("div.summary", {},
      h("div.row", {}, h("h2", { id: "now-machine" }, t("now.machine")), level),
      h("div.row.top", {}, h("div", {}, used, ofTotal), picture),
      h("dl", {},
        h("div", {}, h("dt", {}, t("now.available")), free),
        h("div", {}, h("dt", {}, t("now.swap")), swap),
        h("div", {}, h("dt", {}, t("now.tracked_use")), taken),
        h("div", {}, h("dt", {}, t("now.health")), health))),
    chart.element,
  );
  element.update = () => {
    const { used_bytes, total_bytes, available_bytes, swap_used_bytes, level: tone = "normal" } = live.system;
    level.update(tone, t(`level.${tone}`));
    picture.update(live.system.bars ?? [], tone, total_bytes);
    setText(used, size(used_bytes));
    const share = used_bytes == null ? null : used_bytes / total_bytes;
    setText(ofTotal, t("now.of_total", { total: size(total_bytes), share: percent(share, 1) }));
    setText(free, size(available_bytes));
    setText(swap, size(swap_used_bytes));
    setText(health, live.system.health ?? "–");
    const sizes = rowsWhere((row) => row.kind === "target").map(([, row]) => sizeOf(row) ?? 0);
    setText(taken, size(sizes.length ? sizes.reduce((sum, one) => sum + one, 0) : null));
    const points = live.points.get("system") ?? [];
    const until = live.taken_at ?? 1;
    const since = Math.min(points[0]?.[0] ?? until, until - 60);
    chart.show({ since, until, isFilled: true, curves: [{ key: "system", name: t("now.used"), slot: 0, points }] });
  };
  return element;
}

function incidentCard(incident) {
  const level = badge(), title = h("h3"), body = h("p"), since = h("span.muted");
  const buttons = incidentButtons(incident);
  const element = h(
    "li.card.incident", {},
    h("div.row", {}, level, since), title, body,
    h("div.buttons", {}, buttons, h("a.button", { href: "#/alerts" }, t("now.proof"))),
  );
  element.update = (one) => {
    element.className = `card incident ${one.level}`;
    level.update(one.level, t(`level.${one.level}`));
    setText(title, one.title);
    setText(body, one.body);
    setText(since, t("ago", { time: estimate(live.taken_at - one.since) }));
    buttons.forEach((button) => button.update?.(one));
  };
  return element;
}

function programCard([key, first]) {
  const state = badge(), picture = bars(40), amount = h("strong.figure"), growth = h("span.rate");
  const name = h("a", { href: trendsOf(key) }), meter = h("div.meter", { "aria-hidden": "true" }, h("span"));
  const limit = h("p.muted"), sentence = h("p.sentence"), facts = h("p.muted");
  const element = h(
    "li.card.program", {},
    h("div.row", {}, h("h3", {}, name), state),
    h("div.row.top", {}, h("div", {}, amount, growth), picture),
    meter, limit, sentence,
    h("div.row.end", {}, facts, mayAct() && freeButton(first.kind === "app" ? "memtray" : first.name)),
  );
  element.update = ([, row]) => {
    const tone = toneOf(row);
    element.className = `card program ${tone}`;
    setText(name, row.kind === "app" ? t("now.itself") : row.name);
    state.update(tone, wordOf(row));
    const hasLimit = OWN_LIMITS.has(row.limit_source) && row.limit_bytes;
    picture.update(row.bars ?? [], tone, 0);
    setText(amount, size(sizeOf(row)));
    const slope = row.slope_bytes_per_second;
    setText(growth, slope == null ? "" : t("per_second_now", { rate: rate(slope) }));
    const share = hasLimit && sizeOf(row) != null ? sizeOf(row) / row.limit_bytes : null;
    meter.hidden = share == null;
    meter.firstChild.style.width = `${Math.min(100, (share ?? 0) * 100)}%`;
    const used = share == null ? "" : t("now.of_limit", { share: percent(share), limit: size(row.limit_bytes) });
    const left = !row.seconds_to_limit ? "" : t("now.limit_in", { time: estimate(row.seconds_to_limit) });
    setText(limit, [used, left].filter(Boolean).join(" · "));
    setText(sentence, row.unmatched_text || [row.sentence, row.heap_text].filter(Boolean).join(" "));
    const count = row.pids?.length ?? 0;
    setText(facts, t(row.peak_bytes == null ? "now.count" : "now.facts", { count, peak: size(row.peak_bytes) }));
  };
  return element;
}

function applicationRow([key]) {
  const name = h("a", { href: trendsOf(key) }), picture = bars(22), state = badge();
  const cells = [h("td.number"), h("td.number"), h("td.number.wide")];
  const element = h("tr", {}, h("th", { scope: "row" }, name), h("td.wide", {}, picture), cells, h("td", {}, state));
  element.update = ([, row]) => {
    const tone = toneOf(row);
    setText(name, row.name);
    picture.update(row.bars ?? [], tone, 0);
    setText(cells[0], size(sizeOf(row)));
    setText(cells[1], rate(row.slope_bytes_per_second));
    setText(cells[2], String(row.pids?.length ?? 0));
    state.update(tone, wordOf(row));
  };
  return element;
}

export function make() {
  const notices = h("ul.notices"), open = h("ul.cards"), programs = h("ul.cards");
  const machine = machineCard();
  const rows = h("tbody");
  let isAll = false;
  const more = h("button.quiet", { type: "button", click: () => { isAll = !isAll; update(); } });
  const heads = [["name", ""], ["history", "wide"], ["memory", "number"], ["change", "number"], ["processes", "number wide"], ["status", ""]];
  const table = dataTable(t("now.applications"), heads.map(([key, kind]) => [t(`column.${key}`), kind]), rows);
  const openTitle = h("h2", {}, t("alerts.open")), trackedTitle = h("h2", {}, t("now.tracked"));
  const hint = h("p.muted", {}, t("now.untracked"));
  const others = h("section.card", {}, h("div.row", {}, h("h2", {}, t("now.applications")), more), table);
  const element = h(
    "div.view", {},
    h("h1.unseen", {}, t("view.now")), notices, machine, openTitle, open, trackedTitle, hint, programs, others,
  );

  function update() {
    const said = [...live.problems];
    if (!live.running) said.unshift(t("now.stopped"));
    if (live.paused) said.unshift(t("now.paused"));
    keep(notices, said, (text) => text, (text) => h("li.notice", {}, text));
    // Before the first sample nothing is known, not even that nothing is tracked.
    const isKnown = live.taken_at != null;
    for (const part of [machine, trackedTitle, others]) part.hidden = !isKnown;
    if (isKnown) machine.update();
    const found = incidents().filter((one) => !one.acknowledged);
    openTitle.hidden = open.hidden = !found.length;
    keep(open, found, (one) => one.key, incidentCard);
    const tracked = [...rowsWhere((row) => row.kind === "target"), ...rowsWhere((row) => row.kind === "app")];
    hint.hidden = !isKnown || tracked.length > 1;
    keep(programs, tracked, ([key]) => key, programCard);
    const applications = rowsWhere((row) => row.kind === "application");
    applications.sort(([, one], [, other]) => (sizeOf(other) ?? 0) - (sizeOf(one) ?? 0));
    keep(rows, isAll ? applications : applications.slice(0, FEW_APPLICATIONS), ([key]) => key, applicationRow);
    more.hidden = applications.length <= FEW_APPLICATIONS;
    setText(more, isAll ? t("now.fewer") : t("now.all", { count: applications.length }));
    setAttribute(more, "aria-expanded", String(isAll));
  }
  return { element, update };
}
