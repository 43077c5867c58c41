// The page's frame: the session, the views and their addresses, language and appearance.

import { alerts } from "./alerts.js";
import { downloads } from "./downloads.js";
import { announce, find, h, setAttribute, setText } from "./dom.js";
import { drawTabIcon } from "./tab_icon.js";
import { ask, connect, enter, hasten, incidents, live, onLive } from "./live.js";
import { now } from "./now.js";
import { processes } from "./processes.js";
import { runs } from "./runs.js";
import { language, percent, t, useTexts, useUnits } from "./text.js";
import { trends } from "./trends.js";
import { where } from "./where.js";

/** One line each: its address is #/KEY, its name the text "view.KEY". */
const VIEWS = [now, trends, alerts, where, runs, processes, downloads];
const THEMES = ["auto", "light", "dark"];
const made = new Map();
let shown = null;

async function start() {
  showTheme(localStorage.getItem("memtray.theme") ?? "auto");
  await loadTexts(localStorage.getItem("memtray.language"));
  const token = location.hash.startsWith("#/") ? "" : location.hash.slice(1);
  if (token) history.replaceState(null, "", location.pathname);
  document.addEventListener("locked", showLock);
  addEventListener("hashchange", show);
  find(".skip").onclick = (event) => {
    // The fragment is the view's address.
    event.preventDefault();
    find("#view").focus();
  };
  addEventListener("online", hasten);
  document.addEventListener("visibilitychange", () => {
    hasten();
    update();
  });
  onLive(update);
  await unlock(token);
}

async function unlock(token) {
  try {
    await enter(token);
  } catch (error) {
    // Without an answer the live connection goes on trying; a session that is refused is asked for.
    if (error.status) return showLock(error.status === 401 && !token ? null : error);
  }
  find("#lock").hidden = true;
  find("#view").hidden = find("#views").hidden = false;
  show();
  connect();
}

async function loadTexts(wanted) {
  const query = wanted ? `?language=${encodeURIComponent(wanted)}` : "";
  const given = await ask(`/texts.json${query}`);
  useTexts(given);
  for (const element of document.querySelectorAll("[data-text]")) {
    setText(element, t(element.dataset.text));
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    setAttribute(element, "aria-label", t(element.dataset.label));
  }
  buildFrame(given.languages);
}

function buildFrame(languages) {
  const links = VIEWS.map(({ key }) =>
    h("a", { href: `#/${key}`, "data-view": key }, h("span", {}, t(`view.${key}`)), key === "alerts" && h("span.count")),
  );
  find("#views").replaceChildren(...links);
  const options = languages.map((code) => {
    const tag = code.replace("_", "-");
    const name = new Intl.DisplayNames([tag], { type: "language" }).of(tag);
    return h("option", { value: code, selected: code === language, lang: tag }, name);
  });
  const choice = find("#language");
  choice.replaceChildren(...options);
  choice.onchange = async () => {
    localStorage.setItem("memtray.language", choice.value);
    await loadTexts(choice.value);
    made.clear();
    show();
  };
  showTheme(document.documentElement.dataset.theme);
}

/** Show an appearance; the button goes to the next. */
function showTheme(name) {
  const at = Math.max(0, THEMES.indexOf(name));
  const button = find("#theme");
  document.documentElement.dataset.theme = THEMES[at];
  const label = t("theme.now", { theme: t(`theme.${THEMES[at]}`) });
  setText(button, "◐☀☾"[at]);
  setAttribute(button, "title", label);
  setAttribute(button, "aria-label", label);
  button.onclick = () => {
    const next = THEMES[(at + 1) % THEMES.length];
    localStorage.setItem("memtray.theme", next);
    showTheme(next);
  };
}

function showLock(error) {
  find("#lock").hidden = false;
  find("#view").hidden = find("#views").hidden = true;
  setText(find("#lock-error"), error?.message ?? "");
  const form = find("#lock form"), field = find("#token");
  form.onsubmit = (event) => {
    event.preventDefault();
    unlock(field.value.trim().split("#").pop());
    field.value = "";
  };
  field.focus();
}

/** Show the view that the address names. */
function show() {
  const [key, query] = location.hash.slice(2).split("?");
  const view = VIEWS.find((one) => one.key === key) ?? VIEWS[0];
  const isOther = shown?.key !== view.key;
  if (isOther) shown?.panel.hide?.();
  if (!made.has(view.key)) made.set(view.key, view.make());
  shown = { key: view.key, panel: made.get(view.key) };
  for (const link of find("#views").children) {
    const isShown = link.dataset.view === view.key;
    setAttribute(link, "aria-current", isShown && "page");
    if (isShown) link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  const place = find("#view");
  if (place.firstElementChild !== shown.panel.element) {
    place.replaceChildren(shown.panel.element);
    if (isOther && document.activeElement !== document.body) place.focus({ preventScroll: true });
  }
  shown.panel.show?.(new URLSearchParams(query));
  update();
}

function update() {
  useUnits(live.units);
  const open = incidents().filter((one) => !one.acknowledged).length;
  const count = find("#views .count");
  setText(count, open ? String(open) : "");
  setAttribute(count, "title", open ? t("alerts.open") : null);
  const state = live.isConnected ? (live.paused ? "paused" : live.running ? "live" : "stopped") : live.isLost ? "lost" : "";
  const status = find("#status");
  status.className = `state ${state}`;
  setText(status, state && t(`state.${state}`));
  find("#view").classList.toggle("stale", live.isLost && !live.isConnected);
  const { used_bytes: used, total_bytes: total } = live.system;
  const share = used == null || !total ? "" : `${percent(used / total)} · `;
  document.title = `${open ? `(${open}) ` : ""}${share}Memtray`;
  drawTabIcon(live.system);
  // Nobody sees what is in a tab behind others.
  if (!document.hidden) shown?.panel.update?.();
}

start().catch((error) => announce(error.message, true));
