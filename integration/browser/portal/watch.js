// Watches what a browser complains of while a test runs: console errors, failed
// requests, answers of 400 and above, and what the Content Security Policy
// stopped. A test that means one of them to happen says so by expect().
export class Watch {
  #seen = [];
  #expected = [];
  #left = new Set();

  // follow must be called before the context's first page.
  async follow(context) {
    const listen = (event, tell) => context.on(event, (news) => this.#left.has(context) || tell(news));
    listen('console', (message) => this.#console(message));
    listen('weberror', (error) => this.#add({ kind: 'exception', text: String(error.error()) }));
    listen('response', (answer) => this.#answered(answer));
    // Which document asked for what: to leave one breaks off what is on its way. It
    // may still ask until the next takes its place.
    let [begun, shown] = [0, 0];
    const askedBy = new WeakMap();
    listen('request', (request) => {
      const next = request.isNavigationRequest();
      if (next) begun++;
      askedBy.set(request, next ? begun : shown);
    });
    context.on('page', (page) => {
      page.on('framenavigated', (frame) => {
        if (frame === page.mainFrame()) shown = begun;
      });
    });
    listen('requestfailed', (request) => this.#failed(request, askedBy.get(request) < begun));
    await context.exposeBinding('tellViolation', (_, text) => this.#add({ kind: 'CSP violation', text }));
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (e) =>
        globalThis.tellViolation(`${e.violatedDirective} ${e.blockedURI}`),
      );
    });
  }

  // leave is called before a context is closed, which breaks off what it was at.
  leave(context) {
    this.#left.add(context);
  }

  // expect names one answer that must come: { method, status, path }, where path
  // is a RegExp.
  expect(answer) {
    this.#expected.push({ ...answer, came: false });
  }

  // outage says that the portal will be gone for a while: from here on, requests
  // may fail, and the console may say so.
  outage() {
    this.#expected.push({ outage: true, came: true });
  }

  // verdict is every complaint that nothing expected, and every expected answer
  // that did not come, as sentences.
  verdict() {
    const complaints = this.#seen.filter((event) => !this.#accepts(event));
    const missing = this.#expected.filter((answer) => !answer.came);
    return [
      ...complaints.map(
        (event) => `${event.kind}: ${[event.method, event.status, event.text, event.url].filter(Boolean).join(' ')}`,
      ),
      ...missing.map(({ method, status, path }) => `missing: ${method} ${status} ${path}`),
    ];
  }

  // Chromium reports an answer of 400 and above on the console as well, with its
  // address but not its method.
  #accepts(event) {
    return this.#expected.some((answer) => {
      if (answer.outage) return event.network;
      if (!answer.path.test(event.url ?? '') || event.status !== answer.status) return false;
      if (event.kind === 'console') return true;
      if (event.method !== answer.method) return false;
      answer.came = true;
      return true;
    });
  }

  #console(message) {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const text = message.text();
    const status = /^Failed to load resource: the server responded with a status of (\d+)/.exec(text)?.[1];
    const network = /^Failed to load resource: net::ERR_/.test(text);
    this.#add({ kind: 'console', text, network, status: status && Number(status), url: message.location().url });
  }

  #answered(answer) {
    const [status, method] = [answer.status(), answer.request().method()];
    if (status >= 400) this.#add({ kind: 'answer', method, status, url: answer.url() });
  }

  #failed(request, left) {
    const text = request.failure()?.errorText ?? '';
    // Every stream ends by being closed, and Chromium asks for the icon when it
    // likes, also for a document that it is about to leave.
    const mayEnd = /\/(api\/events|favicon\.svg)(\?|$)/.test(request.url());
    if (text === 'net::ERR_ABORTED' && (left || mayEnd)) return;
    this.#add({ kind: 'failed request', method: request.method(), text, network: true, url: request.url() });
  }

  #add(event) {
    this.#seen.push(event);
  }
}
