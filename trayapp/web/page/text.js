// Texts in the person's language, and figures as the other parts of Memtray write them.

let texts = {};
let tag = "en";
let step = 1024;
export let language = "en";

/** Use what the server gave for a language. */
export function useTexts(given) {
  ({ texts, language } = given);
  tag = given.html_lang ?? language.replace("_", "-");
  document.documentElement.lang = tag;
  formats.clear();
}

/** Use more texts of the same language. */
export const addTexts = (given) => Object.assign(texts, given.texts);

/** Write sizes in "binary" or "decimal" units. */
export const useUnits = (units) => (step = units === "decimal" ? 1000 : 1024);

/** The text with this key, its {names} filled in. */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
}

const DASH = "–";
const formats = new Map();

function format(kind, style) {
  const key = JSON.stringify(style);
  if (!formats.has(key)) formats.set(key, new Intl[kind](tag, style));
  return formats.get(key);
}

export function number(value, digits = 0) {
  const style = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return format("NumberFormat", style).format(value);
}

const units = () => (step === 1024 ? ["kib", "mib", "gib", "tib"] : ["kb", "mb", "gb", "tb"]);

/** A size with about three digits: "1.46 GiB". */
export function size(bytes) {
  if (bytes == null) return DASH;
  let value = Math.abs(bytes);
  if (value < step) return t("b", { number: number(bytes) });
  value /= step;
  let at = 0;
  for (; value >= step - 0.5 && at < 3; at++) value /= step;
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return t(units()[at], { number: number(Math.sign(bytes) * value, digits) });
}

/** About `most` round sizes in the unit of the largest, with labels: [[bytes, text], …]. */
export function sizeTicks(low, high, most) {
  let at = -1, unit = 1;
  while (high >= (step - 0.5) * unit && at < 3) [at, unit] = [at + 1, unit * step];
  const raw = Math.max((high - low) / unit / most, at < 0 ? 1 : 1e-6);
  const power = 10 ** Math.floor(Math.log10(raw));
  const nice = [1, 2, 5, 10].find((one) => one * power >= raw * 0.999999) * power;
  const digits = Math.max(0, -Math.floor(Math.log10(nice) + 1e-9));
  const ticks = [];
  for (let count = Math.ceil(low / unit / nice - 1e-9); count * nice * unit <= high * 1.000001; count++) {
    const text = t(at < 0 ? "b" : units()[at], { number: number(count * nice, digits) });
    ticks.push([count * nice * unit, count ? text : "0"]);
  }
  return ticks;
}

export function rate(bytesPerSecond) {
  if (bytesPerSecond == null) return DASH;
  const shown = Math.abs(bytesPerSecond) <= 0.5 ? 0 : bytesPerSecond;
  return (shown > 0 ? "+" : "") + t("per_second", { size: size(shown) });
}

export const sizeChange = (bytes) => (bytes > 0 ? "+" : "") + size(bytes);

export function percent(share, digits = 0) {
  return share == null ? DASH : t("percent", { number: number(share * 100, digits) });
}

/** A duration in its two largest units: "2 h 40 min". */
export function duration(seconds) {
  if (seconds == null) return DASH;
  let left = Math.max(0, Math.round(seconds));
  if (left >= 3600) left = Math.round(left / 60) * 60;
  if (left >= 86400) left = Math.round(left / 3600) * 3600;
  const parts = [];
  for (const [key, unit] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    const count = Math.floor(left / unit);
    left -= count * unit;
    if (count) parts.push(t(key, { number: count }));
  }
  if (parts.length > 1) return t("two_units", { larger: parts[0], smaller: parts[1] });
  return parts[0] ?? t("s", { number: 0 });
}

/** A duration that is only guessed, without digits that pretend to be known. */
export function estimate(seconds) {
  if (seconds == null) return DASH;
  const steps = [[864000, 86400], [36000, 3600], [180, 60], [20, 5]];
  const unit = steps.find(([least]) => seconds >= least)?.[1] ?? 1;
  return duration(Math.round(seconds / unit) * unit);
}

/** A moment as Intl writes it in this language; `style`: its options. */
const moment = (seconds, style) =>
  format("DateTimeFormat", { hourCycle: "h23", ...style }).format(seconds * 1000);

const HOUR_MINUTE = { hour: "2-digit", minute: "2-digit" };
const DAY = { day: "numeric", month: "short" };
export const clock = (seconds) => moment(seconds, { ...HOUR_MINUTE, second: "2-digit" });
export const shortClock = (seconds) => moment(seconds, HOUR_MINUTE);
export const day = (seconds) => moment(seconds, DAY);
export const month = (seconds) => moment(seconds, { month: "short", year: "numeric" });

/** Date and time of day, without the date where it is today's. */
export function when(seconds) {
  if (seconds == null) return DASH;
  const isToday = new Date(seconds * 1000).toDateString() === new Date().toDateString();
  return isToday ? clock(seconds) : moment(seconds, { ...DAY, ...HOUR_MINUTE });
}
