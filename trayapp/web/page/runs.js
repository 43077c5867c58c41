// Runs: how long each run of a program lasted and what became of its memory, laid over each other.

import { Chart, slotClass } from "./chart.js";
import { announce, dataTable, h, keep, setText } from "./dom.js";
import { ask, live, rowsWhere } from "./live.js";
import { duration, size, sizeChange, t, when } from "./text.js";
import { pointsOf, readCurves } from "./trends.js";

const MOST_LAID = 6;

export function make() {
  const choice = h("select", { id: "runs-of", change: () => (location.hash = `#/runs?target=${encodeURIComponent(choice.value)}`) });
  const rows = h("tbody"), causes = h("ul.plain"), empty = h("p.muted"), full = { since: 0, until: 1 };
  let shown = [], wanted = null, recorded = null;
  const chart = new Chart(t("runs.chart"), {
    onWindow: (since, until) => chart.show({ ...chart.data, since: Math.max(0, since), until }),
    onReset: () => chart.show({ ...chart.data, ...full }),
  });
  const heads = [["started", ""], ["duration", "number"], ["peak", "number"], ["change_in_all", "number"], ["alerts", "number"], ["health", ""], ["phases", ""]];
  const overlay = h("section.card", {}, h("h2", {}, t("runs.overlay")), chart.element);
  const element = h(
    "div.view", {},
    h("h1", {}, t("view.runs")),
    h("div.toolbar", {}, h("label", { for: "runs-of" }, t("column.name")), choice),
    overlay,
    h("section.card", {}, dataTable(t("view.runs"), heads.map(([key, kind]) => [t(`column.${key}`), kind]), rows), empty),
    h("section.card", {}, h("h2", {}, t("runs.causes")), causes),
  );

  async function show(query) {
    wanted = query.get("target");
    causes.replaceChildren();
    try {
      if (!live.running) {
        recorded ??= [];
        recorded = await readNames();
      }
      update();
      if (!choice.value) return draw([]);
      const name = choice.value;
      const { sessions } = await ask(`/api/sessions?target=${encodeURIComponent(name)}`);
      const laid = await Promise.all(sessions.slice(0, MOST_LAID).map(async (run, slot) => {
        const { curves: [curve] } = await readCurves([`target:${name}`], run.from, run.to, "rss_bytes", 300);
        const points = curve ? pointsOf(curve).map(([time, ...values]) => [time - run.from, ...values]) : [];
        return { key: String(slot), slot, name: when(run.from), points };
      }));
      if (choice.value === name) draw(sessions, laid);
      // It counts a month of history: what is quick comes first.
      const told = (await ask(`/api/causes?target=${encodeURIComponent(name)}`)).causes[name];
      if (choice.value === name) causes.replaceChildren(...told.lines.map((line) => h("li", {}, line)));
    } catch (error) {
      announce(error.message, true);
    }
  }

  function draw(sessions, laid = []) {
    shown = sessions;
    full.until = Math.max(10, ...laid.map(({ points }) => points.at(-1)?.[0] ?? 0));
    chart.show({ ...full, curves: laid, isRelative: true });
    overlay.hidden = !laid.length;
    setText(empty, sessions.length ? "" : t("runs.none"));
    rows.replaceChildren(...sessions.map((run, slot) => h("tr", {},
      h("th.time", { scope: "row" }, slot < MOST_LAID && h(`span.swatch.${slotClass(slot)}`), when(run.from)),
      h("td.number", {}, duration(run.to - run.from)), h("td.number", {}, size(run.peak_bytes)),
      h("td.number", {}, run.first_bytes == null ? "–" : sizeChange(run.last_bytes - run.first_bytes)),
      h("td.number", {}, run.alerts == null ? "–" : String(run.alerts)),
      h("td", {}, healthOf(run)), h("td", {}, run.phases_text))));
  }

  function update() {
    if (live.running) recorded = null;
    else if (!recorded) return void show(new URLSearchParams(wanted ? { target: wanted } : {}));
    const names = recorded ?? rowsWhere((row) => row.kind === "target").map(([, row]) => row.name);
    keep(choice, names, (name) => name, (name) => h("option", { value: name }, name));
    if (wanted && names.includes(wanted)) choice.value = wanted;
    // The names come with the first message of the connection.
    if (names.length && !shown.length && wanted !== choice.value && live.isConnected) {
      show(new URLSearchParams({ target: choice.value }));
    }
  }
  return { element, show, update };
}

/** The programs that were tracked, for as long as Memtray does not run. */
async function readNames() {
  const { series } = await ask("/api/metrics");
  return [...new Set(series.filter(({ kind }) => kind === "target").map(({ name }) => name))];
}

function healthOf({ sentence, health, health_score: score }) {
  const word = health && score != null ? t("runs.health", { score, word: health }) : health;
  return [word, sentence].filter(Boolean).join(" ") || "–";
}
