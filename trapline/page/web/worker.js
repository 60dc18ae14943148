// Python in a worker: answers questions one after the other, and says how far each is. What comes in is
// {number, question}; what goes out {started}, {ready}, {number, told}, {number, answer}, or {failed}.
import { loadPyodide } from "./python/pyodide.mjs";

const HOME = "/home/pyodide";
const MODULES = { z3: "./python/{{solver}}" }; // what is loaded when it is first needed

/** Lay the files of the pack where they belong: a line of JSON says where, and then they follow. */
function unpacked(data, FS) {
  const end = data.indexOf(10);
  let at = end + 1;
  for (const [path, length] of JSON.parse(new TextDecoder().decode(data.subarray(0, end)))) {
    FS.mkdirTree(path.slice(0, path.lastIndexOf("/")), 0o700);
    FS.writeFile(path, data.subarray(at, at + length));
    at += length;
  }
}

async function pack() {
  const answer = await fetch(new URL("./trapline.pack", import.meta.url));
  if (!answer.ok) throw new Error(`trapline.pack: ${answer.status}`);
  const stream = answer.body.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function started() {
  postMessage({ started: "Python" });
  const [python, data] = await Promise.all([loadPyodide({ env: { HOME } }), pack()]);
  postMessage({ started: "Trapline" });
  unpacked(data, python.FS);
  const opened = python.runPython("from trapline.page.asking import Page; Page");
  const page = opened(`${HOME}/page`, (text) => postMessage({ number: asking, told: text }));
  postMessage({ ready: true });
  return { python, page };
}

let asking = 0;
const ready = started();
ready.catch((error) => postMessage({ failed: String(error.message || error) }));

async function answered(question) {
  const { python, page } = await ready;
  for (;;) {
    const answer = page.ask(question);
    const { needs } = JSON.parse(answer);
    if (!needs) return answer;
    postMessage({ number: asking, told: "loading the solver" });
    await python.loadPackage(new URL(MODULES[needs], import.meta.url).href, { messageCallback() {}, errorCallback() {} });
  }
}

let last = Promise.resolve();
onmessage = ({ data: { number, question } }) => {
  last = last.then(async () => {
    asking = number;
    try {
      postMessage({ number, answer: await answered(question) });
    } catch (error) {
      postMessage({ failed: String(error.message || error) });
    }
  });
};
