// A table of ten thousand rows that only has those in sight: still a table, row and column counted.

import { h, setAttribute, setText } from "./dom.js";

const ROW_PIXELS = 32, SPARE_ROWS = 8;

export class VirtualTable {
  /** columns: [{ key, title, isNumber, text(item), value(item) }]; keyOf(item): what tells it apart. */
  constructor(label, columns, keyOf, sort) {
    Object.assign(this, { columns, keyOf, sort, items: [], active: null });
    this.body = h("tbody");
    this.above = h("tr", { "aria-hidden": "true" });
    this.below = h("tr", { "aria-hidden": "true" });
    this.heads = columns.map((column) => {
      const button = h("button", { type: "button", click: () => this.sortBy(column.key) }, column.title);
      return h("th", { scope: "col", "data-key": column.key, class: column.isNumber ? "number" : "" }, button);
    });
    this.table = h(
      "table.virtual", { "aria-colcount": columns.length },
      h("caption.unseen", {}, label), h("thead", {}, h("tr", { "aria-rowindex": 1 }, this.heads)), this.body,
    );
    this.element = h("div.scroll.tall", {
      tabindex: "0", role: "region", "aria-label": label,
      scroll: () => this.draw(), keydown: (event) => this.onKey(event),
    }, this.table);
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** Show these items from now on; the rows in sight stay where they are. */
  show(items) {
    const column = this.columns.find(({ key }) => key === this.sort.key);
    const sign = this.sort.isDown ? -1 : 1;
    const order = new Intl.Collator(undefined, { numeric: true }).compare;
    const compare = column.isNumber ? (one, other) => one - other : order;
    const values = new Map(items.map((item) => [item, column.value(item)]));
    this.items = [...items].sort((one, other) => {
      const [left, right] = [values.get(one), values.get(other)];
      // What is not known stands last, whichever way it is sorted.
      if (left == null || right == null) return (left == null) - (right == null);
      return sign * compare(left, right);
    });
    for (const head of this.heads) {
      const isSorted = head.dataset.key === this.sort.key;
      setAttribute(head, "aria-sort", isSorted && (this.sort.isDown ? "descending" : "ascending"));
    }
    setAttribute(this.table, "aria-rowcount", items.length + 1);
    this.draw();
  }

  sortBy(key) {
    const column = this.columns.find((one) => one.key === key);
    const isDown = this.sort.key === key ? !this.sort.isDown : Boolean(column.isNumber);
    this.sort = { key, isDown };
    this.element.scrollTop = 0;
    this.show(this.items);
  }

  draw() {
    const seen = Math.ceil((this.element.clientHeight || 600) / ROW_PIXELS);
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW_PIXELS) - SPARE_ROWS);
    const last = Math.min(this.items.length, first + seen + 2 * SPARE_ROWS);
    while (this.body.rows.length - 2 < last - first) this.body.append(this.makeRow());
    while (this.body.rows.length > 2 && this.body.rows.length - 2 > last - first) this.body.rows[1].remove();
    this.body.prepend(this.above);
    this.body.append(this.below);
    this.above.style.height = `${first * ROW_PIXELS}px`;
    this.below.style.height = `${(this.items.length - last) * ROW_PIXELS}px`;
    for (let at = first; at < last; at++) this.fill(this.body.rows[at - first + 1], at);
  }

  makeRow() {
    const cell = ({ isNumber }, at) => (at ? h(isNumber ? "td.number" : "td") : h("th", { scope: "row" }));
    return h("tr", { click: (event) => this.activate(event.currentTarget.at) }, this.columns.map(cell));
  }

  fill(row, at) {
    const item = this.items[at];
    row.at = at;
    setAttribute(row, "aria-rowindex", at + 2);
    setAttribute(row, "class", [at % 2 && "odd", this.keyOf(item) === this.active && "active"].filter(Boolean).join(" "));
    this.columns.forEach((column, place) => {
      const text = column.text(item);
      setText(row.cells[place], text);
      if (!column.isNumber) setAttribute(row.cells[place], "title", text);
    });
  }

  activate(at) {
    this.active = this.items[at] && this.keyOf(this.items[at]);
    this.draw();
  }

  onKey(event) {
    if (event.target !== this.element) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_PIXELS) - 2);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 }[event.key];
    if (!step || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    const now = this.items.findIndex((item) => this.keyOf(item) === this.active);
    const at = Math.max(0, Math.min(this.items.length - 1, now + step));
    const top = at * ROW_PIXELS, room = this.element.clientHeight - 2 * ROW_PIXELS;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    if (top > this.element.scrollTop + room) this.element.scrollTop = top - room;
    this.activate(at);
  }
}
