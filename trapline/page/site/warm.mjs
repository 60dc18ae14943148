// Runs Python as the page does, over the files of TREE; makes what the page would make at first, and packs all of it into
// OUT: a line of JSON, [[path, length, mode], ...], and the bytes of the files, compressed with gzip.
//     node warm.mjs PYODIDE_DIR TREE OUT
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

process.on("uncaughtException", (error) => { // the text alone: node would show the line, which is all of Python
  console.error(String(error.message));
  process.exit(1);
});
const [core, tree, out] = process.argv.slice(2).map((path) => resolve(path));
const HOME = "/lib/python3.14/site-packages";
const CACHE = "/home/pyodide/.cache";

const { loadPyodide } = await import(pathToFileURL(join(core, "pyodide.mjs")).href);
const python = await loadPyodide({ indexURL: `${core}/`, env: { HOME: "/home/pyodide" } });
const { FS } = python;

function* within(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const there = join(path, entry.name);
    if (entry.isDirectory()) yield* within(there);
    else yield there;
  }
}

function* made(path) {
  for (const name of FS.readdir(path).filter((n) => n !== "." && n !== "..")) {
    const there = `${path}/${name}`;
    if (FS.isDir(FS.stat(there).mode)) yield* made(there);
    else yield there;
  }
}

for (const path of within(tree)) {
  const goal = `${HOME}/${path.slice(tree.length + 1)}`;
  FS.mkdirTree(goal.slice(0, goal.lastIndexOf("/")));
  FS.writeFile(goal, new Uint8Array(readFileSync(path)));
}
python.runPython(`
from trapline.page.site.warming import compiled, warm
warm()
compiled("${HOME}")
`);

const paths = [...made(HOME), ...made(CACHE)].sort();
const files = paths.map((path) => FS.readFile(path));
const head = JSON.stringify(paths.map((path, n) => [path, files[n].length])) + "\n";
const whole = Buffer.concat([Buffer.from(head), ...files]);
writeFileSync(out, gzipSync(whole, { level: 9 }));
console.log(`${paths.length} files, ${whole.length} bytes`);
