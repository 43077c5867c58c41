// Memory: what to do about it, and where all of the machine's memory goes.

import { actButton } from "./actions.js";
import { slotClass } from "./chart.js";
import { announce, h, setText } from "./dom.js";
import { ask, mayAct } from "./live.js";
import { percent, size, t, when } from "./text.js";

const FEW_PARTS = 12;

export function make() {
  const cards = h("ul.cards.wide"), none = h("p.card.calm", {}, t("advice.none")), deeds = h("ul.deeds");
  const bar = h("div.parts", { "aria-hidden": "true" }), tree = h("div"), note = h("span.muted", { role: "status" });
  const again = actButton(t("where.refresh"), readAll);
  const done = h("section.card", {}, h("h2", {}, t("advice.done")), deeds);
  const element = h(
    "div.view", {},
    h("h1", {}, t("advice")), none, cards, done,
    h("section.card", {}, h("div.row", {}, h("h2", {}, t("where")), note, again), bar, tree),
  );

  async function send(id, what, body = {}) {
    const answer = await ask(`/api/advice/${encodeURIComponent(id)}/${what}`, { method: "POST", body });
    if (answer.text) announce(answer.text);
    await readAdvice();
  }

  function adviceCard(told) {
    const act = told.actions.find((one) => one.automatic);
    const [low, high] = told.expected_saving_bytes ?? [];
    const from = t(`advice.from.${told.from}`);
    const saving = high ? t("advice.saving", { low: size(low), high: size(high), source: from }) : "";
    const buttons = mayAct() && h("div.buttons", {},
      act && actButton(act.what, () => send(told.id, "apply"), "button.main"),
      actButton(t("advice.not_now"), () => send(told.id, "dismiss")),
      actButton(t("advice.never"), () => send(told.id, "dismiss", { for_good: true })));
    return h(
      "li.card", {}, h("h2", {}, told.title), h("p", {}, told.evidence), saving && h("p", {}, saving),
      h("ul", {}, told.actions.map((one) => h("li", {}, `→ ${one.what}`))),
      told.unless && h("p.muted", {}, told.unless), buttons,
    );
  }

  function deedItem(told) {
    const undo = told.undo && mayAct() && actButton(t("advice.undo"), () => send(told.id, "undo"));
    return h("li.row", {}, h("span.grow", {}, `${when(told.at)}  ${told.title}. ${told.result}`), undo);
  }

  async function readAdvice() {
    const told = await ask("/api/advice");
    cards.replaceChildren(...told.advice.map(adviceCard));
    deeds.replaceChildren(...told.done.map(deedItem));
    none.hidden = told.advice.length > 0;
    done.hidden = !told.done.length;
  }

  async function readWhere() {
    setText(note, t("where.reading"));
    tree.ariaBusy = "true";
    const told = await ask("/api/where").finally(() => { tree.ariaBusy = "false"; });
    const parts = told.parts.filter((part) => part.bytes > 0);
    const colours = coloursOf(parts);
    bar.replaceChildren(...parts.map((part, number) => {
      const piece = h(`span.${colours[number]}`, { title: `${part.title}: ${size(part.bytes)}` });
      piece.style.flexGrow = part.bytes;
      return piece;
    }));
    const open = new Set([...tree.querySelectorAll("details[open]")].map((one) => one.dataset.key));
    tree.replaceChildren(...parts.map((part, number) => partItem(part, told.total_bytes, open, colours[number])));
    setText(note, t("trends.total", { total: size(told.total_bytes) }));
  }

  async function readAll() {
    const results = await Promise.allSettled([readAdvice(), readWhere()]);
    for (const { reason } of results) if (reason?.status) announce(reason.message, true);
  }

  none.hidden = done.hidden = true;
  return { element, show: readAll };
}

// There are seven colours, for what is used by something; the rest needs none.
const PLAIN = { free: "free", per_cpu_lists: "ready", unexplained: "unexplained" };

/** Return the class of each part, in their order. */
function coloursOf(parts) {
  let slot = 0;
  return parts.map(({ key }) => PLAIN[key] ?? slotClass(slot++));
}

/** A part with what it consists of, to open by mouse or keyboard. */
function partItem(part, total, open, colour) {
  const text = [part.sentence, part.advice, part.note].filter(Boolean).join(" ");
  const inner = part.parts.slice(0, FEW_PARTS);
  const line = [
    colour && h(`span.swatch.${colour}`), h("span.grow", {}, part.title),
    colour && h("span.muted.wide", {}, t(`where.${part.comes_back.replace(" ", "_")}`)),
    h("span.number.share", {}, percent(part.bytes / total, 1)), h("b.number", {}, size(part.bytes)),
  ];
  if (!text && !inner.length) return h("div.part", {}, line);
  return h(
    "details.part", { "data-key": part.key, open: open.has(part.key) },
    h("summary", {}, line), text && h("p.muted", {}, text), inner.map((one) => partItem(one, total, open)),
  );
}
