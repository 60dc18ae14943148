// Handouts: as much of Markdown as they use, made into elements.
import { element } from "./elements.js";

const PIECE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|!\[([^\]]*)\]\(([^)]+)\)|\[([^\]]+)\]\(([^)]+)\)/g;

/** The elements of a text; `picture(name)` gives the address of a picture, if there is one. */
export function markdown(text, picture) {
  const lines = text.split("\n"), made = [];
  const while_ = (fits) => {
    const found = [];
    while (lines.length && fits(lines[0])) found.push(lines.shift());
    return found;
  };
  while (lines.length) {
    const line = lines[0];
    if (!line.trim()) lines.shift();
    else if (/^#+ /.test(line)) {
      const [, marks, title] = /^(#+) (.*)/.exec(lines.shift());
      made.push(element(`h${Math.min(marks.length + 2, 5)}`, {}, ...inline(title, picture)));
    } else if (/^```/.test(line)) {
      lines.shift();
      made.push(code(while_((one) => !/^```/.test(one))));
      lines.shift();
    } else if (/^ {4}/.test(line)) made.push(code(while_((one) => /^ {4}/.test(one) || !one.trim()).map((one) => one.slice(4))));
    else if (/^\|/.test(line)) made.push(rows(while_((one) => /^\|/.test(one)), picture));
    else if (/^(- |\d+\. )/.test(line)) made.push(list(while_((one) => one.trim() && /^(- |\d+\. | )/.test(one)), picture));
    else made.push(element("p", {}, ...inline(while_((one) => one.trim() && !/^(#+ |```|\||- )/.test(one)).join(" "), picture)));
  }
  return made;
}

const code = (lines) => element("pre", { tabindex: "0" }, lines.join("\n").trimEnd());

function list(lines, picture) {
  const items = [];
  for (const line of lines) {
    if (/^(- |\d+\. )/.test(line)) items.push(line.replace(/^(- |\d+\. )/, ""));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return element(/^\d/.test(lines[0]) ? "ol" : "ul", {}, ...items.map((item) => element("li", {}, ...inline(item, picture))));
}

function rows(lines, picture) {
  const cells = lines.map((line) => line.replace(/^\||\|\s*$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim()));
  const [head, , ...body] = cells;
  const row = (name, found) => element("tr", {}, ...found.map((cell) => element(name, {}, ...inline(cell, picture))));
  return element("div", { class: "scroll", tabindex: "0" }, element("table", {},
    element("thead", {}, row("th", head)), element("tbody", {}, ...body.map((found) => row("td", found)))));
}

function inline(text, picture) {
  const made = [];
  let at = 0;
  for (const found of text.matchAll(PIECE)) {
    const [whole, mono, strong, slanted, alt, source, label, target] = found;
    made.push(text.slice(at, found.index));
    at = found.index + whole.length;
    if (mono) made.push(element("code", {}, mono));
    else if (strong) made.push(element("strong", {}, ...inline(strong, picture)));
    else if (slanted) made.push(element("em", {}, slanted));
    else if (source) made.push(picture(source) ? element("img", { alt, src: picture(source) }) : alt);
    else made.push(/^#/.test(target) ? label : element("span", {}, `${label} (${target})`));
  }
  made.push(text.slice(at));
  return made;
}
