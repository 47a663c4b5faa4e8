// Live follows the portal's events. It dispatches
//   live    the stream is connected; detail.fresh is true at the first time, and if
//           events may have been missed: then the list must be read again
//   lost    the stream is disconnected; Live reconnects until stop()
//   message detail: { type, data }, one of the portal's events
//
// The tabs of a browser share one Stream: over HTTP/1.1 a browser has six connections
// to a server, and each stream takes one. A visible tab holds the stream and forwards
// its messages to the other tabs. The tabs elect the holder by messages on a
// BroadcastChannel, which, unlike Web Locks, also works over plain HTTP:
//   who   asks for the holder
//   mine  the holder's answer, with the state of its stream
//   bye   the holder has closed its stream
// The holder also posts the messages of its Stream. Each message has { type, tab }.
import { Stream } from './stream.js';

const events = [
  'service.created',
  'service.updated',
  'service.deleted',
  'status.changed',
  'service.deployed',
  'release.published',
  'team.created',
  'team.updated',
  'team.deleted',
  'impact.changed',
  'scorecard.changed',
];
const heartbeat = 15_000; // ms: the server's
const silenceTimeout = 2.5 * heartbeat; // ms without a message after which a stream counts as dead
const handoverTimeout = 5_000; // ms that the next holder has to open the stream
const answerWait = 50; // ms to wait for the answer of a holder
const checkInterval = 2_000; // ms between two checks of the deadline

export class Live extends EventTarget {
  #tab = Math.random(); // of two holders, the one with the smaller number keeps the stream
  #connect;
  #channel = null; // null: stopped
  #stream = null; // set in the tab that holds it
  #candidacy = 0;
  #watch = 0;
  #deadline = 0; // of the next message, in wall-clock time: monotonic clocks stop while a computer sleeps
  #visible = true;
  #up = false;
  #id = ''; // of the last event received

  // connect replaces the Stream in tests.
  constructor(url, connect = (from) => new Stream({ url, ...from })) {
    super();
    this.#connect = connect;
  }

  // up reports whether this tab receives all events.
  get up() {
    return this.#up;
  }

  start() {
    this.stop();
    this.#channel = new BroadcastChannel('portal-live');
    this.#channel.addEventListener('message', ({ data }) => this.#receive(data));
    this.#watch = setInterval(() => this.#check(), checkInterval);
    this.#setDeadline(silenceTimeout);
    this.#askForHolder();
  }

  stop() {
    this.#release();
    clearTimeout(this.#candidacy);
    clearInterval(this.#watch);
    this.#channel?.close();
    this.#channel = null;
    this.#up = false;
  }

  // show sets whether the tab is visible. A hidden tab holds no stream.
  show(visible) {
    this.#visible = visible;
    if (!visible) this.#release();
    else this.#check();
    this.#askForHolder();
  }

  // wake reconnects after the network came back, when the open stream may be dead.
  wake() {
    this.#stream?.reconnect();
    this.#askForHolder();
  }

  #askForHolder() {
    clearTimeout(this.#candidacy);
    if (!this.#channel || this.#stream || !this.#visible) return;
    this.#candidacy = setTimeout(() => this.#takeStream(), answerWait * (1 + 2 * Math.random()));
    this.#post({ type: 'who' });
  }

  #takeStream() {
    const tell = (said) => {
      this.#post(said);
      this.#handle(said);
    };
    this.#stream = this.#connect({ id: this.#id, tell });
    this.#post({ type: 'mine', ...this.#stream.state });
  }

  #release() {
    if (!this.#stream) return;
    this.#stream.close();
    this.#stream = null;
    this.#post({ type: 'bye' });
    this.#setDeadline(handoverTimeout);
  }

  #post(message) {
    this.#channel.postMessage({ ...message, tab: this.#tab });
  }

  #receive(message) {
    const { type, tab } = message;
    const mine = this.#stream && { type: 'mine', ...this.#stream.state };
    if (type === 'who') {
      if (mine) this.#post(mine);
    } else if (type === 'bye') {
      if (mine) return;
      this.#setDeadline(handoverTimeout);
      this.#askForHolder();
    } else if (mine && this.#tab < tab) {
      this.#post(mine); // both tabs took it at once: the other closes its stream, as this tab does below
    } else {
      clearTimeout(this.#candidacy);
      this.#stream?.close();
      this.#stream = null;
      this.#handle(message);
    }
  }

  #handle({ type, data, id, up }) {
    if (type === 'mine' && !up) return; // it is still connecting
    this.#setDeadline(silenceTimeout);
    if (!up) {
      this.#disconnect();
      return;
    }
    const event = events.includes(type);
    const fresh = type === 'reset' || (event ? !this.#up : id !== this.#id);
    const reconnected = !this.#up;
    this.#id = id;
    this.#up = true;
    if (fresh || reconnected) this.#dispatch('live', { fresh });
    if (event) this.#forward(type, data);
  }

  #forward(type, data) {
    try {
      this.#dispatch('message', { type, data: JSON.parse(data) });
    } catch {
      this.#dispatch('live', { fresh: true }); // unreadable: read the list, so that the change isn't missed
    }
  }

  #disconnect() {
    if (!this.#up) return;
    this.#up = false;
    this.#dispatch('lost');
  }

  #setDeadline(ms) {
    this.#deadline = Date.now() + ms;
  }

  // check reconnects a stream whose deadline has passed, also after the computer slept: a
  // network may drop a connection without telling either end.
  #check() {
    const now = Date.now();
    this.#deadline = Math.min(this.#deadline, now + silenceTimeout); // the clock may have been set back
    if (!this.#channel || now < this.#deadline) return;
    this.#setDeadline(silenceTimeout);
    this.#disconnect();
    this.#stream?.reconnect();
    this.#askForHolder();
  }

  #dispatch(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
