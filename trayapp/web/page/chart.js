// One panel of curves over time: bands, gaps, marks, growth, a cursor, and zoom by every means.

import { h, setAttribute, setText } from "./dom.js";
import { clock, day, duration, month, shortClock, size, sizeTicks, t, when } from "./text.js";

const LEFT = 68, RIGHT = 14;
export const TOP = 26, BOTTOM = 24;
const SHORTEST_SECONDS = 10;
const TIME_STEPS = [
  1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
  172800, 604800, 1209600, 2678400, 7948800, 15768000, 31536000,
];
const DASHES = ["", "7 3", "2 2", "8 3 2 3", "12 4", "4 2", "8 2 2 2 2 2", "4 4"];
export const slotClass = (slot) => `slot${slot % 7}`;
export const slotDash = (slot) => DASHES[slot % DASHES.length];

/** Index of the first point at or after a time. */
function placeOf(points, time) {
  let low = 0, high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The point that a cursor at `time` reads, [time, least, mean, most]; null in and beyond gaps. */
export function pointAt(points, time) {
  const right = placeOf(points, time);
  const near = [points[right - 1], points[right]].filter(Boolean);
  near.sort((one, other) => Math.abs(one[0] - time) - Math.abs(other[0] - time));
  const [best, other] = near;
  if (!best || best[2] == null) return null;
  const step = (points.at(-1)[0] - points[0][0]) / Math.max(1, points.length - 1);
  const reach = other && other[2] != null ? Infinity : 3 * Math.max(1, step);
  return Math.abs(best[0] - time) > reach ? null : best;
}

export class Chart {
  /**
   * onWindow(since, until): the person zoomed; onReset(): back to the range; onCursor(time).
   * marksOf, growthOf: what draws marks and growths, of marks.js, where there are any.
   */
  constructor(label, { onWindow, onReset, onCursor, marksOf, growthOf }) {
    Object.assign(this, { onWindow, onReset, onCursor, marksOf, growthOf, pointers: new Map(), cursor: null });
    this.data = { since: 0, until: 1, curves: [], marks: [], growths: [], limits: [] };
    const layer = (name) => h(`g.${name}`);
    this.layers = ["grid", "bands", "marks", "lines", "dots", "axis"].map(layer);
    this.band = h("rect.select", { y: TOP, width: 0 });
    this.stroke = h("line.cursor", { y1: TOP });
    this.svg = h(
      "svg.plot",
      {
        tabindex: "0", role: "application", "aria-label": label, "aria-describedby": "chart-keys",
        keydown: (event) => this.onKey(event), wheel: (event) => this.onWheel(event),
        pointerdown: (event) => this.onDown(event), pointermove: (event) => this.onMove(event),
        pointerup: (event) => this.onUp(event), pointercancel: (event) => this.onUp(event, true),
        pointerleave: (event) => event.pointerType === "mouse" && this.readAt(null),
        dblclick: () => this.onReset(), blur: () => this.readAt(null),
      },
      this.layers, this.band, this.stroke,
    );
    this.readout = h("div.readout", { hidden: true });
    this.spoken = h("p.unseen", { "aria-live": "polite" });
    this.element = h("div.chart", {}, this.svg, this.readout, this.spoken);
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  show(data) {
    // What two fingers hold stays as they hold it.
    if (this.pinched) return;
    this.data = { marks: [], growths: [], limits: [], ...data };
    this.draw();
  }

  x(time) {
    const { since, until } = this.data;
    return LEFT + ((time - since) / (until - since)) * (this.width - LEFT - RIGHT);
  }

  timeAt(x) {
    const { since, until } = this.data;
    return since + ((x - LEFT) / (this.width - LEFT - RIGHT)) * (until - since);
  }

  y(bytes) {
    const inside = this.height - TOP - BOTTOM;
    return TOP + inside * (1 - (bytes - this.bottom) / (this.top - this.bottom));
  }

  draw() {
    const box = this.element.getBoundingClientRect();
    [this.width, this.height] = [box.width, box.height];
    if (this.width < LEFT + 60 || this.height < 80) return;
    setAttribute(this.svg, "viewBox", `0 0 ${this.width} ${this.height}`);
    this.scale();
    const { curves, growths, limits } = this.data;
    const [grid, bands, marks, lines] = this.layers;
    grid.replaceChildren(...this.gridLines());
    bands.replaceChildren(...curves.map((curve) => this.bandOf(curve)));
    lines.replaceChildren(
      ...curves.map((curve) => this.lineOf(curve)),
      ...limits.filter(({ bytes }) => bytes <= this.top).map((one) => this.limitOf(one)),
      ...growths.map((growth) => this.growthOf(this, growth)),
    );
    marks.replaceChildren(...(this.marksOf?.(this) ?? []));
    const floor = this.height - BOTTOM;
    setAttribute(this.stroke, "y2", floor);
    setAttribute(this.band, "height", floor - TOP);
    this.readAt(this.cursor, false);
  }

  /** Choose the ends of the size axis: from 0, unless what changes would be lost above it. */
  scale() {
    const { curves, since, until, ceiling, limits } = this.data;
    let least = Infinity, most = 0;
    for (const { points } of curves) {
      const last = Math.min(points.length, placeOf(points, until) + 1);
      for (let at = Math.max(0, placeOf(points, since) - 1); at < last; at++) {
        if (points[at][2] == null) continue;
        least = Math.min(least, points[at][1]);
        most = Math.max(most, points[at][3]);
      }
    }
    if (least > most) [least, most] = [0, 1024 ** 2];
    // A limit that comes near belongs into the picture.
    for (const { bytes } of limits) if (bytes < most * 2) most = Math.max(most, bytes * 1.02);
    if (ceiling && most > ceiling * 0.6) most = ceiling;
    // At least over a tenth of the size, so that noise does not pass for growth.
    const room = Math.max(most - least, most * 0.1), middle = (most + least) / 2;
    const isLow = least < most / 2 || most === ceiling;
    this.bottom = isLow ? 0 : Math.max(0, middle - room * 0.6);
    this.top = most === ceiling ? most : isLow ? most * 1.08 || 1 : middle + room * 0.6;
  }

  gridLines() {
    const right = this.width - RIGHT, floor = this.height - BOTTOM;
    const drawn = [];
    for (const [bytes, text] of sizeTicks(this.bottom, this.top, this.height > 220 ? 5 : 3)) {
      const y = Math.round(this.y(bytes)) + 0.5;
      drawn.push(h("line", { x1: LEFT, x2: right, y1: y, y2: y }));
      drawn.push(h("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, text));
    }
    const { since, until, isRelative } = this.data;
    const room = Math.max(2, (right - LEFT) / 92);
    const step = TIME_STEPS.find((one) => (until - since) / one <= room) ?? TIME_STEPS.at(-1);
    const shift = isRelative ? 0 : new Date(until * 1000).getTimezoneOffset() * 60;
    for (let at = Math.ceil((since - shift) / step) * step + shift; at <= until; at += step) {
      const x = Math.round(this.x(at)) + 0.5;
      const isAtEdge = x < LEFT + 18 || x > right - 14;
      drawn.push(h("line.time", { x1: x, x2: x, y1: floor, y2: floor + 4 }));
      if (isAtEdge) continue;
      drawn.push(h("text", { x, y: floor + 17, "text-anchor": "middle" }, timeLabel(at, step, isRelative)));
    }
    return drawn;
  }

  lineOf({ slot, points }) {
    let path = "", isOpen = false;
    for (const [time, , mean] of points) {
      if (mean != null) path += `${isOpen ? "L" : "M"}${this.x(time).toFixed(1)} ${this.y(mean).toFixed(1)}`;
      isOpen = mean != null;
    }
    return h(`path.line.${slotClass(slot)}`, { d: path, "stroke-dasharray": slotDash(slot) });
  }

  /** What lies between the least and the most of each stretch; under a lone curve, its area. */
  bandOf({ slot, points }) {
    const isArea = this.data.isFilled || (this.data.curves.length === 1 && this.bottom === 0);
    let path = "", upper = [], lower = [];
    const close = () => {
      if (upper.length > 1) path += `M${upper.join("L")}L${lower.reverse().join("L")}Z`;
      [upper, lower] = [[], []];
    };
    for (const [time, least, mean, most] of points) {
      if (mean == null) close();
      else {
        const x = this.x(time).toFixed(1);
        upper.push(`${x} ${this.y(most).toFixed(1)}`);
        lower.push(`${x} ${this.y(isArea ? this.bottom : least).toFixed(1)}`);
      }
    }
    close();
    return h(`path.band.${slotClass(slot)}`, { d: path });
  }

  limitOf({ slot, bytes }) {
    const y = this.y(bytes);
    return h(`line.limit.${slotClass(slot)}`, { x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y });
  }

  /** Put the cursor at a time, null: nowhere; `isTold`: the other panel follows. */
  readAt(time, isTold = true) {
    this.cursor = time;
    const isThere = time != null && this.width > 0;
    setAttribute(this.stroke, "visibility", isThere ? "visible" : "hidden");
    this.readout.hidden = !isThere;
    const dots = [], rows = [];
    if (isThere) {
      const x = this.x(time);
      setAttribute(this.stroke, "x1", x);
      setAttribute(this.stroke, "x2", x);
      for (const curve of this.data.curves) {
        const point = pointAt(curve.points, time);
        const name = slotClass(curve.slot);
        if (point) dots.push(h(`circle.${name}`, { cx: this.x(point[0]), cy: this.y(point[2]), r: 3.5 }));
        rows.push(h("li", {}, h(`span.swatch.${name}`), h("span.grow", {}, curve.name), h("b", {}, rangeText(point))));
      }
      const near = this.data.marks.filter((event) => Math.abs(this.x(event.t) - x) < 7).slice(0, 3);
      const notes = near.map((event) => h("li.note", {}, event.text));
      const title = this.data.isRelative ? duration(time) : when(time);
      this.readout.replaceChildren(h("strong", {}, title), h("ul", {}, rows, notes));
      const isRight = x > this.width / 2;
      this.readout.classList.toggle("left", isRight);
      this.readout.style.left = isRight ? "" : `${x + 12}px`;
      this.readout.style.right = isRight ? `${this.width - x + 12}px` : "";
    }
    this.layers[4].replaceChildren(...dots);
    if (isTold) this.onCursor?.(time, this);
  }

  say() {
    setText(this.spoken, this.readout.innerText.replace(/\n+/g, ", "));
  }

  // -- zoom

  zoom(factor, around = (this.data.since + this.data.until) / 2) {
    const { since, until } = this.data;
    const ends = [around - (around - since) * factor, around + (until - around) * factor];
    if (ends[1] - ends[0] >= SHORTEST_SECONDS) this.onWindow(...ends);
  }

  pan(share) {
    const { since, until } = this.data;
    const step = (until - since) * share;
    this.onWindow(since + step, until + step);
  }

  step(count) {
    const { since, until, curves } = this.data;
    const points = curves[0]?.points ?? [];
    if (!points.length) return;
    const at = this.cursor == null ? points.length : placeOf(points, this.cursor);
    const next = points[Math.max(0, Math.min(points.length - 1, at + count))];
    this.readAt(Math.max(since, Math.min(until, next[0])));
    this.say();
  }

  onKey(event) {
    const stride = event.ctrlKey ? 10 : 1;
    const isReading = event.shiftKey || event.ctrlKey;
    const act = {
      ArrowLeft: () => (isReading ? this.step(-stride) : this.pan(-0.2)),
      ArrowRight: () => (isReading ? this.step(stride) : this.pan(0.2)),
      ArrowUp: () => this.zoom(0.75), ArrowDown: () => this.zoom(1 / 0.75),
      "+": () => this.zoom(0.75), "-": () => this.zoom(1 / 0.75),
      0: () => this.onReset(), Home: () => this.onReset(), Escape: () => this.readAt(null),
    }[event.key];
    if (!act || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  }

  onWheel(event) {
    // The page scrolls by the wheel alone; a pinch on a touchpad comes as Ctrl and the wheel.
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.zoom(Math.exp(event.deltaY / 150), this.timeAt(event.offsetX));
  }

  onDown(event) {
    if (event.button) return;
    this.svg.setPointerCapture?.(event.pointerId);
    this.pointers.set(event.pointerId, [event.offsetX, event.offsetX]);
    if (this.pointers.size === 2) {
      // What lies under the two fingers stays under them.
      this.held = [...this.pointers.values()].map(([, x]) => this.timeAt(x));
    }
  }

  onMove(event) {
    const held = this.pointers.get(event.pointerId);
    const x = Math.max(LEFT, Math.min(this.width - RIGHT, event.offsetX));
    if (held) held[1] = x;
    if (this.pointers.size === 2) return this.pinch();
    this.readAt(this.timeAt(x));
    if (held && event.pointerType === "mouse") {
      setAttribute(this.band, "x", Math.min(held[0], x));
      setAttribute(this.band, "width", Math.abs(held[0] - x));
    }
  }

  pinch() {
    const [[, one], [, other]] = this.pointers.values();
    if (Math.abs(one - other) < 12) return;
    const [first, second] = this.held;
    const perPixel = (second - first) / (other - one);
    const since = first - (one - LEFT) * perPixel;
    const until = since + (this.width - LEFT - RIGHT) * perPixel;
    if (perPixel > 0 && until - since >= SHORTEST_SECONDS) {
      Object.assign(this.data, { since, until });
      this.pinched = [since, until];
      this.draw();
    }
  }

  onUp(event, isCancelled = false) {
    const held = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    setAttribute(this.band, "width", 0);
    if (this.pinched) {
      if (!this.pointers.size) {
        this.onWindow(...this.pinched);
        this.pinched = null;
      }
    } else if (held && !isCancelled && event.pointerType === "mouse" && Math.abs(held[0] - held[1]) > 6) {
      const [since, until] = held.map((x) => this.timeAt(Math.max(LEFT, x))).sort((a, b) => a - b);
      if (until - since >= SHORTEST_SECONDS) this.onWindow(since, until);
    }
  }
}

function timeLabel(at, step, isRelative) {
  if (isRelative) return duration(at);
  if (step >= 2678400) return month(at);
  const date = new Date(at * 1000);
  const isMidnight = date.getHours() + date.getMinutes() + date.getSeconds() === 0;
  if (step >= 86400 || isMidnight) return day(at);
  return step < 60 ? clock(at) : shortClock(at);
}

function rangeText(point) {
  if (!point) return "–";
  const [, least, mean, most] = point;
  const isWide = most - least > 0.02 * mean;
  return isWide ? t("value_range", { mean: size(mean), low: size(least), high: size(most) }) : size(mean);
}
