// Files in and out: new ones, copies of what is shipped, from the disk, dropped on the page, and back to the disk.
import { $, saved } from "./elements.js";
import { LARGEST } from "./store.js";

export function loading(lab) {
  const { store } = lab;
  $("folder").onchange = () => {
    store.enter($("folder").value);
    lab.show();
  };
  $("file").onchange = () => lab.open($("file").value);
  $("new").onclick = () => {
    const name = prompt("Name of the file (.s for a program, .isa for a description)", store.free("new.s"));
    if (!name) return;
    if (Object.hasOwn(store.files, name)) return lab.note(`${name} is there already.`);
    lab.take({ [name]: "" });
    lab.open(name);
  };
  $("delete").onclick = () => {
    if (store.open && confirm(`Delete ${store.open}?`)) lab.take({ [store.open]: null });
  };
  $("save").onclick = () => store.open && saved(store.open.split("/").at(-1), store.files[store.open]);
  $("save-all").onclick = async () => {
    const found = await lab.ask("Save the folder", { ask: "pack" }, null);
    if (found) saved(`${store.work.folder}.zip`, Uint8Array.from(atob(found), (one) => one.charCodeAt(0)), "application/zip");
  };
  $("delete-all").onclick = () => {
    const { folder } = store.work, count = Object.keys(store.files).length;
    if (!confirm(`Delete the folder ${folder} and its ${count} files?`)) return;
    if (!store.drop(folder)) return lab.note("This is the only folder: delete its files one by one.");
    lab.show();
  };
  $("load").onclick = () => $("chosen").click();
  $("chosen").onchange = async () => {
    await take(lab, [...$("chosen").files].map((file) => [file.name, file]));
    $("chosen").value = "";
  };
  $("shelf").onchange = async () => {
    const name = $("shelf").value;
    $("shelf").value = "";
    if (!name) return;
    const found = await lab.ask(`Open ${name}`, { ask: "text", name }, null);
    if (!found) return;
    const file = store.free(found.file);
    lab.take({ [file]: found.text });
    lab.open(file);
  };
  dropping(lab);
}

function dropping(lab) {
  const over = (is) => document.body.classList.toggle("dropping", is);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  addEventListener("dragleave", () => over(false));
  addEventListener("drop", async (event) => {
    event.preventDefault();
    over(false);
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const folders = entries.filter((entry) => entry.isDirectory);
    for (const folder of folders) await enter(lab, folder);
    const files = folders.length ? [] : await Promise.all(entries.map((entry) => opened(entry)));
    await take(lab, files.map((file) => [file.name, file]));
  });
}

const opened = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** A folder that was dropped becomes one of the page's. */
async function enter(lab, folder) {
  const found = [], read = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  const walk = async (entry, path) => {
    if (entry.isFile) return found.push([path, await opened(entry)]);
    const reader = entry.createReader();
    for (let some = await read(reader); some.length && found.length <= 500; some = await read(reader)) {
      for (const one of some) if (!one.name.startsWith(".")) await walk(one, path ? `${path}/${one.name}` : one.name);
    }
  };
  await walk(folder, "");
  lab.store.enter(folder.name.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 60) || "dropped");
  await take(lab, found);
}

/** Take in files of the disk: texts, and archives of a folder. */
async function take(lab, files) {
  const texts = {};
  for (const [name, file] of files) {
    if (name.endsWith(".zip")) await unpack(lab, name, file);
    else if (file.size > LARGEST) lab.note(`${name} has ${file.size.toLocaleString("en")} bytes; ${LARGEST.toLocaleString("en")} are the most.`);
    else {
      try {
        texts[name] = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      } catch {
        lab.note(`${name} is not text: only programs, descriptions and other texts can be loaded.`);
      }
    }
  }
  if (!Object.keys(texts).length) return lab.show();
  lab.take(texts);
  lab.open(Object.keys(texts).find((name) => /\.(s|isa)$/.test(name)) ?? Object.keys(texts)[0]);
}

async function unpack(lab, name, file) {
  if (file.size > 4 * LARGEST) return lab.note(`${name} has ${file.size.toLocaleString("en")} bytes; ${(4 * LARGEST).toLocaleString("en")} are the most.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const data = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const found = await lab.ask(`Load ${name}`, { ask: "unpack", data }, null);
  if (!found) return;
  lab.store.enter(name.replace(/\.zip$/, "").replace(/[^A-Za-z0-9]+/g, "-").slice(0, 60) || "loaded", found);
  lab.show();
}
