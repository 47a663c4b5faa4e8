// TeamRecord is what the page of a team shows of the past: what befell its services and itself, and how
// much these were up. It is read when the team is shown, and when something has happened.
import '../components/team-uptime.js';
import '../components/time-line.js';
import { setText } from '../components/template.js';
import { joined } from '../lib/timeline.js';

const pause = 2_000; // ms between two reads of the timeline, however much happens
const every = 300_000; // ms between two reads while nothing happens
const retry = 15_000; // ms after a failure

export class TeamRecord {
  #session;
  #timeline;
  #uptime;
  #changes;
  #failed;
  #team = null; // { slug, name }, or none is shown
  #state = ''; // of the team and its services when the timeline was read
  #moments = [];
  #next = '';
  #due = Number.POSITIVE_INFINITY; // by the browser's clock: when to read the timeline
  #readAt = 0;
  #uptimeDue = Number.POSITIVE_INFINITY;

  constructor(root, session) {
    this.#session = session;
    this.#changes = root.querySelector('.team-changes');
    this.#timeline = root.querySelector('time-line');
    this.#uptime = root.querySelector('team-uptime');
    this.#failed = root.querySelector('.history-failed');
    this.#timeline.addEventListener('kind', () => this.#begin());
    this.#timeline.addEventListener('earlier', () => this.#read(this.#readEarlier()));
  }

  // show shows a team, whose slug is "" if only services name it, as it is by now.
  show({ slug, name, version, services }) {
    const before = this.#team;
    const other = slug !== before?.slug || (slug === '' && name !== before.name);
    const state = `${version} ${services.map((one) => `${one.id} ${one.version} ${one.status}`).sort()}`;
    if (other) this.#uptime.reset();
    this.#team = { slug, name };
    this.#changes.hidden = slug === '';
    if (other) this.#begin();
    else if (state !== this.#state) this.again();
    if (other || name !== before.name) this.#uptimeDue = 0;
    this.#state = state;
    this.tick(this.#session.now());
  }

  leave() {
    this.#team = null;
    this.#due = Number.POSITIVE_INFINITY;
    this.#uptimeDue = Number.POSITIVE_INFINITY;
  }

  // again must be called when something happened.
  again() {
    this.#due = Math.min(this.#due, this.#readAt + pause);
  }

  tick(now) {
    if (!this.#team || document.hidden) return;
    const at = Date.now();
    if (at >= this.#due && this.#team.slug) void this.#read(this.#readNewest(now));
    if (at >= this.#uptimeDue) void this.#read(this.#readUptime(at));
  }

  // begin reads the timeline from its newest part.
  #begin() {
    this.#moments = [];
    this.#next = '';
    this.#timeline.show([], false, this.#session.now());
    this.#readAt = 0;
    this.#due = 0;
    this.tick(this.#session.now());
  }

  // read says if something could not be read. What was read before stays.
  async #read(reading) {
    try {
      await reading;
      this.#failed.hidden = true;
    } catch (problem) {
      setText(this.#failed, `What was is not shown, or not up to date: ${problem.message}`);
      this.#failed.hidden = false;
      this.#due = Math.min(this.#due, Date.now() + retry);
    }
  }

  async #readNewest(now) {
    this.#readAt = Date.now();
    this.#due = this.#readAt + every;
    await this.#readTimeline('', ({ items, next }) => {
      const moments = joined(items, this.#moments);
      if (moments.length === items.length) this.#next = next ?? '';
      this.#show(moments, now);
    });
  }

  #readEarlier() {
    const after = this.#next;
    return this.#readTimeline(after, ({ items, next }) => {
      if (after !== this.#next) return; // pressed twice
      this.#next = next ?? '';
      this.#show([...this.#moments, ...items], this.#session.now());
    });
  }

  #show(moments, now) {
    this.#moments = moments;
    this.#timeline.show(moments, this.#next !== '', now);
  }

  // readTimeline calls take with a page, unless something else is shown by then.
  async #readTimeline(after, take) {
    const { slug } = this.#team;
    const { kind } = this.#timeline;
    const page = await this.#session.api.teamTimeline(slug, kind, after);
    if (slug === this.#team?.slug && kind === this.#timeline.kind) take(page);
  }

  async #readUptime(at) {
    const { name } = this.#team;
    this.#uptimeDue = at + every;
    const read = await this.#session.api.teamUptime(name);
    if (name === this.#team?.name) this.#uptime.show(read);
  }
}
