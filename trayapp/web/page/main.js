// The page's frame: the session, the views and their addresses, language and appearance.

import { announce, find, h, setAttribute, setText } from "./dom.js";
import { drawTabIcon } from "./tab_icon.js";
import { ask, connect, enter, hasten, incidents, leave, live, onLive } from "./live.js";
import * as now from "./now.js";
import { addTexts, language, percent, t, useTexts, useUnits } from "./text.js";

/** One line each: its address is #/KEY, its name the text "view.KEY". Loaded when it is opened. */
const VIEWS = {
  now: () => now,
  trends: () => import("./trends.js"),
  alerts: () => import("./alerts.js"),
  where: () => import("./where.js"),
  runs: () => import("./runs.js"),
  processes: () => import("./processes.js"),
  downloads: () => import("./downloads.js"),
};
const THEMES = ["auto", "light", "dark"];
const made = new Map();
let shown = null;
/** Whether more than the first view needs is loaded: styles and texts. */
let more = null;
/** Whether a view could not be loaded; it is tried again once the server answers. */
let isMissing = false;

async function start() {
  showTheme(localStorage.getItem("memtray.theme") ?? "auto");
  await loadTexts(localStorage.getItem("memtray.language"));
  const token = location.hash.startsWith("#/") ? "" : location.hash.slice(1);
  if (token) history.replaceState(null, "", location.pathname);
  document.addEventListener("locked", showLock);
  addEventListener("hashchange", openView);
  find(".skip").onclick = (event) => {
    // The fragment is the view's address.
    event.preventDefault();
    find("#view").focus();
  };
  addEventListener("online", hasten);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", ({ persisted }) => persisted && connect());
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
  openView();
  connect();
}

async function loadTexts(wanted) {
  const given = await ask(`/texts.json?${more ? "" : "part=first&"}language=${encodeURIComponent(wanted ?? "")}`);
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
  const links = Object.keys(VIEWS).map((key) =>
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
    openView();
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

/** What all views but the first need. */
function loadMore() {
  const styles = new Promise((done, fail) => {
    document.head.append(h("link", { rel: "stylesheet", href: "/page/views.css", load: done, error: fail }));
  });
  const texts = ask(`/texts.json?part=views&language=${language}`).then(addTexts);
  return Promise.all([styles, texts]);
}

/** Show the view that the address names, once it is loaded. */
async function openView() {
  const address = location.hash;
  const [wanted, query] = address.slice(2).split("?");
  const key = Object.hasOwn(VIEWS, wanted) ? wanted : "now";
  if (!made.has(key)) {
    try {
      const [view] = await Promise.all([VIEWS[key](), key === "now" || (more ??= loadMore())]);
      if (location.hash !== address) return;
      if (!made.has(key)) made.set(key, view.make());
    } catch {
      more = null;
      isMissing = true;
      announce(t("lost"), true);
      return;
    }
  }
  isMissing = false;
  show(key, query);
}

function show(key, query) {
  const isOther = shown?.key !== key;
  if (isOther) shown?.panel.hide?.();
  shown = { key, panel: made.get(key) };
  for (const link of find("#views").children) {
    const isShown = link.dataset.view === key;
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
  if (isMissing && live.isConnected) {
    isMissing = false;
    openView();
  }
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
