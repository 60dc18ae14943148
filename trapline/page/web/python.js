// The worker that has Python: started when the page opens, and anew after it was stopped.

/** What ended a question: it was stopped, or Python itself is gone. */
export class Ended extends Error {}

export class Python {
  /** `told(text)` hears what Python is at. */
  constructor(told) {
    this.told = told;
    this.waiting = new Map();
    this.number = 0;
    this.start();
  }

  start() {
    if (!window.Worker || !window.WebAssembly || !window.DecompressionStream) {
      this.broken = "This browser has no workers or no WebAssembly. A current Chromium, Firefox or Safari has both.";
      this.told(this.broken);
      return;
    }
    this.ready = false;
    // Begun from a text of ours, and not from its file, the worker has the policy of the page: it asks nobody else.
    const begin = new Blob([`import ${JSON.stringify(new URL("./worker.js", import.meta.url).href)};`], { type: "text/javascript" });
    this.worker = new Worker(URL.createObjectURL(begin), { type: "module" });
    this.worker.onmessage = ({ data }) => this.heard(data);
    this.worker.onerror = (event) => this.fail(event.message || "its files cannot be loaded");
  }

  heard(data) {
    if (data.failed) return this.fail(data.failed);
    if (data.started) return this.told(`Loading ${data.started}…`);
    if (data.ready) {
      this.ready = true;
      return this.told("Ready");
    }
    const asked = this.waiting.get(data.number);
    if (!asked) return;
    if (data.told !== undefined) return asked.told(data.told);
    this.waiting.delete(data.number);
    asked.resolve(JSON.parse(data.answer));
  }

  /** Ask; gives `{answer}` or `{error}`, or throws `Ended`. */
  ask(question, told = () => {}) {
    if (this.broken) return Promise.reject(new Ended(this.broken));
    const number = ++this.number;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject, told });
      this.worker.postMessage({ number, question: JSON.stringify(question) });
    });
  }

  /** End whatever is going on, at once. What it had said is lost; files are the page's, and stay. */
  stop(why = "Stopped.") {
    this.worker?.terminate();
    for (const { reject } of this.waiting.values()) reject(new Ended(why));
    this.waiting.clear();
    this.start();
  }

  /** Python has ended by itself. It is started anew, unless it does not start at all. */
  fail(why) {
    const text = `Python has ended: ${why}`;
    if (this.ready) return this.stop(text);
    this.worker.terminate();
    this.broken = `${text}. Reload the page to try again.`;
    for (const { reject } of this.waiting.values()) reject(new Ended(this.broken));
    this.waiting.clear();
    this.told(this.broken);
  }
}
