// The connection to Memtray: the session, questions to the API, and the live view that is pushed.

import { language, t } from "./text.js";

const MOST_POINTS = 1000;
const SILENCE_SECONDS = 40;

/** What is known now. `points`: by row key (and "system") [[time, value, value, value], …]. */
export const live = {
  isConnected: false, isLost: false, running: true, role: "full", rows: {}, order: [], incidents: {},
  incident_order: [], problems: [], system: {}, alerts: {}, taken_at: null, points: new Map(),
};
const listeners = new Set();
let socket = null, events = null, retries = 0, silence = 0, retry = 0;

/** Call `act` after every change; returns what ends that. */
export function onLive(act) {
  listeners.add(act);
  return () => listeners.delete(act);
}

const changed = () => listeners.forEach((act) => act());

export class ApiError extends Error {
  constructor(detail, status) {
    super(detail);
    this.status = status;
  }
}

/** Ask the API; returns the answer's JSON. Throws ApiError with a sentence for people. */
export async function ask(path, { method = "GET", body, headers = {} } = {}) {
  const isJson = body !== undefined;
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { "Accept-Language": language.replace("_", "-"), ...(isJson && { "Content-Type": "application/json" }), ...headers },
      body: isJson ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new ApiError(t("lost"), 0);
  }
  if (answer.status === 204) return null;
  const found = await answer.json().catch(() => ({}));
  if (answer.ok) return found;
  if (answer.status === 401) document.dispatchEvent(new Event("locked"));
  throw new ApiError(found.detail ?? found.title ?? String(answer.status), answer.status);
}

/** Change a token into a cookie, or renew the cookie. Throws ApiError. */
export async function enter(token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  live.role = (await ask("/api/session", { method: "POST", headers })).role;
}

/** Listen from now on; a connection that breaks is opened again, from where it broke. */
export function connect() {
  clearTimeout(retry);
  if (socket || events) return;
  const since = live.taken_at == null ? "" : `?since=${live.taken_at}`;
  // Where something on the way lets no WebSocket through, events come by plain HTTP.
  if (retries % 4 === 3) {
    events = new EventSource(`/events${since}`);
    for (const kind of ["state", "update", "heartbeat"]) events.addEventListener(kind, hear);
    events.onerror = () => lose();
  } else {
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws${since}`);
    socket.onmessage = hear;
    socket.onclose = (event) => lose(event.code);
  }
  watch();
}

function watch() {
  clearTimeout(silence);
  silence = setTimeout(() => lose(), SILENCE_SECONDS * 1000);
}

function lose(code) {
  for (const one of [socket, events]) {
    if (one) {
      one.onmessage = one.onclose = one.onerror = null;
      one.close();
    }
  }
  socket = events = null;
  clearTimeout(silence);
  live.isConnected = false;
  live.isLost = true;
  changed();
  if (code === 4401) document.dispatchEvent(new Event("locked"));
  else {
    retry = setTimeout(connect, Math.min(8, 2 ** retries) * 1000);
    retries++;
  }
}

/** Hang up, and do not call again: a browser keeps pages that were left, with their connections. */
export function leave() {
  lose();
  clearTimeout(retry);
}

/** Try at once: the network or the person is back. */
export function hasten() {
  if (!live.isConnected && !socket && !events && retries) connect();
}

function hear({ data }) {
  watch();
  const message = JSON.parse(data);
  if (message.type === "state") takeState(message);
  else if (message.type === "update") takeUpdate(message);
  retries = 0;
  live.isConnected = true;
  changed();
}

function takeState({ points, points_since: since, ...state }) {
  // Views of another version would be loaded into this page.
  if (live.version && live.version !== state.version) location.reload();
  // Memtray that does not run, or has no sample yet, tells null.
  Object.assign(live, state, { system: state.system ?? {}, alerts: state.alerts ?? {} });
  if (since == null) live.points = new Map();
  for (const [key, values] of Object.entries(points?.curves ?? {})) {
    const kept = pointsOf(key);
    const last = kept.at(-1)?.[0] ?? -Infinity;
    points.times.forEach((time, at) => time > last && append(kept, time, values[at]));
  }
}

function takeUpdate(message) {
  const isSample = message.taken_at !== live.taken_at;
  for (const [key, value] of Object.entries(message)) {
    if (key === "rows" || key === "incidents") mergeAll(live[key], value);
    else if (key === "system") merge(live.system, value);
    else live[key] = value;
  }
  if (!isSample) return;
  append(pointsOf("system"), live.taken_at, live.system.used_bytes);
  for (const [key, row] of Object.entries(live.rows)) {
    append(pointsOf(key), live.taken_at, sizeOf(row));
  }
  for (const key of live.points.keys()) {
    if (key !== "system" && !live.rows[key]) live.points.delete(key);
  }
}

function mergeAll(kept, changes) {
  for (const [key, change] of Object.entries(changes)) {
    if (change === null) delete kept[key];
    else merge((kept[key] ??= {}), change);
  }
}

function merge(kept, { bar, ...change }) {
  Object.assign(kept, change);
  if (bar !== undefined && kept.bars) kept.bars = [...kept.bars.slice(0, -1), bar];
}

function pointsOf(key) {
  if (!live.points.has(key)) live.points.set(key, []);
  return live.points.get(key);
}

function append(points, time, value) {
  // The clock was set back.
  while (points.length && points.at(-1)[0] > time) points.pop();
  const last = points.at(-1);
  const usual = 3 * (live.interval_seconds ?? 1) + 15;
  if (last && last[2] != null && time - last[0] > usual) points.push([last[0] + 1, null, null, null]);
  const known = value ?? null;
  points.push([time, known, known, known]);
  if (points.length > MOST_POINTS) points.shift();
}

/** Programs, in the order of the server, that `test` holds for: [[key, row], …]. */
export function rowsWhere(test) {
  return live.order.map((key) => [key, live.rows[key]]).filter(([, row]) => row && test(row));
}

/** What a program takes: shared pages counted once where that is known. */
export const sizeOf = (row) => row.size_bytes ?? row.rss_bytes;

/** Open incidents, the worst first. */
export const incidents = () =>
  live.incident_order.filter((key) => live.incidents[key]).map((key) => ({ ...live.incidents[key], key }));
export const mayAct = () => live.role === "full";
