// The browser's tab shows what the tray does: ten bars of the machine's memory.

import { find } from "./dom.js";

const SIZE = 32;
let drawn = "";

/** Draw the machine's bars as the page's icon, where they differ from those before. */
export function drawTabIcon({ bars, total_bytes: total, level }) {
  if (!bars?.length || !total) return;
  const heights = bars.map((value) => Math.round(((value ?? 0) / total) * 26));
  const key = [level, ...heights].join();
  if (key === drawn) return;
  drawn = key;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  pen.fillStyle = level === "normal" ? "#1f66b8" : level === "warning" ? "#806000" : "#b3001b";
  pen.beginPath();
  pen.roundRect(0, 0, SIZE, SIZE, 6);
  pen.fill();
  heights.forEach((height, at) => {
    pen.fillStyle = at === 9 ? "#ffb52e" : "#eaf3ff";
    pen.fillRect(2 + at * 3 - (at > 4 ? 1 : 0) + 0.5, 29 - Math.max(2, height), 2, Math.max(2, height));
  });
  find("link[rel=icon]").href = canvas.toDataURL("image/png");
}
