// Alerts: what is open, with its proof, and the journal of what was sent or held, and why.

import { incidentButtons } from "./actions.js";
import { announce, badge, dataTable, h, keep, setText } from "./dom.js";
import { ask, incidents, live, sizeOf } from "./live.js";
import { trendsOf } from "./now.js";
import { estimate, rate, size, t, when } from "./text.js";

const MOST_ENTRIES = 300, AGAIN_SECONDS = 10;

function incidentCard(first) {
  const level = badge(), since = h("span.muted"), title = h("h2"), body = h("p"), proof = h("p.sentence");
  const figures = h("dl"), known = h("span.muted");
  const buttons = incidentButtons(first);
  const trends = first.about && h("a.button", { href: trendsOf(first.about) }, t("alerts.trends"));
  const element = h(
    "li.card.incident", {},
    h("div.row", {}, level, since), title, body, h("h3", {}, t("alerts.proof")), proof, figures,
    h("div.buttons", {}, buttons, trends, known),
  );
  element.update = (one) => {
    element.className = `card incident ${one.level}`;
    level.update(one.level, t(`level.${one.level}`));
    setText(title, one.title);
    setText(body, one.body);
    setText(since, t("alerts.since", { when: when(one.since), time: estimate(live.taken_at - one.since) }));
    setText(known, one.acknowledged ? t("alerts.known") : "");
    buttons.forEach((button) => button.update?.(one));
    const row = live.rows[one.about] ?? (one.about === "system" ? live.system : {});
    setText(proof, row.sentence || row.evidence || "");
    const facts = [
      ["column.memory", size(sizeOf(row) ?? row.used_bytes)], ["column.change", rate(row.leak_rate_bytes_per_second ?? row.slope_bytes_per_second)],
      ["column.peak", size(row.peak_bytes)], ["now.limit", size(row.limit_bytes)],
    ];
    keep(figures, facts, ([key]) => key, ([key]) => {
      const value = h("dd"), item = h("div", {}, h("dt", {}, t(key)), value);
      item.update = ([, text]) => setText(value, text);
      return item;
    });
  };
  return element;
}

export function make() {
  const open = h("ul.cards.wide"), none = h("p.card.calm", {}, t("alerts.none")), switches = h("p.notice");
  const rows = h("tbody"), empty = h("p.muted");
  const filter = h("input", { type: "search", placeholder: t("filter"), "aria-label": t("alerts.filter"), input: () => draw() });
  let journal = [], problem = null, seen = "", readAt = 0, isShown = false;
  const heads = ["time", "level", "what", "alert", "reason"];
  const element = h(
    "div.view", {},
    h("h1", {}, t("alerts.open")), switches, none, open,
    h("section.card", {},
      h("div.row", {}, h("h2", {}, t("alerts.journal")), filter),
      dataTable(t("alerts.journal"), heads.map((key) => [t(`column.${key}`)]), rows), empty),
  );

  async function read() {
    readAt = Date.now();
    try {
      ({ journal, problem } = await ask(`/api/alerts?limit=${MOST_ENTRIES}`));
      journal = [...journal].sort((one, other) => other.wall_seconds - one.wall_seconds);
    } catch (error) {
      if (error.status) announce(error.message, true);
    }
    draw();
  }

  function draw() {
    const text = filter.value.toLocaleLowerCase();
    const wanted = journal.filter((one) => `${one.title} ${one.reason} ${one.subject}`.toLocaleLowerCase().includes(text));
    rows.replaceChildren(...wanted.map((one) => {
      const level = badge();
      level.update(one.level || "normal", t(`level.${one.level || "normal"}`));
      return h("tr", {},
        h("td.time", {}, when(one.wall_seconds)), h("td", {}, level), h("td", {}, one.what_text ?? one.what),
        h("th", { scope: "row" }, one.title), h("td.reason", {}, one.reason ?? ""));
    }));
    empty.hidden = wanted.length > 0;
    setText(empty, problem ?? t("alerts.no_entries"));
  }

  function update() {
    const found = incidents();
    none.hidden = found.length > 0 || !live.running;
    keep(open, found, (one) => one.key, incidentCard);
    const { off, snoozed_until: until, snoozed_targets: names = {} } = live.alerts ?? {};
    const parts = [];
    if (off) parts.push(t("alerts.off"));
    if (until) parts.push(t("alerts.all_snoozed", { time: when(until) }));
    for (const [name, end] of Object.entries(names)) parts.push(t("alerts.one_snoozed", { name, time: when(end) }));
    switches.hidden = !parts.length;
    setText(switches, parts.join(" "));
    // Whatever changes an incident has an entry, which is written a little later.
    const now = JSON.stringify([found.map(({ key, level, acknowledged }) => [key, level, acknowledged]), parts, live.isConnected]);
    const isDue = Date.now() - readAt > AGAIN_SECONDS * 1000;
    if (isShown && live.isConnected && (now !== seen || isDue)) {
      seen = now;
      read();
    }
  }
  return { element, update, show: () => { isShown = true; seen = ""; }, hide: () => (isShown = false) };
}
