"use strict";
/* Programs that leak and programs that do not, one for each mode; all of them make garbage. */

const { EventEmitter } = require("events");
const { Worker, isMainThread, workerData } = require("worker_threads");

const TICKS_A_SECOND = 10;
const [mode, rate] = isMainThread ? process.argv.slice(2) : workerData;
const bytes = Number(rate) / TICKS_A_SECOND;
let garbage = null;

const block = (size) => new Array(Math.round(size / 8)).fill(1.5);

const MODES = {
  // Each listener holds what it was made beside.
  closures() {
    const emitter = new EventEmitter();
    emitter.setMaxListeners(0);
    return () => {
      const beside = block(bytes);
      emitter.on("change", () => { garbage = beside; });
    };
  },
  // A worker that forgets nothing of what it was asked.
  worker() {
    if (isMainThread) {
      const worker = new Worker(__filename, {
        workerData: [mode, rate], resourceLimits: { maxOldGenerationSizeMb: 64 },
      });
      worker.on("error", () => process.exit(3));
      return () => {};
    }
    const asked = new Map();
    return () => {
      for (let left = bytes; left > 0; left -= 2048) asked.set(`question ${asked.size}`, block(1900));
    };
  },
  // A cache of 40 MB, whose entries are replaced.
  lru() {
    const cache = new Map();
    let next = 0;
    return () => {
      for (let left = bytes; left > 0; left -= 4096) {
        cache.set(next++, block(4096));
        if (cache.size > 40e6 / 4096) cache.delete(cache.keys().next().value);
      }
      const old = cache.keys().next().value;
      const value = cache.get(old);
      cache.delete(old);
      cache.set(old, value);
    };
  },
  // Requests that are served and forgotten, some after ten seconds.
  requests() {
    return () => {
      const request = block(bytes);
      setTimeout(() => { garbage = request; }, Math.random() * 10_000);
    };
  },
};

const tick = MODES[mode]();
setInterval(() => {
  for (let i = 0; i < 50; i += 1) garbage = block(8192);
  tick();
}, 1000 / TICKS_A_SECOND);
