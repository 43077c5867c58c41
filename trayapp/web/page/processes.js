// Processes: all of them, sorted and filtered.

import { announce, h, setText } from "./dom.js";
import { ask } from "./live.js";
import { duration, number, size, t } from "./text.js";
import { VirtualTable } from "./virtual_table.js";

const MOST = 10000, LEAST_SECONDS = 3;

const COLUMNS = () => [
  { key: "name", value: (one) => one.name },
  { key: "pid", isNumber: true, value: (one) => one.pid, text: (one) => String(one.pid) },
  { key: "memory", isNumber: true, value: (one) => one.rss_bytes, text: (one) => size(one.rss_bytes) },
  { key: "belongs", value: (one) => one.target ?? one.application },
  { key: "uptime", isNumber: true, value: uptime, text: (one) => duration(uptime(one)) },
  { key: "command", value: (one) => one.arguments?.join(" ") },
].map((column) => ({ title: t(`column.${column.key}`), text: (one) => column.value(one) ?? "–", ...column }));

let takenAt = 0;
const uptime = ({ started_at: since }) => (since == null ? null : takenAt - since);

export function make() {
  const count = h("span.muted", { role: "status" });
  const filter = h("input", { type: "search", placeholder: t("filter"), "aria-label": t("processes.filter"), input: () => draw() });
  const all = COLUMNS();
  const place = h("section.card.fill");
  const element = h("div.view", {}, h("div.toolbar", {}, h("h1", {}, t("view.processes")), filter, count), place);
  let processes = [], table = null, timer = 0, isShown = false;

  async function read() {
    clearTimeout(timer);
    const started = performance.now();
    try {
      const answer = await ask(`/api/processes?limit=${MOST}`);
      ({ processes, taken_at: takenAt } = answer);
      for (const one of processes) {
        one.found = [one.name, one.pid, one.target, one.application, ...(one.arguments ?? [])].join(" ").toLocaleLowerCase();
      }
      draw();
    } catch (error) {
      if (error.status) announce(error.message, true);
    }
    // A machine with very many processes is not kept busy by a page that shows them.
    const took = (performance.now() - started) / 1000;
    if (isShown) timer = setTimeout(read, Math.max(LEAST_SECONDS, 10 * took) * 1000);
  }

  function draw() {
    if (!table) {
      // Command lines are given only to those who may see them.
      const columns = all.filter(({ key }) => key !== "command" || processes.some((one) => one.arguments));
      table = new VirtualTable(t("view.processes"), columns, ({ pid, started }) => `${pid}:${started}`, { key: "memory", isDown: true });
      place.replaceChildren(table.element);
    }
    const words = filter.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const shown = processes.filter((one) => words.every((word) => one.found.includes(word)));
    table.show(shown);
    const sum = shown.reduce((total, one) => total + (one.rss_bytes ?? 0), 0);
    setText(count, t("processes.count", { shown: number(shown.length), all: number(processes.length), size: size(sum) }));
  }

  return {
    element,
    show: () => { isShown = true; read(); },
    hide: () => { isShown = false; clearTimeout(timer); },
  };
}
