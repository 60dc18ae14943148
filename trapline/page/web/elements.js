// Elements of the page. Whatever comes from a guest, a file or a link becomes text, never markup.

export const $ = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

export const button = (text, act, attributes = {}) => element("button", { type: "button", onclick: act, ...attributes }, text);

/** A table in a box of its own that scrolls; `rows` are lists of texts or elements, the first cell being what it is of. */
export function table(name, headings, rows) {
  const head = element("tr", {}, ...headings.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map(([first, ...rest]) =>
    element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((cell) => element("td", {}, cell))));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
    element("table", {}, element("caption", {}, name), element("thead", {}, head), element("tbody", {}, ...body)));
}

export const screen = (name, text) =>
  element("pre", { tabindex: "0", role: "region", "aria-label": name }, text);

/** Options in groups: `{label: [[value, text], ...]}`; the value that was chosen stays, if it is still there. */
export function fill(select, groups) {
  const before = select.value;
  const option = ([value, text]) => element("option", { value }, text);
  select.replaceChildren(...Object.entries(groups).filter(([, found]) => found.length).flatMap(([label, found]) =>
    label ? [element("optgroup", { label }, ...found.map(option))] : found.map(option)));
  if ([...select.options].some((one) => one.value === before)) select.value = before;
}

/** Have a file be saved by the browser. */
export function saved(name, data, type = "text/plain") {
  const url = URL.createObjectURL(new Blob([data], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
