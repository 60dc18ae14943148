// The labs: begin one in a folder of its own, check it, and hand it in as one file.
import { $, element, fill, saved, screen } from "./elements.js";
import { markdown } from "./markdown.js";

const NOTE = "lab.toml", HANDOUT = "handout.md";
const MARKS = { passed: "good", failed: "bad", broken: "bad", skipped: "open" };

export function labs(lab, look) {
  const panel = $("labs-result");
  $("student").value = lab.store.work.student;
  $("student").oninput = () => {
    lab.store.work.student = $("student").value;
    lab.store.keep();
  };
  $("do-begin").onclick = () => begin(lab, panel);
  $("do-check").onclick = () => check(lab, panel, look);
  $("do-hint").onclick = async () => {
    if (!here(lab)) return;
    const found = await lab.say(["lab", "hint", "."], panel);
    if (found) panel.replaceChildren(screen("Hints", found.text));
  };
  $("do-hand").onclick = () => handIn(lab);
  lab.changed.push(() => handout(lab));
}

/** Whether the folder is one of a lab; if not, that is told. */
function here(lab) {
  if (NOTE in lab.store.files) return true;
  lab.note("This folder is of no lab: begin one, or choose its folder above.");
  return false;
}

/** Which labs there are: asked when somebody wants to see them, since they need the solver. */
export async function list(lab) {
  if ($("lab").options.length) return;
  const found = await lab.ask("The labs", { ask: "labs" }, $("labs-result"));
  if (!found) return;
  fill($("lab"), { "": found.map(({ name, title, points, time }) => [name, `${Number(name.slice(0, 2))} ${title} (${points} points, ${time})`]) });
}

async function begin(lab, panel) {
  const name = $("lab").value, student = $("student").value.trim(), folder = `lab-${name}`;
  if (Object.hasOwn(lab.store.work.folders, folder)) {
    lab.store.enter(folder);
    lab.show();
    panel.replaceChildren(element("p", {}, `${folder} was begun before, and is as you left it.`));
    return;
  }
  const found = await lab.ask(`Begin ${name}`, { ask: "start", lab: name, student, folder }, panel);
  if (!found) return;
  lab.store.enter(folder, found.files);
  lab.store.open = Object.keys(found.files).find((file) => file !== HANDOUT && file !== NOTE && !file.endsWith(".svg")) ?? HANDOUT;
  lab.show();
  panel.replaceChildren(element("p", {}, `${folder} has ${Object.keys(found.files).join(", ")}`));
}

async function check(lab, panel, look) {
  if (!here(lab)) return;
  const found = await lab.facts(["lab", "check", "."], panel);
  if (!found) return;
  const { checks } = found.facts, sum = (name) => checks.reduce((total, one) => total + one[name], 0);
  const points = sum("points"), of = sum("of");
  panel.replaceChildren(element("p", { class: points === of ? "good" : "bad" }, `${points} of ${of} points`),
    element("ul", {}, ...checks.map((one) => item(one, look))));
}

function item(one, look) {
  const { counterexample: shown } = one, lines = [one.reason];
  if (shown?.input) lines.push(`typed: ${JSON.stringify(shown.input)}`);
  if (shown && shown.step !== null) lines.push(`at step ${shown.step.toLocaleString("en")}${shown.source ? `: ${shown.source}` : ""}`);
  for (const [name, [expected, found]] of Object.entries(shown?.states ?? {})) lines.push(`${name}: ${expected} expected, ${found} found`);
  const measure = one.measure === null ? "" : `: ${one.measure}`;
  const seeds = one.tried > 1 ? ` (${one.passed} of ${one.tried} seeds)` : "";
  return element("li", {}, element("p", { class: MARKS[one.status] }, `${one.status}, ${one.points} of ${one.of}: ${one.name}${seeds}${measure}`),
    lines.filter(Boolean).length ? screen(`Why ${one.name}`, lines.filter(Boolean).join("\n")) : "",
    one.at ? look(`--at=${one.at}`, `Open ${one.name} in the history`) : "");
}

async function handIn(lab) {
  if (!here(lab)) return;
  const found = await lab.ask("Hand in", { ask: "pack" }, null);
  if (found === null) return;
  const who = lab.store.work.student.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "") || "student";
  saved(`${who}-${lab.store.work.folder}.zip`, Uint8Array.from(atob(found), (one) => one.charCodeAt(0)), "application/zip");
  lab.note(`Hand in the file ${who}-${lab.store.work.folder}.zip.`);
}

let shown = "";

function handout(lab) {
  const { files } = lab.store, text = files[HANDOUT] ?? "";
  if (text === shown) return;
  shown = text;
  const picture = (name) => (name.endsWith(".svg") && files[name] ? `data:image/svg+xml,${encodeURIComponent(files[name])}` : null);
  $("handout").replaceChildren(...markdown(text, picture));
}
