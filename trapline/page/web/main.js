// The page: brings its parts together when it opens.
import { $, button, saved } from "./elements.js";
import { history } from "./history.js";
import { Laboratory } from "./laboratory.js";
import { labs, list } from "./labs.js";
import { linked } from "./link.js";
import { loading } from "./loading.js";
import { proving } from "./proving.js";
import { running } from "./running.js";
import { LARGEST } from "./store.js";
import { words } from "./words.js";

const TABS = ["run", "verify", "history", "labs", "words"];
const THEMES = ["auto", "light", "dark"];

function tabs() {
  const show = (name) => {
    for (const each of TABS) {
      const tab = $(`tab-${each}`);
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
      $(each).hidden = each !== name;
    }
    if (name === "labs") list(lab);
  };
  for (const name of TABS) $(`tab-${name}`).onclick = () => show(name);
  $("tabs").onkeydown = (event) => {
    const at = TABS.findIndex((name) => $(`tab-${name}`) === document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const name = TABS[(to + TABS.length) % TABS.length];
    show(name);
    $(`tab-${name}`).focus();
  };
  show("run");
  return show;
}

function theme(store) {
  const set = () => {
    if (store.work.theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = store.work.theme;
    $("theme").textContent = `Theme: ${store.work.theme}`;
  };
  $("theme").onclick = () => {
    store.work.theme = THEMES[(THEMES.indexOf(store.work.theme) + 1) % THEMES.length];
    store.keep();
    set();
  };
  set();
}

/** The words of a command that name what is run. */
function subject(lab) {
  const found = [$("program").value], add = (option, value) => value && found.push(`${option}=${value}`);
  add("--monitor", $("monitor").value);
  add("--isa", $("machine").value);
  add("--steps", $("steps").value.trim());
  if ($("input").value) {
    lab.store.put({ "input.txt": `${$("input").value}\n` });
    add("--input", "input.txt");
  }
  return found;
}

/** The machine that was chosen, or that of the program. */
function machine(lab) {
  const own = /^#\s*machine:\s*(\S+)/m.exec(lab.store.files[$("program").value] ?? "");
  const shipped = lab.shelf.guests.find(({ name }) => name === $("program").value);
  return $("machine").value || own?.[1] || shipped?.machine || "g3";
}

async function shelf(lab) {
  const ask = async (question) => (await lab.python.ask({ ask: question })).answer;
  lab.shelf = await ask("shelf");
  lab.show();
}

/** What the link has with which the page was opened. */
async function follow(lab, show) {
  let text = null;
  try {
    text = await linked(LARGEST);
  } catch (error) {
    lab.note(`The description in the link is damaged: ${error.message}. Ask for the link again.`);
  }
  if (text === null) return;
  const there = Object.entries(lab.store.files).find(([name, known]) => name.endsWith(".isa") && known === text);
  const file = there?.[0] ?? lab.store.free("linked.isa");
  lab.take({ [file]: text });
  lab.open(file);
  show("verify");
  $("machine").value = [...$("machine").options].find(({ value }) => value.split(":")[0] === file)?.value ?? "";
}

function unfinished(lab, show) {
  const before = lab.store.work.running;
  lab.store.work.running = null;
  if (!before?.what) return;
  lab.note(`The page was left while \`${before.what}\` was not done. Your files are as they were.`, button("Say it in Commands", () => {
    show("words");
    $("command").value = before.what.replace(/^trapline /, "");
    $("command").focus();
  }));
}

/** Have the browser keep the site, once everything is there. */
function keep() {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  navigator.serviceWorker.register("./keeper.js").catch(() =>
    lab.note("This browser keeps no copy of the page: without a network it will not open."));
}

const lab = new Laboratory();
const show = tabs();
theme(lab.store);
const look = history(lab, () => subject(lab), show);
running(lab, () => subject(lab), look);
proving(lab, () => machine(lab));
labs(lab, look);
words(lab);
loading(lab);
if (lab.store.damaged) lab.note("What was kept is damaged.", button("Save it as a file", () => saved("damaged.json", lab.store.damaged)));
unfinished(lab, show);
lab.show();
follow(lab, show);
addEventListener("hashchange", () => follow(lab, show));
shelf(lab).catch((error) => lab.note(error.message)).finally(keep);
