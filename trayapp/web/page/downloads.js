// Reports and exports: made by Memtray while the page shows how far it is, then downloaded.

import { announce, h, setText } from "./dom.js";
import { ask } from "./live.js";
import { percent, t } from "./text.js";

const POLL_MILLISECONDS = 500;
const WHAT = ["report", "export"];

function downloadCard(what, formats, spans) {
  const name = (key) => `${what}-${key}`;
  const format = h("select", { id: name("format") }, formats.map((one) =>
    h("option", { value: one.format, disabled: Boolean(one.needs) }, one.needs ? `${one.label} (${one.needs})` : one.label)));
  const span = h("select", { id: name("span") }, spans.map(({ label, since }) => h("option", { value: since ?? "" }, label)));
  const isPrivate = h("input", { type: "checkbox", id: name("private") });
  const bar = h("progress", { max: 1, "aria-label": t("downloads.progress") }), state = h("span", { role: "status" });
  const make = h("button.main", { type: "button", click: start }, t(`downloads.${what}`));
  const cancel = h("button", { type: "button", hidden: true, click: () => (isCancelled = true) }, t("cancel"));
  let isCancelled = false;
  bar.hidden = true;

  async function start() {
    isCancelled = false;
    make.disabled = true;
    bar.hidden = cancel.hidden = false;
    bar.removeAttribute("value");
    setText(state, "");
    try {
      await run();
    } catch (error) {
      setText(state, "");
      announce(error.message, true);
    }
    make.disabled = false;
    bar.hidden = cancel.hidden = true;
  }

  async function run() {
    const body = { what, format: format.value, since: span.value || null, private: isPrivate.checked, targets: [] };
    let job = await ask("/api/downloads", { method: "POST", body });
    const address = `/api/downloads/${encodeURIComponent(job.id)}`;
    while (job.state === "running") {
      if (isCancelled) {
        await ask(address, { method: "DELETE" });
        return setText(state, t("downloads.cancelled"));
      }
      if (job.share > 0) bar.value = job.share;
      setText(state, t("downloads.running", { share: percent(job.share) }));
      await new Promise((done) => setTimeout(done, POLL_MILLISECONDS));
      job = await ask(address);
    }
    if (job.state === "failed") throw new Error(job.problem);
    // The answer names the file and is kept, not shown.
    h("a", { href: job.file, download: "" }).click();
    setText(state, t("downloads.done"));
  }

  return h(
    "section.card", {},
    h("h2", {}, t(`downloads.${what}_title`)), h("p.muted", {}, t(`downloads.${what}_hint`)),
    h("div.fields", {},
      h("label", { for: format.id }, t("downloads.format")), format,
      h("label", { for: span.id }, t("downloads.span")), span,
      h("label.check", {}, isPrivate, t("downloads.private"))),
    h("div.buttons", {}, make, cancel, bar, state),
  );
}

export function make() {
  const cards = h("div.cards.wide");
  const element = h("div.view", {}, h("h1", {}, t("view.downloads")), cards);
  async function show() {
    if (cards.firstChild) return;
    try {
      const { spans, ...formats } = await ask("/api/downloads/formats");
      cards.replaceChildren(...WHAT.map((what) => downloadCard(what, formats[what], spans)));
    } catch (error) {
      announce(error.message, true);
    }
  }
  return { element, show };
}
