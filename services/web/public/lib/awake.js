// Awake keeps the screen from falling asleep, by the browser's wake lock. The browser takes the
// lock back whenever the page is hidden, so it is requested anew when the page is visible again.
// It dispatches "change" when `state` changes.
const retryInterval = 60_000; // ms after a refusal, which may be due to a low battery

export class Awake extends EventTarget {
  #wakeLock;
  #document;
  #wanted = false;
  #asking = false;
  #lock = null;
  #refused = false;
  #timer = 0;
  #visible = () => void this.#ask();

  // wakeLock is that of navigator, undefined where the browser has none: without https, too.
  constructor(wakeLock, document) {
    super();
    this.#wakeLock = wakeLock;
    this.#document = document;
  }

  // state is "awake", "unsupported", "refused", or "" while nothing is known or wanted.
  get state() {
    if (!this.#wanted) return '';
    if (!this.#wakeLock) return 'unsupported';
    if (this.#lock) return 'awake';
    return this.#refused ? 'refused' : '';
  }

  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#document.addEventListener('visibilitychange', this.#visible);
    void this.#ask();
  }

  stop() {
    this.#wanted = false;
    this.#refused = false;
    this.#document.removeEventListener('visibilitychange', this.#visible);
    clearTimeout(this.#timer);
    this.#release();
  }

  async #ask() {
    clearTimeout(this.#timer);
    if (!this.#wanted || !this.#wakeLock || this.#asking || this.#lock || this.#document.hidden) return;
    this.#asking = true;
    try {
      const lock = await this.#wakeLock.request('screen');
      this.#refused = false;
      this.#keep(lock);
    } catch {
      this.#refused = true;
      this.#retryLater();
    }
    this.#asking = false;
    if (!this.#wanted)
      this.#release(); // stopped meanwhile
    else this.#tell();
  }

  #keep(lock) {
    this.#lock = lock;
    lock.addEventListener('release', () => {
      if (this.#lock !== lock) return;
      this.#lock = null;
      this.#refused = !this.#document.hidden; // else the browser took it because the page is hidden
      if (this.#refused) this.#retryLater();
      this.#tell();
    });
  }

  #release() {
    const lock = this.#lock;
    this.#lock = null;
    lock?.release().catch(() => {}); // it is gone already
  }

  #retryLater() {
    clearTimeout(this.#timer);
    if (this.#wanted) this.#timer = setTimeout(this.#visible, retryInterval);
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
