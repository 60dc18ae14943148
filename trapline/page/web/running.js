// Run and compare: what a guest prints, its exits in a table and as a picture, and where bare and monitored part.
import { $, button, element, screen, table } from "./elements.js";

const REPORT = "report.html", PARTING = "parting.json";

export function running(lab, subject, look) {
  const panel = $("run-result");
  $("do-run").onclick = () => run(lab, subject, panel);
  $("do-compare").onclick = () => compare(lab, subject, panel, look);
}

async function run(lab, subject, panel) {
  const found = await lab.facts(["run", ...subject(), "--report", REPORT], panel, [REPORT]);
  if (!found) return;
  const { facts, files, code, err } = found;
  panel.replaceChildren(
    element("p", { class: code === 0 ? "good" : "bad" }, `${facts.guest} on ${facts.machine}, ${facts.monitors === "none" ? "bare" : `under ${facts.monitors}`}: ${facts.verdict}`),
    element("h3", {}, "Console"), screen("What it printed", facts.output || "(nothing)"));
  if (err.trim()) panel.append(screen("Notes", err.trim()));
  if (facts.statistics) panel.append(exits(facts.statistics, sources(files[REPORT]), lab));
  picture(panel, files[REPORT]);
}

/** The source lines of places, `[file, line, text]`, as the report has them. */
function sources(report) {
  const block = report && new DOMParser().parseFromString(report, "text/html").getElementById("data");
  const { places = [], where = [] } = block ? JSON.parse(block.textContent) : {};
  return new Map(places.map(([place, at]) => [place, where[at]]));
}

function exits({ decisions, exits: rows, share_direct: share }, lines, lab) {
  const source = (place) => {
    const [file, line, text] = lines.get(place) ?? [""];
    if (!file) return "";
    const named = file in lab.store.files ? button(`${file}:${line}`, () => lab.goto({ file, line, column: 1, end: text.length + 1 })) : `${file}:${line}`;
    return element("span", {}, named, ` ${text.split("#")[0].trim()}`);
  };
  const total = Object.values(decisions).reduce((a, b) => a + b, 0);
  return element("div", {}, element("h3", {}, "Exits to the monitor"),
    element("p", {}, `${(100 * share).toFixed(1)} % of instructions ran directly; ${total.toLocaleString("en")} exits.`),
    table("Exits", ["pc", "decision", "cause", "exits", "source"], rows.slice(0, 50).map((row) =>
      [row.pc === null || row.pc < 0 ? "elsewhere" : `0x${row.pc.toString(16)}`, row.decision, row.cause, row.count.toLocaleString("en"), source(row.place)])));
}

/** The report of the run, which is a page of its own, in a frame that may do nothing else. */
function picture(panel, report) {
  if (!report) return panel.append(element("p", { class: "open" }, "The picture of this run is too large for the page: `run --report FILE` on a computer has no such limit."));
  const { theme } = document.documentElement.dataset, themed = theme ? report.replace("<html ", `<html data-theme="${theme}" `) : report;
  panel.append(element("h3", {}, "The run as a picture"),
    element("iframe", { title: "The run as a picture", sandbox: "allow-scripts", srcdoc: themed }));
}

async function compare(lab, subject, panel, look) {
  const found = await lab.facts(["compare", ...subject(), "--difference", PARTING], panel, []);
  if (!found) return;
  const { facts } = found, parting = facts.divergence;
  const counts = `${facts.steps.toLocaleString("en")} steps, ${facts.exits.toLocaleString("en")} exits, compared ${facts.compared.toLocaleString("en")} times`;
  if (!parting) {
    panel.replaceChildren(element("p", { class: "good" }, `${facts.guest} on ${facts.machine}: equivalent`), element("p", {}, counts));
    return;
  }
  const before = (name) => (name in parting.before ? `0x${parting.before[name].toString(16)}` : "");
  panel.replaceChildren(element("p", { class: "bad" }, `${facts.guest} on ${facts.machine}: NOT equivalent`),
    element("p", {}, `First difference: step ${parting.step.toLocaleString("en")}, pc 0x${parting.pc.toString(16)}: ${parting.instruction}`),
    element("p", {}, parting.source ? `Source: ${parting.source}` : "", parting.breach ? ` Breach of ${parting.breach}.` : ""),
    table("What differs", ["name", "before", "bare", "monitored"], parting.differences.map((one) => [one.name, before(one.name), one.bare, one.monitored])));
  if (PARTING in found.files) panel.append(element("div", { class: "bar" }, look(`--at=${PARTING}`, "Open both sides in the history")));
}
