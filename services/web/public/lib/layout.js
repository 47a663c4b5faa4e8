// Layout places graphs (worker/layered.js) in a worker, which it makes for the first one or before. A graph that is asked
// for while another one is being placed waits for it, and takes the place of one that waits.
const script = '/worker/layout.js';

export class Layout {
  #make;
  #worker = null;
  #waiting = null; // { job, resolve, reject }
  #running = null;

  // make makes the worker; tests make another one.
  constructor(make = makeWorker) {
    this.#make = make;
  }

  // prepare makes the worker, so that it has started when the first graph is known. If it cannot, place says so.
  prepare() {
    try {
      this.#worker ??= this.#start();
    } catch {}
  }

  // place resolves to what layered returns or, if a newer graph took its place, to null. It rejects if the worker cannot
  // start or fails.
  place(graph, former) {
    return new Promise((resolve, reject) => {
      this.#waiting?.resolve(null);
      this.#waiting = { job: { graph, former }, resolve, reject };
      this.#next();
    });
  }

  // end ends the worker; what it was asked for resolves to null.
  end() {
    this.#worker?.terminate();
    this.#worker = null;
    for (const one of [this.#running, this.#waiting]) one?.resolve(null);
    this.#running = null;
    this.#waiting = null;
  }

  #next() {
    if (this.#running || !this.#waiting) return;
    this.#running = this.#waiting;
    this.#waiting = null;
    try {
      this.#worker ??= this.#start();
      this.#worker.postMessage(this.#running.job);
    } catch (problem) {
      this.#fail(problem);
    }
  }

  #start() {
    const worker = this.#make();
    worker.onmessage = ({ data }) => {
      const { resolve } = this.#running;
      this.#running = null;
      resolve(data);
      this.#next();
    };
    worker.onerror = (event) => {
      event.preventDefault?.(); // the page says it
      this.#fail(new Error(event.message || 'the worker does not start'));
    };
    return worker;
  }

  #fail(problem) {
    this.#running?.reject(problem);
    this.#running = null;
    this.end();
  }
}

let policy = null;

// makeWorker makes the worker. Where the page's policy wants trusted addresses of scripts, this one is the only one.
function makeWorker() {
  policy ??= globalThis.trustedTypes?.createPolicy('layout', { createScriptURL: () => script });
  return new Worker(policy ? policy.createScriptURL('') : script, { type: 'module' });
}
