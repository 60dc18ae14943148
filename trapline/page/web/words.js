// Commands, as in a terminal: whatever the buttons do not have.
import { $, element, screen } from "./elements.js";

export function words(lab) {
  const panel = $("words-result");
  lab.changed.push(() => {
    panel.replaceChildren(...[...lab.said].reverse().map(({ number, words: said, out, err, code }) => element("div", {},
      element("h3", {}, `${number}. trapline ${said.join(" ")}`), screen(`What ${number} said`, `${out}${err}` || "(nothing)"), element("p", { class: "hint" }, `exit code ${code}`))));
  });
  $("words-form").onsubmit = async (event) => {
    event.preventDefault();
    const said = split($("command").value);
    if (said[0] === "trapline") said.shift();
    if (!said.length || !(await lab.say(said, panel))) return;
    $("command").value = "";
  };
}

/** Words as a shell takes them, with quotes and nothing else. */
export function split(line) {
  return [...line.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
