// Verify, repair, prove, explain, and the guests that show what is wrong.
import { $, button, element, saved, screen, table } from "./elements.js";
import { linkTo } from "./link.js";

const KIND = { yes: "good", no: "bad", unknown: "open" };
const SAID = { yes: "holds", no: "FAILS", unknown: "stayed open" };

export function proving(lab, machine) {
  const panel = $("verify-result");
  $("do-paste").onclick = () => paste(lab);
  $("do-verify").onclick = () => verify(lab, machine(), panel);
  $("do-repair").onclick = () => repair(lab, machine(), panel);
  $("do-prove").onclick = () => prove(lab, machine(), panel);
  $("do-link").onclick = () => link(lab, machine(), panel);
  $("do-explain").onclick = () => explain(lab, machine(), $("instruction").value.trim(), panel);
  $("do-witness").onclick = () => witness(lab, machine(), $("instruction").value.trim(), panel);
}

/** An empty description, for what is pasted. */
function paste(lab) {
  const file = lab.store.free("pasted.isa");
  lab.take({ [file]: "" });
  lab.open(file);
  $("machine").value = file;
  $("text").focus();
}

async function verify(lab, machine, panel) {
  const found = await lab.facts(["verify", machine], panel);
  if (!found) return;
  const { facts } = found, { headings, rows, sections } = facts.report;
  const culprits = facts.culprits.map(({ name }) => name);
  panel.replaceChildren(
    element("p", { class: KIND[facts.theorem1] }, sections.at(-1).join(" ")),
    ...[1, 2, 3].map((n) => element("p", {}, `Theorem ${n}: ${SAID[facts[`theorem${n}`]]}`)));
  if (culprits.length) {
    panel.append(element("h3", {}, "Culprits"), element("ul", {}, ...facts.culprits.map(({ name, reason }) =>
      element("li", {}, element("code", {}, name), `: ${reason} `,
        button(`Witness of ${name}`, () => witness(lab, machine, name, panel))))),
      element("div", { class: "bar" }, button(`Repair ${facts.machine}`, () => repair(lab, machine, panel))));
  }
  panel.append(element("h3", {}, "Instructions"), table("Instructions of which there is something to tell", headings, rows));
  for (const [head, ...rest] of sections.slice(0, -1)) {
    panel.append(element("details", {}, element("summary", {}, head), ...rest.map((line) => element("p", {}, line.trim()))));
  }
  panel.append(element("p", { class: "hint" }, `${facts.seconds.toFixed(1)} s`));
}

/** Show what a command says, below a line of our own. */
function told(panel, kind, line, text, ...more) {
  panel.replaceChildren(element("p", { class: kind }, line), ...(text ? [screen("Answer", text)] : []), ...more);
}

async function repair(lab, machine, panel) {
  const found = await lab.facts(["repair", machine], panel);
  if (!found) return;
  const { facts } = found;
  if (!facts.text) return told(panel, KIND[facts.theorem1_before], facts.guards.length || facts.theorem1_before !== "yes" ?
    `${facts.machine}: guards alone do not mend it. ${facts.obstacles.join(" ")}` : `${facts.machine}: Theorem 1 holds; there is nothing to guard`);
  const file = lab.store.free("mended.isa");
  told(panel, KIND[facts.theorem1_after] ?? "open", `${facts.variant}: Theorem 1 ${SAID[facts.theorem1_after]}; guarded: ${facts.guards.join(", ")}`, facts.text,
    element("div", { class: "bar" }, button(`Keep it as ${file}`, () => {
      lab.take({ [file]: facts.description });
      lab.open(file);
    })));
}

async function witness(lab, machine, name, panel) {
  if (!name) return lab.note("Which instruction? Write its name beside the button.");
  const found = await lab.facts(["witness", machine, name], panel);
  if (!found) return;
  const { facts } = found, file = lab.store.free(`${name.replace(/\W/g, "") || "witness"}.s`);
  if (!facts.program) return told(panel, facts.finding === "sound" ? "good" : "open", `${name} on ${machine}: no witness`, facts.why);
  told(panel, "bad", `${name} on ${machine}: ${facts.why}`, facts.program,
    element("div", { class: "bar" }, button(`Keep it as ${file}`, () => {
      lab.take({ [file]: facts.program });
      lab.open(file);
      $("program").value = file;
    })));
}

async function prove(lab, machine, panel) {
  const found = await lab.say(["prove", machine], panel);
  if (found) told(panel, found.code === 0 ? "good" : found.code === 4 ? "open" : "bad", `The monitor on ${machine}: ${found.code === 0 ? "proved" : found.code === 4 ? "open" : "not proved"}`, found.text);
}

async function explain(lab, machine, name, panel) {
  if (!name) return lab.note("Which instruction? Write its name beside the button.");
  const found = await lab.say(["explain", machine, name], panel);
  if (found) told(panel, found.code === 0 ? "good" : "bad", `${name} on ${machine}`, found.text);
}

/** A link that holds the description, whoever opens it. */
async function link(lab, machine, panel) {
  const file = machine.split(":")[0];
  const text = lab.store.files[file];
  if (text === undefined) return lab.note("Choose a description of this folder: what is shipped needs no link.");
  const address = await linkTo(text);
  const field = element("input", { id: "link", readonly: true, value: address, "aria-label": "Link" });
  panel.replaceChildren(element("p", {}, `${address.length.toLocaleString("en")} characters. The description stands behind the #, which no server is told.`), field,
    element("div", { class: "bar" },
      button("Copy", () => navigator.clipboard?.writeText(address).then(() => lab.note("The link is copied."), () => field.select())),
      button("Save as a file", () => saved("link.txt", address))));
  field.select();
}
