// What stands in a chart beside its curves: marks of events, and the lines of growth.

import { BOTTOM, TOP } from "./chart.js";
import { h } from "./dom.js";
import { number, t, when } from "./text.js";

/** Pixels between marks that would make a block of their lines. */
const CROWDED = 6;
/** By level or kind, a shape of its own: colour is not all there is. */
const SHAPES = {
  warning: "M0-5 5 4H-5Z", critical: "M-4-4H4V4H-4Z", emergency: "M-5-3-3-5 0-2 3-5 5-3 2 0 5 3 3 5 0 2-3 5-5 3-2 0Z",
  restart: "M0-5 5 0 0 5-5 0Z", cleanup: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z", tracked: "M-5-4H5L0 5Z",
  task: "M-4-5 5 0-4 5Z", snapshot: "M-2-5H2V-2H5V2H2V5H-2V2H-5V-2H-2Z",
};
export const markKey = (event) => (event.kind === "alert" ? event.level : event.kind);
export const markShape = (key) => SHAPES[key] ?? SHAPES.restart;

/** The straight line that a verdict means, through the middle of the rise itself. */
export function growthOf(chart, { key, since, bytes_per_second: slope }) {
  const curve = chart.data.curves.find((one) => one.key === key);
  const rise = (curve?.points ?? []).filter(([time, , mean]) => time >= since && mean != null);
  if (!rise.length) return h("path");
  const rests = rise.map(([time, , mean]) => mean - slope * time).sort((one, other) => one - other);
  const middle = rests[rests.length >> 1];
  // Only where it is inside of the picture.
  const [enters, leaves] = slope
    ? [chart.bottom, chart.top].map((bytes) => (bytes - middle) / slope).sort((one, other) => one - other)
    : [-Infinity, Infinity];
  const ends = [Math.max(since, chart.data.since, enters), Math.min(chart.data.until, leaves)];
  if (ends[0] >= ends[1]) return h("path");
  const [from, to] = ends.map((time) => `${chart.x(time)} ${chart.y(middle + slope * time)}`);
  return h("path.growth", { d: `M${from}L${to}` });
}

/** Events; those of a kind that come every few pixels are one mark, and a bar along the lower edge. */
export function marksOf(chart) {
  const floor = chart.height - BOTTOM;
  const inside = chart.data.marks.filter(({ t: at }) => at >= chart.data.since && at <= chart.data.until);
  inside.sort((one, other) => one.t - other.t);
  const groups = [], latest = new Map();
  for (const event of inside) {
    const x = chart.x(event.t), key = markKey(event), near = latest.get(key);
    if (near && x - near.until < CROWDED) [near.until, near.last, near.count] = [x, event, near.count + 1];
    else {
      const group = { key, x, until: x, first: event, last: event, count: 1 };
      groups.push(group);
      latest.set(key, group);
    }
  }
  const ends = [-Infinity, -Infinity];
  return groups.map(({ key, x, until, first, last, count }) => {
    // Those that would cover each other stand in two rows.
    const row = x - ends[0] >= 13 || x - ends[1] < 13 ? 0 : 1;
    ends[row] = x;
    const title = count === 1 ? `${when(first.t)}  ${first.text}` : `${when(first.t)} – ${when(last.t)}  ${number(count)} × ${t(`mark.${key}`)}`;
    return h(
      `g.mark.${key}`, {},
      h("title", {}, title),
      count === 1
        ? h("line", { x1: x, x2: x, y1: TOP, y2: floor })
        : h("rect", { x, width: Math.max(2, until - x), y: floor - 4, height: 4 }),
      h("path", { d: markShape(key), transform: `translate(${x} ${10 + row * 11})` }),
    );
  });
}
