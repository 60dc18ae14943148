// The page of a report: makes it of the data, which stands in the block `data`. docs/report.md says what is in it.
// Everything that comes from a guest becomes text, never markup. `traplineReport.show(data)` shows other data.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const PAGE = 200; // rows of a table at a time
  const SCREEN = 1 << 16; // characters of the console's end that are shown
  const format = new Intl.NumberFormat("en-US"); // made once: to make it takes longer than to use it
  const number = (n) => format.format(n);
  const percent = (part, whole) => `${(whole ? (100 * part) / whole : 0).toFixed(1)} %`;
  const hex = (n) => (n === null || n < 0 ? "elsewhere" : `0x${n.toString(16)}`);
  const sum = (values) => values.reduce((a, b) => a + b, 0);

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "class") made.className = value;
      else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  // ---- light and dark

  function theme() {
    const order = ["auto", "light", "dark"];
    let at = Math.max(0, order.indexOf(document.documentElement.dataset.theme)); // as whoever shows the page wants it
    const set = () => {
      if (order[at] === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = order[at];
      $("theme").textContent = `Theme: ${order[at]}`;
    };
    $("theme").onclick = () => { at = (at + 1) % order.length; set(); };
    set();
  }

  // ---- summary

  function summary({ run, headline, title }) {
    $("title").textContent = document.title = title;
    $("headline").textContent = headline;
    const profile = run.profile, statistics = run.statistics;
    const facts = [
      ["machine", run.machine], ["engine", run.engine], ["monitors", run.monitors], ["steps", number(run.steps)],
      ["retired", number(run.retired)], ["run directly", number(profile.direct)], ["emulated", number(profile.emulated)],
      ["trapped", number(profile.trapped)], ["waited", number(profile.idle)],
    ];
    if (statistics) facts.push(["exits", number(sum(Object.values(statistics.decisions)))], ["share run directly", percent(statistics.share_direct, 1)]);
    $("summary").replaceChildren(...facts.map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))));
  }

  // ---- timeline and console

  function timeline({ run, timeline: line, console: shown, machines }) {
    const slider = $("moment"), cursors = [], kinds = ["turn", "mode", "trap", "exit", "device", "printed"];
    slider.max = line.pieces - 1;
    const total = (series) => sum(series.count), lasts = (series) => series.kind === "mode" || series.kind === "turn";
    const draw = (series) => {
      const picture = document.createElementNS(SVG, "svg");
      const full = lasts(series) ? line.width : Math.max(...series.count);
      const height = (n) => (lasts(series) ? n / full : Math.sqrt(n / full));
      picture.setAttribute("viewBox", `0 0 ${line.pieces} 1`);
      picture.setAttribute("preserveAspectRatio", "none");
      picture.setAttribute("aria-hidden", "true");
      const bars = document.createElementNS(SVG, "path"), cursor = document.createElementNS(SVG, "path");
      bars.setAttribute("d", series.at.map((x, i) => `M${x} 1v-${height(series.count[i]).toFixed(3)}h1V1z`).join(""));
      cursor.setAttribute("class", "cursor");
      cursors.push(cursor);
      picture.append(bars, cursor);
      picture.onpointerdown = picture.onpointermove = (event) => {
        if (event.type === "pointermove" && !event.buttons) return;
        const box = picture.getBoundingClientRect();
        slider.value = Math.floor(((event.clientX - box.left) / box.width) * line.pieces);
        move();
      };
      const unit = lasts(series) ? "steps" : series.kind === "printed" ? "bytes" : "times";
      return element("div", { class: `lane ${series.kind}` },
        element("span", {}, element("b", {}, `${series.kind}: ${series.name}`), `${number(total(series))} ${unit}`), picture);
    };
    const levels = [...new Set(line.series.map((series) => series.level))].sort((a, b) => b - a);
    $("lanes").replaceChildren(...levels.flatMap((level) =>
      [element("h3", {}, machines[level]), ...kinds.flatMap((kind) => line.series.filter((s) => s.level === level && s.kind === kind).map(draw))]));

    const at = (series, piece) => {
      let low = 0, high = series.at.length;
      while (low < high) { const middle = (low + high) >> 1; if (series.at[middle] < piece) low = middle + 1; else high = middle; }
      return series.at[low] === piece ? series.count[low] : 0;
    };
    const until = (piece) => {
      let low = 0, high = shown.at.length;
      while (low < high) { const middle = (low + high) >> 1; if (shown.at[middle] <= piece) low = middle + 1; else high = middle; }
      return low ? shown.until[low - 1] : 0;
    };
    const move = () => {
      const piece = Number(slider.value), first = line.first + piece * line.width;
      const last = Math.max(first, Math.min(first + line.width, line.end) - 1);
      const steps = last === first ? `Step ${number(first)}` : `Steps ${number(first)} to ${number(last)}`;
      const here = line.series.map((series) => [series, at(series, piece)]).filter(([, n]) => n);
      const said = here.map(([s, n]) => `${levels.length > 1 ? `${machines[s.level]}: ` : ""}${s.kind} ${s.name} ${number(n)}`);
      $("now").textContent = [steps, ...said].join("; ");
      slider.setAttribute("aria-valuetext", steps);
      for (const cursor of cursors) cursor.setAttribute("d", `M${piece + 0.5} 0V1`);
      const end = until(piece);
      $("screen").textContent = run.output.slice(Math.max(0, end - SCREEN), end);
      $("screen").scrollTop = $("screen").scrollHeight;
      $("console-note").textContent = `As it was after step ${number(last)}.` +
        (shown.dropped ? ` The first ${number(shown.dropped)} bytes are not kept.` : "");
    };
    slider.oninput = move;
    slider.value = slider.max;
    move();
  }

  // ---- the flame graph

  const LEAST = 0.002; // of the whole; smaller parts are taken together

  function tree(rows) {
    const root = { name: "all", count: 0, parts: new Map() };
    for (const [path, count] of rows) {
      let node = root;
      node.count += count;
      for (const name of path) {
        if (!node.parts.has(name)) node.parts.set(name, { name, count: 0, parts: new Map(), above: node });
        node = node.parts.get(name);
        node.count += count;
      }
    }
    return root;
  }

  function parts(node, whole) {
    const sorted = [...node.parts.values()].sort((a, b) => b.count - a.count);
    const large = sorted.filter((part) => part.count >= LEAST * whole), small = sorted.slice(large.length);
    const count = sum(small.map((part) => part.count));
    return count ? [...large, { name: `${small.length} more`, count, parts: new Map(), above: node }] : large;
  }

  function flame({ run }) {
    const place = (row) => (row.file ? `${row.file}:${row.line}: ${row.text.trim()}` : hex(row.place));
    const graphs = [["steps", "steps", tree(run.profile.lines.map((row) =>
      [[row.routine || "(no routine)", place(row)], row.direct + row.emulated + row.trapped]))]];
    if (run.statistics) graphs.unshift(["exits", "exits", tree(run.statistics.exits.map((row) =>
      [[row.decision, row.cause || "(no cause)", row.routine || "(no routine)", place(row)], row.count]))]);
    const choice = graphs.map(([name, , graph], index) => element("label", {},
      element("input", { type: "radio", name: "flame", value: name, ...(index ? {} : { checked: "" }), onchange: () => show(index) }), ` ${name} (${number(graph.count)})`));
    $("flame-choice").replaceChildren($("flame-choice").querySelector("legend"), ...choice);
    let graph, unit, top;
    const items = new Map();
    const path = (node) => (node.above ? [...path(node.above), node.name] : []);
    const say = (node) => {
      $("flame-now").textContent = `${path(node).join(", ") || "all"}: ${number(node.count)} ${unit}, ${percent(node.count, graph.count)}`;
    };
    const item = (node, level, whole) => {
      const below = parts(node, whole);
      const text = `${node.name} (${number(node.count)})`;
      const made = element("li", { role: "treeitem", tabindex: "-1", "aria-level": level, "aria-label": `${node.name}: ${number(node.count)} ${unit}, ${percent(node.count, graph.count)}`, ...(below.length ? { "aria-expanded": "true" } : {}) },
        element("span", { class: "part", title: text }, text));
      made.style.flexGrow = node.count;
      items.set(made, node);
      if (below.length) made.append(element("ul", { role: "group" }, ...below.map((part) => item(part, level + 1, whole))));
      return made;
    };
    const draw = (node) => {
      top = node;
      items.clear();
      $("flame-tree").replaceChildren(item(node, 1, node.count));
      const first = $("flame-tree").firstElementChild;
      first.style.flexGrow = 1;
      first.tabIndex = 0;
      say(node);
    };
    const show = (index) => { [, unit, graph] = graphs[index]; draw(graph); };
    const focus = (to) => {
      if (!to) return;
      for (const one of items.keys()) one.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    };
    $("flame-tree").addEventListener("focusin", (event) => say(items.get(event.target.closest("li")) || top));
    $("flame-tree").onclick = (event) => { const node = items.get(event.target.closest("li")); if (node) { draw(node === top ? graph : node); focus($("flame-tree").firstElementChild); } };
    $("flame-tree").onkeydown = (event) => {
      const here = event.target.closest("li"), node = items.get(here);
      const to = { ArrowRight: () => here.nextElementSibling, ArrowLeft: () => here.previousElementSibling,
        ArrowDown: () => here.querySelector("li"), ArrowUp: () => here.parentElement.closest("li"),
        Home: () => here.parentElement.firstElementChild, End: () => here.parentElement.lastElementChild }[event.key];
      if (to) focus(to());
      else if (event.key === "Enter" || event.key === " ") { draw(node); focus($("flame-tree").firstElementChild); }
      else if (event.key === "Escape") { draw(graph); focus($("flame-tree").firstElementChild); }
      else return;
      event.preventDefault();
    };
    show(0);
  }

  // ---- tables

  // `columns`: [head, value of a row, text of that value]; without a text it is a number as it is
  function table(id, caption, rows, columns, sorted) {
    const box = $(id).querySelector(".table");
    if (!rows.length) { box.replaceChildren(element("p", {}, "There are none.")); return; }
    let order = { column: sorted, down: true }, few = PAGE, filter = "";
    const body = element("tbody"), count = element("span", { role: "status" });
    const more = element("button", { type: "button", onclick: () => { few += 10 * PAGE; fill(); } }, "Show more");
    const texts = columns.map(([, value, text]) => (row) => (text ? text(value(row), row) : number(value(row))));
    const all = new Map(); // what a row says, in small letters, once it was looked for
    const says = (row) => {
      if (!all.has(row)) all.set(row, texts.map((text) => text(row)).join("\n").toLowerCase());
      return all.get(row);
    };
    const kinds = columns.map(([, value, text]) => (text ? (typeof value(rows[0]) === "number" ? "number" : "code") : "number"));
    const heads = columns.map(([head], index) => element("th", { scope: "col", class: kinds[index] },
      element("button", { type: "button", onclick: () => { order = { column: index, down: order.column === index ? !order.down : kinds[index] === "number" }; fill(); } }, head)));
    const fill = () => {
      const [, value] = columns[order.column], sign = order.down ? -1 : 1;
      const wanted = rows.filter((row) => !filter || says(row).includes(filter));
      wanted.sort((a, b) => { const x = value(a), y = value(b); return sign * (x < y ? -1 : x > y ? 1 : 0); });
      heads.forEach((head, index) => head.setAttribute("aria-sort", index !== order.column ? "none" : order.down ? "descending" : "ascending"));
      body.replaceChildren(...wanted.slice(0, few).map((row) => element("tr", {},
        ...texts.map((text, index) => element("td", { class: kinds[index] }, text(row))))));
      count.textContent = `${number(Math.min(few, wanted.length))} of ${number(wanted.length)} rows`;
      more.hidden = wanted.length <= few;
    };
    const find = element("input", { type: "search", "aria-label": `Filter: ${caption}`, placeholder: "filter", oninput: (event) => { filter = event.target.value.toLowerCase(); fill(); } });
    box.replaceChildren(element("div", { class: "tools" }, find, count, more),
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
        element("table", { "aria-label": caption }, element("thead", {}, element("tr", {}, ...heads)), body)));
    fill();
  }

  function tables({ run }) {
    const text = (value) => String(value);
    const all = run.profile.direct + run.profile.emulated + run.profile.trapped;
    const steps = [["share", (r) => r.direct + r.emulated + r.trapped, (n) => percent(n, all)],
      ["direct", (r) => r.direct], ["emulated", (r) => r.emulated], ["trapped", (r) => r.trapped]];
    const place = ["source", (r) => `${r.file}:${String(r.line).padStart(7, "0")}`, (_, r) => (r.file ? `${r.file}:${r.line}: ${r.text.trim()}` : hex(r.place))];
    const exits = run.statistics ? run.statistics.exits : [];
    table("exits", "Exits to the monitor", exits, [["exits", (r) => r.count], ["decision", (r) => r.decision, text],
      ["cause", (r) => r.cause, text], ["pc", (r) => r.pc, hex], ["routine", (r) => r.routine, text], place], 0);
    table("routines", "Steps by routine", run.profile.routines, [...steps, ["routine", (r) => r.routine, (v) => v || "(no routine)"]], 0);
    table("lines", "Steps by source line", run.profile.lines, [...steps, ["routine", (r) => r.routine, text], place], 0);
  }

  // ---- source

  function source({ run, sources }) {
    const counts = new Map(run.profile.lines.filter((row) => row.file).map((row) => [`${row.file}:${row.line}`, row]));
    const most = Math.max(1, ...run.profile.lines.map((row) => row.direct + row.emulated + row.trapped));
    $("file").replaceChildren(...sources.map(({ file }) => element("option", {}, file)));
    const heads = ["line", "direct", "emulated", "trapped"].map((head) => element("th", { scope: "col", class: "number plain" }, head));
    const show = () => {
      const chosen = sources[$("file").selectedIndex];
      if (!chosen) { $("listing").replaceChildren("The source is not known."); return; }
      const rows = chosen.lines.map(([line, text]) => {
        const row = counts.get(`${chosen.file}:${line}`), code = element("td", { class: "code" }, text);
        const values = row ? [row.direct, row.emulated, row.trapped].map((n) => (n ? number(n) : "")) : ["", "", ""];
        if (row) code.style.setProperty("--share", `${(100 * (row.direct + row.emulated + row.trapped)) / most}%`);
        return element("tr", {}, ...[line, ...values].map((value) => element("td", { class: "number" }, String(value))), code);
      });
      $("listing").replaceChildren(element("table", { "aria-label": chosen.file },
        element("thead", {}, element("tr", {}, ...heads, element("th", { scope: "col", class: "plain" }, "source"))), element("tbody", {}, ...rows)));
    };
    $("file").onchange = show;
    show();
  }

  // ---- all of it

  function show(data) {
    const places = new Map(data.places.map(([place, at]) => [place, data.where[at]]));
    for (const row of data.run.statistics ? data.run.statistics.exits : []) {
      if (row.file !== undefined) continue; // of several guests, who have their own places
      const [file, line, text, routine] = places.get(row.place) || ["", 0, "", ""];
      Object.assign(row, { file, line, text, routine });
    }
    for (const part of [summary, timeline, flame, tables, source]) part(data);
  }

  window.traplineReport = { show };
  theme();
  const block = $("data").textContent;
  if (block.trim()) show(JSON.parse(block));
})();
