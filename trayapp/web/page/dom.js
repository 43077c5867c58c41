// Elements without markup: what strangers called their programs is always text, never HTML.

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "path", "line", "rect", "circle", "g", "text", "title"]);

/** Make an element: h("p.hint", { title: "…" }, child, …). Functions become listeners. */
export function h(spec, attributes = {}, ...children) {
  const [name, ...classes] = spec.split(".");
  const made = SHAPES.has(name)
    ? document.createElementNS(SVG, name)
    : document.createElement(name);
  if (classes.length) made.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else setAttribute(made, key, value);
  }
  made.append(...children.flat().filter((child) => child != null && child !== false));
  return made;
}

export const find = (selector, root = document) => root.querySelector(selector);

/** Set a text only where it differs: what is selected or read aloud stays undisturbed. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Set an attribute only where it differs; null, undefined or false: take it away. */
export function setAttribute(element, key, value) {
  if (value == null || value === false) element.removeAttribute(key);
  else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(key) !== text) element.setAttribute(key, text);
  }
}

/**
 * Keep one child of `parent` per item, in their order; those that stay are changed in place.
 * make(item) returns an element with its own `update(item)`.
 */
export function keep(parent, items, keyOf, make) {
  const kept = (parent.kept ??= new Map());
  const wanted = new Set(items.map(keyOf));
  for (const [key, element] of kept) {
    if (!wanted.has(key)) {
      element.remove();
      kept.delete(key);
    }
  }
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = kept.get(key);
    if (!element) kept.set(key, (element = make(item)));
    element.update?.(item);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
}

/** A table that scrolls sideways where it must; heads: [[text, class], …], rows: its tbody. */
export function dataTable(label, heads, rows) {
  return h(
    "div.scroll", { tabindex: "0", role: "region", "aria-label": label },
    h("table", {},
      h("caption.unseen", {}, label),
      h("thead", {}, h("tr", {}, heads.map(([text, kind]) => h("th", { scope: "col", class: kind }, text)))),
      rows),
  );
}

const BARS = 10;

/** The icon's ten bars; `update(values, level, top)` draws them, null being unknown. */
export function bars(height = 28) {
  const width = BARS * 5 - 1;
  const rects = Array.from({ length: BARS }, (_, at) => h("rect", { x: at * 5, width: 4, rx: 1 }));
  const base = h("rect.base", { x: 0, y: height - 1, width, height: 1 });
  const box = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" };
  const svg = h("svg.bars", box, ...rects, base);
  svg.update = (values, level, top) => {
    svg.setAttribute("class", `bars ${level}`);
    const known = values.filter((value) => value != null);
    let [low, high] = [Math.min(...known), Math.max(...known)];
    // Without a limit a change of a tenth fills the height, and what is flat stands in its middle.
    const span = Math.max(high - low, 0.1 * high, 1);
    low = top ? 0 : (low + high - span) / 2;
    const range = top || span;
    rects.forEach((rect, at) => {
      const value = values[at];
      const share = value == null ? 0 : Math.min(1, Math.max(0.06, (value - low) / range));
      const tall = Math.round(share * (height - 2) * 10) / 10;
      setAttribute(rect, "height", tall);
      setAttribute(rect, "y", height - 2 - tall);
    });
  };
  return svg;
}

/** A level or verdict as a coloured dot with its word. */
export function badge() {
  const word = h("span");
  const made = h("span.badge", {}, h("span.dot", { "aria-hidden": "true" }), word);
  made.update = (level, text) => {
    made.setAttribute("class", `badge ${level}`);
    setText(word, text);
  };
  return made;
}

/** Say something to the person, aloud for those who listen; it goes away after a while. */
export function announce(text, isError = false) {
  const place = find("#messages");
  const message = h(isError ? "p.message.error" : "p.message", {}, text);
  place.replaceChildren(message);
  clearTimeout(place.timer);
  place.timer = setTimeout(() => message.remove(), isError ? 12000 : 5000);
}
