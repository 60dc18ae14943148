// The work of the page: folders of files, kept in the browser. What was kept and cannot be read is put aside, not lost.

import { BEGIN } from "./begin.js";

const KEY = "trapline", ASIDE = "trapline-aside";
export const LARGEST = 1 << 20; // bytes of a file
const MOST = 500; // files of a folder
const NAME = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\/){0,8}[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

const fresh = () => ({ folder: "scratch", folders: { scratch: { open: "first.s", files: { ...BEGIN } } },
  student: "", theme: "auto", running: null });

function isWork(found) {
  const folder = (one) => one && typeof one.open === "string" && one.files && typeof one.files === "object" &&
    Object.entries(one.files).every(([name, text]) => NAME.test(name) && typeof text === "string");
  return found && typeof found.folder === "string" && found.folders && Object.hasOwn(found.folders, found.folder) &&
    Object.values(found.folders).every(folder) && typeof found.student === "string" && typeof found.theme === "string";
}

export class Store {
  /** `told(text)` hears what could not be kept. */
  constructor(told) {
    this.told = told;
    this.work = fresh();
    this.kept = true;
    let text = null;
    try {
      text = localStorage.getItem(KEY);
    } catch {
      told("This browser keeps nothing for this page: save your work as files.");
    }
    if (text !== null) this.read(text);
    addEventListener("storage", ({ key }) => {
      if (key !== KEY || this.twice) return;
      this.twice = true;
      told("This page is open twice, and what is written last is kept. Close one of the two, and reload the other.");
    });
  }

  read(text) {
    let found = null;
    try {
      found = JSON.parse(text);
    } catch { /* told below */ }
    if (isWork(found)) {
      this.work = found;
      return;
    }
    try {
      localStorage.setItem(ASIDE, text);
    } catch { /* it stays where it is until something is kept */ }
    this.damaged = text;
    this.told("What was kept here is damaged. It was put aside, and nothing of it is used; you can save it as a file.");
  }

  keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify(this.work));
      this.kept = true;
    } catch {
      if (this.kept) this.told("The browser has no more room for this page: your work is not kept. Save it as files.");
      this.kept = false;
    }
  }

  get folder() {
    return this.work.folders[this.work.folder];
  }

  get files() {
    return this.folder.files;
  }

  get open() {
    return Object.hasOwn(this.files, this.folder.open) ? this.folder.open : Object.keys(this.files)[0] ?? "";
  }

  set open(name) {
    this.folder.open = name;
    this.keep();
  }

  /** Why a file cannot be taken; nothing if it can. */
  refusal(name, text) {
    if (!NAME.test(name)) return `${name} is no name of a file here: use letters, digits, dots, - and _.`;
    const size = new Blob([text]).size;
    if (size > LARGEST) return `${name} has ${size.toLocaleString("en")} bytes; ${LARGEST.toLocaleString("en")} are the most.`;
    if (!Object.hasOwn(this.files, name) && Object.keys(this.files).length >= MOST) return `There are ${MOST} files; that is the most.`;
    return "";
  }

  /** Take in files, of which null are gone. Says what cannot be taken. */
  put(files) {
    for (const [name, text] of Object.entries(files)) {
      const refused = text === null ? "" : this.refusal(name, text);
      if (refused) this.told(refused);
      else if (text === null) delete this.files[name];
      else this.files[name] = text;
    }
    this.keep();
  }

  /** Go to a folder, which is made if there is none. */
  enter(name, files = {}) {
    if (!Object.hasOwn(this.work.folders, name)) this.work.folders[name] = { open: "", files: {} };
    this.work.folder = name;
    this.put(files);
  }

  /** Take a folder away, with all that is in it. Whether that was done: one is always left. */
  drop(name) {
    const left = Object.keys(this.work.folders).filter((one) => one !== name);
    if (!left.length) return false;
    delete this.work.folders[name];
    this.enter(left[0]);
    return true;
  }

  /** A name that nothing has yet, like the one wished for. */
  free(name) {
    const [, stem, kind] = /^(.*?)(\.[^.]*)?$/.exec(name);
    for (let n = 1; ; n++) {
      const found = n === 1 ? name : `${stem}-${n}${kind ?? ""}`;
      if (!Object.hasOwn(this.files, found)) return found;
    }
  }
}
