// The editor: a plain text area, so that keyboards, screen readers and phones know it, with the numbers of lines beside
// it and a copy of the text behind it, in which what is wrong is underlined.
import { $, button, element } from "./elements.js";

export class Editor {
  /** `changed(text)` is called when somebody has typed. */
  constructor(changed) {
    this.area = $("text");
    this.area.addEventListener("input", () => {
      this.draw([]);
      changed(this.area.value);
    });
    this.area.addEventListener("scroll", () => this.scroll());
    this.problems = [];
  }

  show(name, text) {
    this.name = name;
    if (this.area.value !== text) this.area.value = text;
    this.area.setAttribute("aria-label", name ? `Text of ${name}` : "No file is open");
    this.area.disabled = !name;
    this.draw([]);
  }

  /** Underline what is wrong here, and list what is wrong anywhere. `goto(problem)` opens its file. */
  mark(problems, goto) {
    const here = problems.filter((one) => one.file === this.name);
    this.draw(here);
    const worst = (line) => here.find((one) => one.line === line);
    this.area.setAttribute("aria-invalid", String(here.some((one) => one.severity === "error")));
    const count = problems.length;
    $("problem-count").textContent = count === 0 ? "No problems" : count === 1 ? "1 problem" : `${count} problems`;
    $("problems").replaceChildren(...problems.map((one) => element("li", { class: one.severity },
      button(`${one.file}:${one.line}:${one.column}`, () => goto(one)), ` ${one.severity}: ${one.message}`,
      one.help ? element("span", { class: "hint" }, ` Help: ${one.help}`) : "")));
    [...$("numbers").children].forEach((number, at) => { number.className = worst(at + 1)?.severity ?? ""; });
  }

  draw(problems) {
    const lines = this.area.value.split("\n");
    if ($("numbers").children.length !== lines.length) {
      $("numbers").replaceChildren(...lines.map((_, at) => element("span", {}, `${at + 1}`)));
    }
    $("marks").replaceChildren(...lines.flatMap((line, at) => [...this.parts(line, problems.filter((one) => one.line === at + 1)), "\n"]));
    this.scroll();
  }

  /** A line of the copy, in pieces. Columns count characters, as Python does. */
  parts(line, problems) {
    if (!problems.length) return [line];
    const letters = [...line], [{ column, end, severity }] = problems;
    const first = Math.min(column - 1, letters.length);
    const piece = letters.slice(first, Math.max(end - 1, first + 1)).join("") || " ";
    return [letters.slice(0, first).join(""), element("mark", { class: severity }, piece), letters.slice(Math.max(end - 1, first + 1)).join("")];
  }

  /** Put the cursor on a problem. */
  select({ line, column, end }) {
    const lines = this.area.value.split("\n");
    const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const letters = [...(lines[line - 1] ?? "")];
    const to = (n) => before + letters.slice(0, n - 1).join("").length;
    this.area.focus();
    this.area.setSelectionRange(to(column), to(Math.max(end, column)));
    const height = this.area.scrollHeight / lines.length;
    this.area.scrollTop = Math.max(0, (line - 4) * height);
  }

  scroll() {
    $("marks").scrollTop = $("numbers").scrollTop = this.area.scrollTop;
    $("marks").scrollLeft = this.area.scrollLeft;
  }
}
