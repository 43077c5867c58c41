// Trends: curves of the history, live at their end, with ranges, marks, growth and zoom.

import { Chart, slotClass } from "./chart.js";
import { announce, dataTable, h, keep, setAttribute, setText } from "./dom.js";
import { ask, live, rowsWhere, sizeOf } from "./live.js";
import { growthOf, markKey, markShape, marksOf } from "./marks.js";
import { rate, size, t, when } from "./text.js";

const RANGES = [["10min", 600], ["1h", 3600], ["6h", 21600], ["24h", 86400], ["7d", 604800], ["all", null]];
const METRICS = ["size", "rss", "uss", "pss", "swap"];
const POINTS = 600;
// Tasks can be so many that they would leave no room for the others.
const MARKS = [["alert,restart,cleanup,snapshot,tracked", 500], ["task", 1000]];
const OWN_LIMITS = new Set(["settings", "cgroup", "rlimit"]);

/** Curves of an answer of /api/metrics as charts take them. */
export const pointsOf = ({ times, min, mean, max }) => times.map((time, at) => [time, min[at], mean[at], max[at]]);

/** Read some curves of the history: [{ kind, name, metric, times, min, mean, max }, …]. */
export function readCurves(targets, from, to, metric, points = POINTS) {
  const query = new URLSearchParams({ points });
  if (from != null) query.set("from", from);
  if (to != null) query.set("to", to);
  for (const target of targets) query.append("target", target);
  if (metric) query.append("metric", metric);
  return ask(`/api/metrics?${query}`);
}

export function make() {
  const view = { range: 3600, window: null, metric: "size", chosen: new Set(), span: null, known: new Map() };
  let curves = [], events = [], readAt = 0, reading = 0, isShown = false;

  const on = {
    marksOf, growthOf,
    onWindow: (since, until) => go({ from: since.toFixed(1), to: until.toFixed(1) }),
    onReset: () => go({ from: null, to: null }),
    onCursor: (time, from) => (from === top ? bottom : top).readAt(time, false),
  };
  const top = new Chart(t("trends.machine"), on), bottom = new Chart(t("trends.programs"), on);
  const ranges = RANGES.map(([key, seconds]) =>
    h("button", { type: "button", click: () => go({ span: seconds ?? "all", from: null, to: null }) }, t(`range.${key}`)));
  const zooms = [
    ["zoom.in", "+", (chart) => chart.zoom(0.5)], ["zoom.out", "−", (chart) => chart.zoom(2)],
    ["zoom.earlier", "←", (chart) => chart.pan(-0.5)], ["zoom.later", "→", (chart) => chart.pan(0.5)],
  ].map(([key, sign, act]) => h("button", { type: "button", title: t(key), "aria-label": t(key), click: () => act(top) }, sign));
  const reset = h("button", { type: "button", click: on.onReset }, t("zoom.reset"));
  const metric = h("select", { "aria-label": t("trends.metric"), change: () => go({ metric: metric.value }) },
    METRICS.map((key) => h("option", { value: key }, t(`metric.${key}`))));
  const choices = h("ul.chips", { "aria-label": t("trends.choose") }), found = h("input", {
    type: "search", placeholder: t("trends.find"), "aria-label": t("trends.find"), input: () => showChoices(),
  });
  const machineNote = h("p.muted"), programNote = h("p.muted"), legend = h("ul.legend");
  const values = h("details", { toggle: () => values.open && showValues() }, h("summary", {}, t("trends.values")), h("div"));
  const keys = h("p.muted.keys", { id: "chart-keys" }, t("trends.keys"));
  const element = h(
    "div.view", {},
    h("h1.unseen", {}, t("view.trends")),
    h("div.toolbar", {},
      h("div.group", { role: "group", "aria-label": t("trends.range") }, ranges),
      h("div.group", { role: "group", "aria-label": t("trends.zoom") }, zooms, reset), metric),
    h("section.card", {}, h("div.row", {}, h("h2", {}, t("trends.machine")), machineNote), top.element),
    h("section.card", {}, h("div.row", {}, h("h2", {}, t("trends.programs")), programNote), bottom.element,
      legend, h("div.choose", {}, found, choices)),
    h("section.card", {}, keys, values),
  );

  /** Change the address, by which everything that is chosen can be kept and shared. */
  function go(changes) {
    const query = new URLSearchParams(location.hash.split("?")[1]);
    for (const [key, value] of Object.entries(changes)) {
      if (value == null) query.delete(key);
      else query.set(key, value);
    }
    goTo(query);
  }

  /** At once, so that the next key already moves what this one has shown. */
  function goTo(query) {
    const isFurther = view.window && query.has("from");
    history[isFurther ? "replaceState" : "pushState"](null, "", `#/trends?${query}`);
    show(query);
  }

  function onKey(event) {
    const range = RANGES[Number(event.key) - 1];
    if (!range || event.target.matches("input, select") || event.ctrlKey || event.altKey) return;
    go({ span: range[1] ?? "all", from: null, to: null });
  }

  function choose(key) {
    const query = new URLSearchParams(location.hash.split("?")[1]);
    const next = new Set(view.chosen);
    if (!next.delete(key)) next.add(key);
    query.delete("target");
    for (const one of next) query.append("target", one);
    if (!next.size) query.append("target", "");
    goTo(query);
  }

  function show(query) {
    if (!isShown) document.addEventListener("keydown", onKey);
    isShown = true;
    const from = Number(query.get("from")), until = Number(query.get("to")), span = query.get("span");
    view.window = from && until > from ? [from, until] : null;
    view.range = span === "all" ? null : Number(span) || 3600;
    view.metric = METRICS.includes(query.get("metric")) ? query.get("metric") : "size";
    metric.value = view.metric;
    const asked = query.getAll("target");
    view.chosen = new Set(asked.length ? asked.filter(Boolean) : rowsWhere((row) => row.kind === "target").map(([key]) => key));
    const isFirst = !asked.length && !view.chosen.size && live.order.length === 0;
    view.isWaiting = isFirst;
    RANGES.forEach(([, seconds], at) => setAttribute(ranges[at], "aria-pressed", String(!view.window && seconds === view.range)));
    reset.disabled = !view.window;
    draw();
    read();
  }

  const ends = () => {
    if (view.window) return view.window;
    const last = live.taken_at ?? view.span?.to ?? Date.now() / 1000;
    return [view.range == null ? (view.span?.from ?? last - 3600) : last - view.range, last];
  };

  async function read() {
    const mine = ++reading;
    readAt = Date.now();
    try {
      if (!view.span || view.range == null) await readSpan();
      if (view.isWaiting && !live.running) {
        view.chosen = new Set([...view.known.keys()].filter((key) => key.startsWith("target:")));
      }
      const [from, to] = ends();
      const wanted = ["system", ...view.chosen];
      const [answer, ...marks] = await Promise.all([
        readCurves(wanted, from, to, view.metric === "size" ? null : `${view.metric}_bytes`),
        ...MARKS.map(([kinds, limit]) => ask(`/api/events?from=${from}&to=${to}&kinds=${kinds}&limit=${limit}`)),
      ]);
      if (mine !== reading) return;
      curves = answer.curves.map((curve) => ({ ...curve, key: keyOf(curve), points: pointsOf(curve) }));
      events = marks.flatMap((one) => one.events).map((event) => ({ ...event, t: event.wall_seconds }));
      if (view.metric !== "size" && !curves.some(({ kind }) => kind === "system")) {
        const machine = await readCurves(["system"], from, to);
        curves.push(...machine.curves.map((curve) => ({ ...curve, key: keyOf(curve), points: pointsOf(curve) })));
      }
    } catch (error) {
      if (mine === reading && error.status) announce(error.message, true);
    }
    if (mine === reading) draw();
  }

  async function readSpan() {
    const { series, span } = await ask("/api/metrics");
    view.span = span;
    for (const one of series) if (one.kind !== "system") view.known.set(keyOf(one), one.name || t("now.itself"));
  }

  const live_metric = () => (view.metric === "size" ? "size_bytes" : `${view.metric}_bytes`);

  /** A curve with what came since it was read, or is not in the history yet. */
  function upToNow(key, points, value) {
    const last = points.at(-1)?.[0] ?? -Infinity;
    const until = view.window?.[1] ?? Infinity;
    if (value === "points") {
      return [...points, ...(live.points.get(key) ?? []).filter(([time]) => time > last && time <= until)];
    }
    const now = live.rows[key]?.[value];
    const isNew = now != null && live.taken_at > last && live.taken_at <= until;
    return isNew ? [...points, [live.taken_at, now, now, now]] : points;
  }

  function draw() {
    const [since, until] = ends();
    const machine = curves.filter((one) => one.kind === "system" && one.metric === "used_bytes");
    const swap = curves.filter((one) => one.metric === "swap_used_bytes" && one.kind === "system");
    const order = [...view.chosen];
    const total = live.system.total_bytes;
    top.show({
      since, until, ceiling: total,
      marks: events.filter((event) => !aboutChosen(event)).filter(isMarked),
      curves: [
        ...machine.map((one) => ({ key: "system", name: t("now.used"), slot: 0, points: upToNow("system", one.points, "points") })),
        ...swap.map((one) => ({ key: "swap", name: t("now.swap"), slot: 1, points: one.points })),
      ],
    });
    const shown = order.map((key, slot) => {
      const one = curves.find((curve) => curve.key === key && curve.kind !== "system");
      const value = view.metric === "size" ? "points" : live_metric();
      return { key, slot, name: nameOf(key), points: upToNow(key, one?.points ?? [], value) };
    });
    const rows = shown.map((curve) => [curve, live.rows[curve.key]]).filter(([, row]) => row);
    const isPresent = !view.window || (live.taken_at && until >= live.taken_at - 60);
    bottom.show({
      since, until, curves: shown, marks: events.filter(aboutChosen).filter(isMarked),
      limits: rows.filter(([, row]) => OWN_LIMITS.has(row.limit_source) && row.limit_bytes).map(([{ slot }, row]) => ({ slot, bytes: row.limit_bytes })),
      growths: rows.filter(([, row]) => isPresent && ["growing", "leaking"].includes(row.verdict)).map(([{ key }, row]) => ({
        key, since: row.leak_since ?? row.growing_since ?? until - 600,
        bytes_per_second: row.leak_rate_bytes_per_second ?? row.slope_bytes_per_second ?? 0,
      })),
    });
    showLegend(shown);
    showChoices();
    setText(machineNote, total ? t("trends.total", { total: size(total) }) : "");
    setText(programNote, order.length ? `${when(since)} – ${when(until)}` : t("trends.none"));
    if (values.open) showValues();
  }

  const nameOf = (key) => (key === "memtray" ? t("now.itself") : live.rows[key]?.name ?? view.known.get(key) ?? key.split(":").pop());
  const aboutChosen = (event) => [...view.chosen].some((key) => event.data?.about === key || event.subject === nameOf(key) || event.about === key);
  const isMarked = (event) => event.kind !== "alert" || ["warning", "critical", "emergency"].includes(event.level);

  function showLegend(shown) {
    const items = shown.map((curve) => {
      const row = live.rows[curve.key];
      const last = curve.points.findLast(([, , mean]) => mean != null);
      const text = t("trends.item", { name: curve.name, size: size(last?.[2]), rate: rate(row?.slope_bytes_per_second) });
      return h("li", {}, h(`span.swatch.${slotClass(curve.slot)}`), text);
    });
    const kinds = [...new Set([...top.data.marks, ...bottom.data.marks].map(markKey))];
    const marks = kinds.map((key) => h("li", {}, h("svg", { viewBox: "-7 -7 14 14", "aria-hidden": "true" }, h(`path.mark.${key}`, { d: markShape(key) })), t(`mark.${key}`)));
    legend.replaceChildren(...items, ...marks);
  }

  function showChoices() {
    const now = rowsWhere(() => true).map(([key, row]) => [key, sizeOf(row) ?? 0]);
    now.sort(([one, left], [other, right]) => rank(one) - rank(other) || right - left);
    const all = [...new Set([...view.chosen, ...now.map(([key]) => key), ...view.known.keys()])];
    const text = found.value.toLocaleLowerCase();
    const matching = all.filter((key) => view.chosen.has(key) || nameOf(key).toLocaleLowerCase().includes(text));
    keep(choices, matching.slice(0, Math.max(14, view.chosen.size)), (key) => key, (key) => {
      const button = h("button.chip", { type: "button", click: () => choose(key) });
      const item = h("li", {}, button);
      item.update = () => {
        setText(button, nameOf(key));
        setAttribute(button, "aria-pressed", String(view.chosen.has(key)));
      };
      return item;
    });
  }

  const rank = (key) => (key.startsWith("target:") ? 0 : key === "memtray" ? 1 : 2);

  /** What the curves show, for those who read rather than see: at most 40 rows. */
  function showValues() {
    const [since, until] = ends();
    const shown = [...top.data.curves, ...bottom.data.curves];
    const times = Array.from({ length: 40 }, (_, at) => since + ((at + 0.5) * (until - since)) / 40);
    const row = (time) => {
      const near = shown.map(({ points }) => points.find((point) => point[0] >= time && point[0] < time + (until - since) / 40));
      return near.some(Boolean) && h("tr", {}, h("th.time", { scope: "row" }, when(time)), near.map((point) => h("td.number", {}, size(point?.[2]))));
    };
    const heads = [[t("column.time")], ...shown.map(({ name }) => [name, "number"])];
    values.lastChild.replaceChildren(dataTable(t("trends.values"), heads, h("tbody", {}, times.map(row))));
  }

  function update() {
    // Where nothing is live, what was tracked before is shown.
    const isKnown = live.order.length || (!live.running && !view.chosen.size && view.known.size);
    if (view.isWaiting && isKnown) return show(new URLSearchParams(location.hash.split("?")[1]));
    if (!isShown || view.window) return;
    // The history holds finer and older points than what was pushed: read it again now and then.
    const [since, until] = ends();
    if (Date.now() - readAt > Math.max(30, (until - since) / 300) * 1000 || !live.isConnected !== wasLost) {
      wasLost = !live.isConnected;
      if (live.isConnected) return read();
    }
    if (live.taken_at !== drawn && live.isConnected) {
      drawn = live.taken_at;
      draw();
    }
  }
  let drawn = null, wasLost = false;

  function hide() {
    isShown = false;
    document.removeEventListener("keydown", onKey);
  }

  return { element, show, update, hide };
}

/** The key that live rows have for a series of the history. */
function keyOf({ key, kind, name }) {
  if (key) return key;
  if (kind === "app") return "memtray";
  return kind === "system" ? "system" : `${kind}:${name}`;
}
