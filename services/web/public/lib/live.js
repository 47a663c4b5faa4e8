// Live follows the portal's events. It dispatches
//   live    the stream stands; detail.fresh: not where this tab had followed it
//           to, or for the first time, so the list must be read anew
//   lost    nothing is heard any more; it is tried again until stop()
//   message detail: { type, data }, one of the portal's events
//
// The tabs of a browser share one Stream: over HTTP/1.1 a browser has six connections
// to a server, and each stream takes one. A tab that can be seen holds it, and passes
// on what it says; the others hear that. They settle who holds it by messages on a
// BroadcastChannel, which a page has over plain HTTP as well, unlike Web Locks:
//   who   does anybody hold the stream?
//   mine  I do, and this is its state
//   bye   I did
// and what the Stream says, by its holder. Each has { type, tab }.
import { Stream } from './stream.js';

const events = ['service.created', 'service.updated', 'service.deleted', 'status.changed'];
const heartbeat = 15_000; // ms: the server's
const silence = 2.5 * heartbeat; // of the stream, after which it is taken for dead
const handover = 5_000; // ms that the next holder has to go on with the stream
const answer = 50; // ms for a holder to say that it is one
const look = 2_000; // ms between two looks for silence

export class Live extends EventTarget {
  #tab = Math.random(); // of two holders, the one with the smaller number goes on
  #connect;
  #channel = null; // null: stopped
  #stream = null; // of the tab that holds it
  #candidacy = 0;
  #watch = 0;
  #silentAt = 0; // by the time of day: other clocks stop while a computer sleeps
  #visible = true;
  #up = false;
  #id = ''; // of the last event that was heard

  // connect stands in for a Stream in tests.
  constructor(url, connect = (from) => new Stream({ url, ...from })) {
    super();
    this.#connect = connect;
  }

  // up is whether this tab hears everything.
  get up() {
    return this.#up;
  }

  start() {
    this.stop();
    this.#channel = new BroadcastChannel('portal-live');
    this.#channel.addEventListener('message', ({ data }) => this.#hear(data));
    this.#watch = setInterval(() => this.#check(), look);
    this.#patient(silence);
    this.#ask();
  }

  stop() {
    this.#release();
    clearTimeout(this.#candidacy);
    clearInterval(this.#watch);
    this.#channel?.close();
    this.#channel = null;
    this.#up = false;
  }

  // show says whether anybody can see the tab. One that nobody sees holds no stream.
  show(visible) {
    this.#visible = visible;
    if (!visible) this.#release();
    else this.#check();
    this.#ask();
  }

  // wake is for when the network came back: what seems to be a stream may be dead.
  wake() {
    this.#stream?.again();
    this.#ask();
  }

  #ask() {
    clearTimeout(this.#candidacy);
    if (!this.#channel || this.#stream || !this.#visible) return;
    this.#candidacy = setTimeout(() => this.#hold(), answer * (1 + 2 * Math.random()));
    this.#post({ type: 'who' });
  }

  #hold() {
    const tell = (said) => {
      this.#post(said);
      this.#take(said);
    };
    this.#stream = this.#connect({ id: this.#id, tell });
    this.#post({ type: 'mine', ...this.#stream.state });
  }

  #release() {
    if (!this.#stream) return;
    this.#stream.close();
    this.#stream = null;
    this.#post({ type: 'bye' });
    this.#patient(handover);
  }

  #post(message) {
    this.#channel.postMessage({ ...message, tab: this.#tab });
  }

  #hear(message) {
    const { type, tab } = message;
    const mine = this.#stream && { type: 'mine', ...this.#stream.state };
    if (type === 'who') {
      if (mine) this.#post(mine);
    } else if (type === 'bye') {
      if (mine) return;
      this.#patient(handover);
      this.#ask();
    } else if (mine && this.#tab < tab) {
      this.#post(mine); // both took it at once: the other one gives way, as this one does below
    } else {
      clearTimeout(this.#candidacy);
      this.#stream?.close();
      this.#stream = null;
      this.#take(message);
    }
  }

  #take({ type, data, id, up }) {
    if (type === 'mine' && !up) return; // it is still connecting
    this.#patient(silence);
    if (!up) {
      this.#fall();
      return;
    }
    const event = events.includes(type);
    const fresh = type === 'reset' || (event ? !this.#up : id !== this.#id);
    const risen = !this.#up;
    this.#id = id;
    this.#up = true;
    if (fresh || risen) this.#tell('live', { fresh });
    if (event) this.#pass(type, data);
  }

  #pass(type, data) {
    try {
      this.#tell('message', { type, data: JSON.parse(data) });
    } catch {
      this.#tell('live', { fresh: true }); // not to be understood, so not to be missed either
    }
  }

  #fall() {
    if (!this.#up) return;
    this.#up = false;
    this.#tell('lost');
  }

  #patient(ms) {
    this.#silentAt = Date.now() + ms;
  }

  // check ends what has been silent for too long, also because the computer slept:
  // a network may drop a connection without a word to either end.
  #check() {
    const now = Date.now();
    this.#silentAt = Math.min(this.#silentAt, now + silence); // the clock may have been set back
    if (!this.#channel || now < this.#silentAt) return;
    this.#patient(silence);
    this.#fall();
    this.#stream?.again();
    this.#ask();
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
