// Watch collects the browser's errors during a test: console errors, failed requests,
// answers of 400 and above, and violations of the Content Security Policy. A test declares
// intended ones by expect().
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
    // Track which document sent a request: leaving a document aborts its requests. It may
    // send requests until the next document replaces it.
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

  // leave must be called before a context is closed, which aborts its requests. So does a page that a test closes.
  leave(context) {
    this.#left.add(context);
    this.#seen = this.#seen.filter(({ abortedIn }) => !abortedIn?.isClosed());
  }

  // expect declares an answer that must come: { method, status, path }; path is a RegExp.
  expect(answer) {
    this.#expected.push({ ...answer, came: false });
  }

  // allow declares an answer that may come, as expect does.
  allow(answer) {
    this.#expected.push({ ...answer, came: true });
  }

  // outage declares that the portal will be unreachable: from now on, requests may fail,
  // and the console may report it.
  outage() {
    this.#expected.push({ outage: true, came: true });
  }

  // verdict returns, as sentences, every unexpected error, and every expected answer that
  // did not come.
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
    // Every stream ends by being closed. Chromium requests the icon at any time, also for a
    // document that it is about to leave.
    const mayEnd = /\/(api\/events|favicon\.svg)(\?|$)/.test(request.url());
    const aborted = text === 'net::ERR_ABORTED';
    if (aborted && (left || mayEnd)) return;
    const abortedIn = aborted && !request.isNavigationRequest() ? request.frame().page() : null;
    this.#add({ kind: 'failed request', method: request.method(), text, network: true, url: request.url(), abortedIn });
  }

  #add(event) {
    this.#seen.push(event);
  }
}
