// Signing in and out, and who is asking, in all tabs of the browser.
import { account, notSignedIn, withoutReason } from '../lib/account.js';
import * as api from '../lib/api.js';

// Signing dispatches "identified" when it is known who is asking, and "changed" after somebody
// signed in or out: then all that was read may be another's.
export class Signing extends EventTarget {
  #toasts;
  #dialog;
  #tabs = new BroadcastChannel('portal-account'); // tells the other tabs

  constructor({ toasts, dialog }) {
    super();
    this.#toasts = toasts;
    this.#dialog = dialog;
    dialog.api = api;
    dialog.addEventListener('signedin', () => this.#signedIn());
    this.#tabs.addEventListener('message', () => this.#changed());
    // A session may have ended when a request is refused.
    api.refusals.addEventListener('refused', () => this.again());
  }

  // start says why somebody who comes back from the provider is not signed in, and finds out
  // who is asking.
  start() {
    const why = notSignedIn(location.search);
    if (why) {
      this.#toasts.warn([why]);
      history.replaceState(history.state, '', location.pathname + withoutReason(location.search) + location.hash);
    }
    void this.#identify();
  }

  // again finds out whether somebody is still signed in.
  again() {
    if (account.me.kind !== 'anonymous') void this.#identify({ unasked: true });
  }

  // in asks a person to sign in; aside keeps the page as it is meanwhile.
  in() {
    this.#dialog.open(account.me, { back: location.pathname + location.search });
  }

  aside() {
    this.#dialog.open(account.me, { back: '/signed-in.html', aside: true });
  }

  // out signs out of this browser, or everywhere.
  async out(everywhere) {
    const { provider } = account.me;
    try {
      const url = await api.signOut(everywhere);
      const leave = { label: `Sign out of ${provider} too`, act: () => location.assign(url) };
      this.#toasts.say(['You are signed out.'], { actions: url ? [leave] : [] });
      this.#tabs.postMessage('changed');
    } catch (problem) {
      this.#toasts.warn([`You were not signed out: ${problem.message}`]);
    }
    await this.#changed();
  }

  // identify learns who is asking. What that role may not do is hidden by the style sheet;
  // until it is known, everything is shown. The portal tells one tab alone that the session has
  // ended: the cookie goes with that answer. The others see that they lost it; unasked: nobody
  // signed out.
  async #identify({ unasked = false } = {}) {
    let me;
    try {
      me = await api.me();
    } catch {
      return; // the portal does not answer, and the page says so: it refuses what is not allowed
    }
    const lost = unasked && account.me.kind !== 'anonymous' && me.kind === 'anonymous';
    account.me = me;
    document.documentElement.dataset.role = me.role;
    if (me.ended || lost) {
      const actions = [{ label: 'Sign in', act: () => this.in() }];
      this.#toasts.say(['Your session has ended.'], { status: 'unknown', actions });
    }
    this.dispatchEvent(new Event('identified'));
  }

  async #signedIn() {
    this.#tabs.postMessage('changed');
    await this.#changed();
    if (account.me.kind === 'anonymous') {
      this.#toasts.warn(['The key is right, but this browser kept no cookie: open the portal by https.']);
    }
  }

  async #changed() {
    await this.#identify();
    if (account.me.kind !== 'anonymous') this.#dialog.close();
    this.dispatchEvent(new Event('changed'));
  }
}
