// What all tools share: the files, the editor, Python, and what is going on.
import { $, button, element, fill, screen } from "./elements.js";
import { Editor } from "./editor.js";
import { Ended, Python } from "./python.js";
import { Store } from "./store.js";

const MOST = 20; // commands that are listed
const PATIENCE = 400; // milliseconds after the last letter until what is wrong is asked

export class Laboratory {
  constructor() {
    this.busy = "";
    this.said = []; // commands that were said last, for whoever lists them
    this.count = 0;
    this.store = new Store((text) => this.note(text));
    this.editor = new Editor((text) => this.typed(text));
    this.python = new Python((text) => this.tell(text));
    $("stop").onclick = () => this.python.stop();
    this.shelf = { guests: [], machines: [] };
    this.changed = []; // who is called when files have changed
  }

  // ---- what is told

  tell(text) {
    this.state = text;
    if (!this.busy) $("state").textContent = text;
  }

  note(text, ...acts) {
    const made = element("li", {}, element("span", {}, text), ...acts, button("Dismiss", () => made.remove()));
    $("notes").append(made);
    while ($("notes").children.length > 6) $("notes").firstChild.remove();
  }

  // ---- asking Python

  about(question) {
    return { folder: this.store.work.folder, files: this.store.files, ...question };
  }

  /** Ask for something that takes its time; null if that came to nothing, and then it has been told why, in `panel`. */
  async ask(what, question, panel) {
    if (this.busy) {
      this.note(`${this.busy} is not done yet: wait, or stop it.`);
      return null;
    }
    this.busy = what;
    const began = Date.now();
    let told = "";
    const show = () => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      $("progress").textContent = told || (seconds > 1 ? `${seconds} s` : "");
    };
    const clock = setInterval(show, 1000);
    $("state").textContent = `${what}…`; // is read out; how far it is, is not
    $("stop").disabled = false;
    this.store.work.running = question.words ? { ...question, what } : null;
    this.store.keep();
    show();
    try {
      const found = await this.python.ask(this.about(question), (text) => { told = text; show(); });
      if (found.error) this.failed(found.error, panel);
      return found.error ? null : found.answer;
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      this.note(`${what}: ${error.message}`);
      panel?.replaceChildren(element("p", { class: "open" }, `${what}: ${error.message} Your files are as they were.`));
      return null;
    } finally {
      clearInterval(clock);
      $("progress").textContent = "";
      this.busy = "";
      this.store.work.running = null;
      this.store.keep();
      $("stop").disabled = true;
      this.tell(this.state);
    }
  }

  failed(error, panel) {
    panel?.replaceChildren(element("p", { class: "bad" }, error.message), screen("Error", error.text));
    if (!panel) this.note(error.message);
  }

  /** Say a command: `code`, `out` and `err`; what it has written is among the files then. */
  async say(words, panel, hidden = []) {
    const found = await this.ask(`trapline ${words.join(" ")}`, { ask: "command", words }, panel);
    if (found === null) return null;
    const kept = Object.fromEntries(Object.entries(found.files).filter(([name]) => !hidden.includes(name)));
    this.said.push({ number: ++this.count, words, ...found });
    if (this.said.length > MOST) this.said.shift();
    this.changed.forEach((one) => one());
    if (Object.keys(kept).length) this.take(kept);
    return { ...found, text: found.output + found.err };
  }

  /** The same of a command that answers in JSON; null if it has none, and then what it said is in the panel. */
  async facts(words, panel, hidden) {
    const found = await this.say([...words, "--json"], panel, hidden);
    if (found === null) return null;
    let facts = null;
    try {
      facts = JSON.parse(found.output);
    } catch { /* it has ended in another way, and says how */ }
    if (facts === null || facts.error) {
      panel.replaceChildren(element("p", { class: "bad" }, facts?.error?.message ?? "It came to nothing."), screen("Error", found.err || found.output));
      return null;
    }
    return { ...found, facts };
  }

  // ---- files

  /** Take in files that have come from elsewhere. */
  take(files) {
    this.store.put(files);
    this.show();
  }

  typed(text) {
    const name = this.store.open, refused = this.store.refusal(name, text);
    if (refused) return this.note(refused);
    this.store.put({ [name]: text });
    this.soon();
  }

  open(name) {
    this.store.open = name;
    this.show();
  }

  /** Everything that shows which files there are. */
  show() {
    const { store } = this, names = Object.keys(store.files).sort();
    const pairs = (found) => found.map((name) => [name, name]);
    fill($("folder"), { "": pairs(Object.keys(store.work.folders)) });
    $("folder").value = store.work.folder;
    fill($("file"), { "": pairs(names) });
    $("file").value = store.open;
    this.editor.show(store.open, store.files[store.open] ?? "");
    const shipped = (list) => list.map(({ name, about }) => [name, `${name}: ${about.slice(0, 60)}`]);
    fill($("program"), { "This folder": pairs(names.filter((name) => name.endsWith(".s"))), Shipped: shipped(this.shelf.guests) });
    const machines = names.filter((name) => name.endsWith(".isa")).flatMap((name) => described(name, store.files[name]));
    fill($("machine"), { "": [["", "the program's own"]], "This folder": pairs(machines), Shipped: shipped(this.shelf.machines) });
    fill($("shelf"), { "": [["", "choose…"]], Guests: shipped(this.shelf.guests), Machines: shipped(this.shelf.machines) });
    this.changed.forEach((one) => one());
    this.soon();
  }

  soon(patience = PATIENCE) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.problems(), patience);
  }

  /** Ask what is wrong in the texts, unless something else is asked, or Python is not there yet: then later. */
  async problems() {
    if (this.busy || !this.python.ready) return this.soon(1000);
    const asked = JSON.stringify(this.store.files);
    try {
      const { answer } = await this.python.ask(this.about({ ask: "problems" }));
      if (answer && asked === JSON.stringify(this.store.files)) this.editor.mark(answer, (one) => this.goto(one));
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
    }
  }

  async goto(problem) {
    if (this.store.open !== problem.file) {
      this.open(problem.file);
      await this.problems();
    }
    this.editor.select(problem);
  }
}

/** How commands name the machines of a description. */
function described(file, text) {
  const names = [...text.matchAll(/^[ \t]*(?:isa|variant)[ \t]+([A-Za-z_]\w*)/gm)].map(([, name]) => name);
  return names.length > 1 ? names.map((name) => `${file}:${name}`) : [file];
}
