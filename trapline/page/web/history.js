// A run forwards and backwards: buttons and words, as `trapline debug` has them.
import { $, button, element, screen } from "./elements.js";

const WORDS = [["Back", "back"], ["Step", "step"], ["Back a line", "back line"], ["Line", "line"], ["Back over", "back over"], ["Over", "over"],
  ["Back to a trap", "back trap"], ["To a trap", "trap"], ["Back to an exit", "back exit"], ["To an exit", "exit"], ["To the start", "go 0"], ["To the end", "run"]];

/** Gives `look(option, text)`: a button that opens what a file has, in the history. */
export function history(lab, subject, show) {
  const panel = $("history-result");
  let said = [];
  const seen = (found) => {
    if (!found) return;
    said = [...said, ...found.lines].slice(-200);
    $("history-controls").hidden = false;
    $("history-now").textContent = found.lines.at(-1) ?? `step ${found.step.toLocaleString("en")}`;
    panel.replaceChildren(element("div", { class: "columns" },
      element("div", {}, element("h3", {}, "Code"), code(found.code)),
      element("div", {}, element("h3", {}, "Console"), screen("What it has printed", found.printed || "(nothing)"),
        element("h3", {}, "Said"), screen("What was said", said.join("\n")))),
    element("div", { class: "columns" }, ...found.state.map(group)));
  };
  const say = async (line, agreed = false) => {
    const found = await lab.ask(line, { ask: "say", line, agreed }, null);
    if (found?.gives_up) {
      lab.note(`\`${line}\` would give up the ${found.gives_up} steps that came after this one.`, button("Give them up", () => say(line, true)));
      return;
    }
    seen(found);
  };
  const begin = async (words) => {
    show("history");
    said = [];
    $("history-controls").hidden = true;
    const found = await lab.ask(`trapline debug ${words.join(" ")}`, { ask: "open", words }, panel);
    seen(found);
    if (found) $("history-buttons").querySelector("button").focus();
  };
  $("do-open").onclick = () => begin(subject());
  $("history-buttons").replaceChildren(...WORDS.map(([text, line]) => button(text, () => say(line))));
  $("history-form").onsubmit = (event) => {
    event.preventDefault();
    const line = $("line").value.trim();
    $("line").value = "";
    if (line) say(line);
  };
  return (option, text) => button(text, () => begin([option]));
}

function code(rows) {
  const source = ({ file, line }) => `${file}:${line}`;
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Instructions around the next one" },
    element("table", {}, element("tbody", {}, ...rows.filter((row) => row.text).map((row) => element("tr", row.next ? { "aria-current": "step" } : {},
      element("th", { scope: "row" }, `${row.next ? "▶ " : ""}0x${row.pc.toString(16)}`),
      element("td", {}, element("code", {}, `${row.label ? `${row.label}: ` : ""}${row.text}`)),
      element("td", {}, row.source ? source(row.source) : ""))))));
}

const group = ({ name, values }) => element("div", {}, element("h3", {}, name),
  screen(name, values.map((value) => `${value.name.padEnd(12)} ${value.text}`).join("\n")));
