"use strict";
/*
 * The probe for programs that Node.js runs, without a change of theirs:
 *
 *     NODE_OPTIONS="--require /…/trayapp/probe/node_probe.js" node program.js
 *
 * `memtray run -- node program.js` does the same. It answers on the socket and in the words of the
 * Python probe (`report`, `tasks`, `collect`), and once a second writes the figures of each heap, of
 * worker threads too, into the file beside it that Memtray reads (`readers/heap_file.py`). A program
 * that wants to name its tasks, caches and parts finds it, if it is there, as
 *
 *     const memtray = globalThis[Symbol.for("memtray.probe")];
 *     memtray?.register_cache("thumbnails", () => thumbnails.clear());
 *     memtray?.register_component("index", () => index.byteLength);
 *     const run = memtray?.task("nightly report"); …; run?.end();
 *
 * Nothing here throws into the program, keeps it from ending, or changes how it ends.
 */

const { join, isAbsolute, resolve } = require("path");

const PROBE = Symbol.for("memtray.probe");
const PERIOD_MS = 1000, FIRST_MS = 50, CLIENT_MS = 5000, WORKER_MS = 300, COLLECT_MS = 5000;
const MOST_REQUEST = 64 * 1024, MOST_PATH = 107, MOST_FILES = 500, MOST_ANCESTORS = 8;
const MOST_NAMES = 1000, LONGEST_NAME = 100, MOST_KEPT = 256, MOST_AT_A_TIME = 100;
const HEADER_BYTES = 32, SLOTS = 32, FIELDS = 16, SLOT_BYTES = FIELDS * 8;
const LAUNCHER = /[/\\](npm|npx|pnpm|yarn|corepack)(-cli)?(\.[cm]?js)?$/;
const MIB = 1024 * 1024, YOUNG_SPACES = 3;
const SEMI_SPACE_MIB = parseInt(process.versions.v8, 10) >= 13 ? 64 : 16; // where nobody sets it
const CHANNEL = "memtray.probe", SLOTS_KEY = "memtray.slots";

function load() {
  const threads = require("worker_threads");
  const isMain = threads.isMainThread;
  if (isMain) quietly(leaveEnvironment);
  const heap = watchHeap(threads);
  const parts = new Map(), caches = new Map();
  const log = { running: new Set(), ended: [], count: 0, sent: 0 };

  // -- what a program calls; by the names of the Python probe

  const api = {
    register_cache: (name, clear, size) => put(caches, name, { clear, size }),
    unregister_cache: (name) => caches.delete(plain(name)),
    register_component: (name, measure) => put(parts, name, measure),
    unregister_component: (name) => parts.delete(plain(name)),
    /* task(name) begins one, for `end(error)`; task(name, work) is the whole of `work()`, also if
       that returns a promise, and returns what it does. */
    task(name, work) {
      const run = quietly(() => begin(name)) || { end() {} };
      if (typeof work !== "function") return run;
      let result;
      try {
        result = work();
      } catch (error) {
        run.end(error);
        throw error;
      }
      if (result && typeof result.then === "function") {
        result.then(() => run.end(), (error) => run.end(error === undefined ? "rejected" : error));
      } else {
        run.end();
      }
      return result;
    },
  };
  Object.defineProperty(globalThis, PROBE, { value: Object.freeze(api), enumerable: false });

  function begin(name) {
    const before = rss(), peak = process.resourceUsage().maxRSS;
    const run = { name: plain(name), began: Date.now() / 1000, at: performance_now() };
    log.running.add(run);
    let hasEnded = false;
    return {
      end(error) {
        if (hasEnded) return;
        hasEnded = true;
        quietly(() => {
          log.running.delete(run);
          const after = rss(), raised = process.resourceUsage().maxRSS;
          const top = Math.max(before, after, raised > peak ? raised * 1024 : 0);
          note({
            name: run.name, began_unix_s: run.began, seconds: performance_now() - run.at,
            growth_bytes: after - before, heap_growth_bytes: null, before_bytes: before,
            peak_rss_bytes: top, peak_growth_bytes: top - before, failed: failure(error),
          });
        });
      },
    };
  }

  function note(task) {
    if (!isMain) {
      if (channel) channel.postMessage({ task });
      return;
    }
    log.count += 1;
    log.ended.push({ number: log.count, ...task });
    if (log.ended.length > MOST_KEPT) log.ended.shift();
  }

  // -- between the threads of a process

  const waiting = new Map();
  const channel = quietly(() => openChannel());

  function openChannel() {
    if (!threads.BroadcastChannel) return null;
    const found = new threads.BroadcastChannel(CHANNEL);
    found.onmessage = (event) => quietly(() => hear(event.data));
    found.unref();
    return found;
  }

  function hear(told) {
    if (!told || typeof told !== "object") return;
    if (isMain) {
      if (told.task && typeof told.task === "object") note(told.task);
      const answers = waiting.get(told.answers);
      if (answers) answers(told);
    } else if (told.asks === "report") {
      channel.postMessage({ answers: told.number, ...own() });
    } else if (told.asks === "collect") {
      channel.postMessage({ answers: told.number, caches: empty(told.caches), ...collectGarbage() });
    }
  }

  let asked = 0;
  /* Ask all workers, and go on when each has answered or the time is over. */
  function askWorkers(asks, more, limit_ms, then) {
    const expected = heap.workers();
    const answers = [];
    if (!expected || !channel) return then(answers);
    const number = ++asked;
    const timer = setTimeout(done, limit_ms);
    timer.unref();
    function done() {
      if (!waiting.delete(number)) return;
      clearTimeout(timer);
      then(answers);
    }
    waiting.set(number, (answer) => {
      answers.push(answer);
      if (answers.length >= expected) done();
    });
    channel.postMessage({ asks, number, ...more });
  }

  // -- answers

  function own() {
    return {
      components: [...parts].map(([name, measure]) => ({ name, bytes: measured(measure) })),
      caches: [...caches].map(([name, cache]) => ({ name, bytes: measured(cache.size) })),
      running_tasks: [...log.running].slice(0, MOST_AT_A_TIME).map((run) => ({
        name: run.name, since_unix_s: run.began,
      })),
    };
  }

  function report(_, answer) {
    askWorkers("report", {}, WORKER_MS, (workers) => {
      const mine = own();
      for (const other of workers) {
        for (const kind of Object.keys(mine)) if (Array.isArray(other[kind])) mine[kind].push(...other[kind]);
      }
      const figures = heap.figures();
      answer({
        pid: process.pid, runtime: "node", version: process.version, rss_bytes: rss(),
        collector_enabled: true, waiting_counts: [], collected_count: null,
        collections: [figures.collections - figures.full_collections, figures.full_collections],
        uncollectable_count: null, frozen_count: null, thread_count: 1 + heap.workers(),
        task_count: null, heap: figures, worker_count: heap.workers(), ...mine,
      });
    });
  }

  function tasks(asked, answer) {
    const after = Number.isInteger(asked.after) ? asked.after : 0;
    const first = log.ended.length ? log.ended[0].number : log.count + 1;
    const told = log.ended.filter((one) => one.number > after).slice(0, MOST_AT_A_TIME);
    const last = told.length ? told[told.length - 1].number : log.count;
    log.sent = Math.max(log.sent, told.length ? last : 0);
    answer({ pid: process.pid, tasks: told, dropped: Math.max(0, first - 1 - Math.max(0, after)), next: last });
  }

  function collect(asked, answer) {
    const before = rss(), began = performance_now();
    const emptied = empty(asked.caches === true);
    collectGarbage();
    askWorkers("collect", { caches: asked.caches === true }, COLLECT_MS, (workers) => {
      for (const other of workers) if (Array.isArray(other.caches)) emptied.push(...other.caches);
      answer({
        pid: process.pid, object_count: null, trimmed: null, caches: emptied,
        seconds: performance_now() - began, before_bytes: before, after_bytes: rss(),
      });
    });
  }

  /* Write a snapshot of the heap of the main thread; the program stands still meanwhile. */
  function dump(asked, answer) {
    if (typeof asked.path !== "string" || !isAbsolute(asked.path)) throw new Error("The path of a dump is absolute");
    const fs = require("fs"), began = performance_now();
    if (fs.existsSync(asked.path)) throw new Error("There is such a file already");
    require("v8").writeHeapSnapshot(asked.path);
    quietly(() => fs.chmodSync(asked.path, 0o600));
    answer({ pid: process.pid, bytes: fs.statSync(asked.path).size, seconds: performance_now() - began });
  }

  function empty(isWanted) {
    if (!isWanted) return [];
    return [...caches].map(([name, cache]) => {
      const before = measured(cache.size);
      let problem = null;
      try {
        cache.clear();
      } catch (error) {
        problem = failure(error === undefined ? "failed" : error);
      }
      return { name, before_bytes: before, after_bytes: measured(cache.size), problem };
    });
  }

  // -- its life

  const place = { folder: null, started: null, socket: null, file: null };
  // At once: a program may start its workers, which are to know it, with its first line.
  if (isMain) heap.share(join(findFolder(), endpoint("heap", place.started = startTime())));
  // Later: one that ends at once leaves no trace, and waits for none.
  const timer = setTimeout(() => {
    quietly(() => {
      if (isMain) {
        place.folder = makePrivate(findFolder());
        place.file = heap.open();
        place.socket = listen(place.folder, endpoint("probe", place.started), { report, tasks, collect, dump });
      }
      heap.write();
    });
    const each = setInterval(() => quietly(heap.write), PERIOD_MS);
    each.unref();
  }, FIRST_MS);
  timer.unref();

  process.on("exit", () => {
    quietly(heap.close);
    if (!isMain) return;
    quietly(() => place.file && require("fs").unlinkSync(place.file));
    quietly(() => place.socket && require("fs").unlinkSync(place.socket));
    quietly(() => leave(place, log));
  });
}

// -- the heap

/* Watches the heap of this thread, and writes its figures into its slot of the file. */
function watchHeap(threads) {
  const v8 = require("v8"), fs = require("fs");
  const { PerformanceObserver, constants } = require("perf_hooks");
  const counts = { collections: 0, full: 0, seconds: 0, longest: 0, kept: -1 };
  const figures = new Float64Array(FIELDS), bytes = Buffer.from(figures.buffer);
  const young = youngBytes(threads);
  let slots = null, slot = -1, descriptor = null, path = null, sequence = 0;

  quietly(() => {
    const observer = new PerformanceObserver((list) => quietly(() => {
      for (const entry of list.getEntries()) {
        const kind = entry.detail ? entry.detail.kind : entry.kind;
        counts.seconds += entry.duration / 1000;
        counts.longest = Math.max(counts.longest, entry.duration / 1000);
        // Parts of a full one, and finalizers, take time, but leave nothing to be judged by.
        if (kind === constants.NODE_PERFORMANCE_GC_INCREMENTAL) continue;
        if (kind === constants.NODE_PERFORMANCE_GC_WEAKCB) continue;
        counts.collections += 1;
        if (kind !== constants.NODE_PERFORMANCE_GC_MAJOR) continue;
        counts.full += 1;
        counts.kept = oldBytes(v8);
      }
    }));
    observer.observe({ entryTypes: ["gc"] });
  });

  function measure() {
    const heap = v8.getHeapStatistics(), memory = process.memoryUsage();
    sequence += 1;
    figures.set([
      sequence, threads.threadId + 1, Date.now() / 1000, heap.used_heap_size, heap.total_heap_size,
      Math.max(0, heap.heap_size_limit - young), oldBytes(v8), counts.kept, memory.external,
      memory.arrayBuffers, counts.collections, counts.full, counts.seconds, counts.longest, 0, sequence,
    ]);
  }

  /* A worker takes a slot in the file of its process, if that is there already. */
  function takeSlot() {
    const shared = threads.getEnvironmentData ? threads.getEnvironmentData(SLOTS_KEY) : null;
    if (!shared) return;
    descriptor = fs.openSync(shared.path, "r+");
    slots = shared.slots;
    slot = slots.findIndex((_, at) => at && !Atomics.compareExchange(slots, at, 0, 1));
    if (slot > 0) return;
    fs.closeSync(descriptor);
    descriptor = null;
    slot = SLOTS; // all are taken
  }

  return {
    share(file) {
      path = file;
      slots = new Int32Array(new SharedArrayBuffer(4 * SLOTS));
      if (threads.setEnvironmentData) threads.setEnvironmentData(SLOTS_KEY, { path, slots });
    },
    open() {
      const header = Buffer.alloc(HEADER_BYTES + SLOTS * SLOT_BYTES);
      header.write("MTHEAP1\n", 0, "latin1");
      header.write("node", 8, "latin1");
      header.writeUInt32LE(SLOTS, 16);
      header.writeUInt32LE(SLOT_BYTES, 20);
      quietly(() => fs.unlinkSync(path));
      descriptor = fs.openSync(path, "wx", 0o600);
      fs.writeSync(descriptor, header, 0, header.length, 0);
      slot = 0;
      return path;
    },
    write() {
      if (slot < 0 && !threads.isMainThread) takeSlot();
      if (descriptor === null) return;
      measure();
      fs.writeSync(descriptor, bytes, 0, SLOT_BYTES, HEADER_BYTES + slot * SLOT_BYTES);
    },
    figures() {
      measure();
      return {
        used_bytes: figures[3], total_bytes: figures[4], limit_bytes: figures[5],
        live_bytes: figures[6], kept_bytes: counts.kept < 0 ? null : counts.kept,
        external_bytes: figures[8], array_buffers_bytes: figures[9],
        collections: counts.collections, full_collections: counts.full,
        collecting_seconds: counts.seconds, longest_seconds: counts.longest,
      };
    },
    workers() {
      let count = 0;
      for (let at = 1; slots && at < SLOTS; at += 1) count += Atomics.load(slots, at);
      return count;
    },
    close() {
      if (descriptor === null) return;
      if (slot > 0) {
        fs.writeSync(descriptor, Buffer.alloc(SLOT_BYTES), 0, SLOT_BYTES, HEADER_BYTES + slot * SLOT_BYTES);
        Atomics.store(slots, slot, 0);
      }
      fs.closeSync(descriptor);
      descriptor = null;
    },
  };
}

/* What collections leave; new objects are not in it. */
function oldBytes(v8) {
  let total = 0;
  for (const space of v8.getHeapSpaceStatistics()) {
    if (!space.space_name.startsWith("new_")) total += space.space_used_size;
  }
  return total;
}

/* What of V8's limit is for new objects: the program dies when the others need all the rest. */
function youngBytes(threads) {
  const limits = threads.resourceLimits || {};
  if (limits.maxYoungGenerationSizeMb > 0) return limits.maxYoungGenerationSizeMb * MIB;
  const options = [process.env.NODE_OPTIONS || "", ...process.execArgv].join(" ");
  const set = /--max[-_]semi[-_]space[-_]size=(\d+)/.exec(options);
  return YOUNG_SPACES * (set ? Number(set[1]) : SEMI_SPACE_MIB) * MIB;
}

let collectNow = null;
/* Collect all garbage; without `--expose-gc` of the program's. */
function collectGarbage() {
  quietly(() => {
    if (collectNow === null) {
      require("v8").setFlagsFromString("--expose-gc");
      collectNow = require("vm").runInNewContext("gc");
    }
    collectNow();
  });
  return {};
}

// -- where it listens

/* Under `memtray run` the program has a probe, and what it starts has not; where it is npm or the
   like, what that starts is the program. */
function leaveEnvironment() {
  const env = process.env;
  if (env.MEMTRAY_NODE_PROBE !== "program" || LAUNCHER.test(process.argv[1] || "")) return;
  delete env.MEMTRAY_NODE_PROBE;
  const left = (env.NODE_OPTIONS || "").replace(/ ?--require="(\\.|[^"\\])*node_probe\.js"$/, "");
  if (left) env.NODE_OPTIONS = left;
  else delete env.NODE_OPTIONS;
}

/* The folder in which Memtray looks: as `paths.py` finds it. */
function findFolder() {
  const env = process.env, home = env.HOME || require("os").homedir();
  if (env.MEMTRAY_HOME) return join(resolve(env.MEMTRAY_HOME.replace(/^~(?=\/|$)/, home)), "run");
  if (process.platform === "darwin") {
    return join(home, "Library", "Application Support", "Memtray", "run");
  }
  if (env.XDG_RUNTIME_DIR && isAbsolute(env.XDG_RUNTIME_DIR)) return join(env.XDG_RUNTIME_DIR, "memtray");
  const state = env.XDG_STATE_HOME || "";
  return join(isAbsolute(state) ? state : join(home, ".local", "state"), "memtray", "run");
}

/* Make it for this user only. */
function makePrivate(folder) {
  const fs = require("fs");
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = fs.statSync(folder);
  if (found.uid !== process.geteuid()) throw new Error(folder);
  if (found.mode & 0o077) fs.chmodSync(folder, 0o700);
  return folder;
}

/* Clock ticks since boot, as in the names of sockets; null where there is no /proc. */
function startTime() {
  if (process.platform !== "linux") return null;
  return startOf(process.pid);
}

function startOf(pid) {
  return statOf(pid)[19];
}

function statOf(pid) {
  const stat = require("fs").readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function endpoint(kind, started) {
  return started === null ? `${kind}-${process.pid}` : `${kind}-${process.pid}-${started}`;
}

function listen(folder, name, handlers) {
  const fs = require("fs"), path = join(folder, `${name}.sock`);
  const server = require("net").createServer((client) => quietly(() => serve(client, handlers)));
  server.on("error", () => {});
  server.maxConnections = 32;
  let address = path;
  if (Buffer.byteLength(path) > MOST_PATH) {
    // Held open: the address is good as long as it is.
    address = `/proc/self/fd/${fs.openSync(folder, "r")}/${name}.sock`;
  }
  quietly(() => fs.unlinkSync(path));
  // Exclusive: else that of a cluster's worker would be the primary's.
  server.listen({ path: address, exclusive: true }, () => quietly(() => fs.chmodSync(path, 0o600)));
  server.unref();
  return path;
}

function serve(client, handlers) {
  client.unref();
  client.on("error", () => {});
  client.setTimeout(CLIENT_MS, () => client.destroy());
  const received = [];
  let size = 0, isDone = false;
  client.on("data", (data) => {
    if (isDone) return;
    received.push(data);
    size += data.length;
    if (!data.includes(10) && size <= MOST_REQUEST) return;
    isDone = true;
    const answer = (result) => client.end(`${JSON.stringify(result)}\n`);
    quietly(() => {
      try {
        if (size > MOST_REQUEST) throw new Error("The request is too long");
        const asked = JSON.parse(Buffer.concat(received).toString("utf8").split("\n", 1)[0]);
        const verb = asked && Object.prototype.hasOwnProperty.call(handlers, asked.verb) && handlers[asked.verb];
        if (!verb) throw new Error("The probe has no such command");
        const given = asked.arguments && typeof asked.arguments === "object" ? asked.arguments : {};
        verb(given, (result) => quietly(() => answer({ result })));
      } catch (error) {
        answer({ error: plain(error.message), exit_code: 1 });
      }
    });
  });
}

/* Leave the tasks that nobody has asked for, as `handover.py` does. */
function leave(place, log) {
  const untold = log.ended.filter((one) => one.number > log.sent);
  const fs = require("fs");
  if (!place.folder || !untold.length || fs.readdirSync(place.folder).length > MOST_FILES) return;
  const weight = (one) => Math.max(0, one.growth_bytes || 0);
  const kept = [...untold].sort((one, other) => weight(other) - weight(one)).slice(0, MOST_AT_A_TIME);
  kept.sort((one, other) => one.number - other.number);
  const name = endpoint("tasks", place.started), draft = join(place.folder, `.${name}`);
  fs.writeFileSync(draft, JSON.stringify({
    form: 1, pid: process.pid, processes: ancestry(), tasks: kept,
    dropped: log.count - log.sent - kept.length,
  }), { flag: "wx", mode: 0o600 });
  fs.renameSync(draft, join(place.folder, `${name}.json`));
}

function ancestry() {
  const found = [];
  quietly(() => {
    for (let pid = process.pid; pid > 1 && found.length <= MOST_ANCESTORS;) {
      const status = statOf(pid);
      const line = require("fs").readFileSync(`/proc/${pid}/cmdline`, "utf8").slice(0, 4096);
      const command = line.replace(/\0+$/, "").split("\0");
      found.push({ pid, started: Number(status[19]), command });
      pid = Number(status[1]);
    }
  });
  return found.length ? found : [{ pid: process.pid, started: 0, command: process.argv }];
}

// -- small things

function quietly(work) {
  try {
    return work();
  } catch {
    return undefined; // a helper must not be what its program stumbles over
  }
}

function put(map, name, thing) {
  const key = plain(name);
  if (map.has(key) || map.size < MOST_NAMES) map.set(key, thing);
}

function plain(text) {
  const said = quietly(() => String(text)) || "";
  return said.slice(0, LONGEST_NAME).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, " ");
}

function failure(error) {
  if (error === undefined || error === null) return null;
  return plain((error && error.name) || error);
}

function measured(measure) {
  const size = quietly(() => (typeof measure === "function" ? measure() : null));
  return Number.isSafeInteger(size) && size >= 0 ? size : null;
}

function rss() {
  return process.memoryUsage.rss();
}

function performance_now() {
  return Number(process.hrtime.bigint()) / 1e9;
}

quietly(() => {
  const isKnown = process.platform === "linux" || process.platform === "darwin";
  // Older ones lack half of what is used here.
  if (isKnown && Number(process.versions.node.split(".")[0]) >= 16 && !globalThis[PROBE]) load();
});
