// <service-history> shows what was of a service: its last day, uptime, latency, and what
// befell it, with its releases, until the moment that the page shows: moment() returns that, "" for now. It has the
// property `api`; show(id, service, now) is called when the service is shown or has changed, leave() when another page
// is, tick(now) each second, again() when there is more. It bubbles "undo" (detail the change), "copybadge" (detail
// { service, kind }), and "known" with what the timeline knows of the present status: { healthy, after, since }, as in
// lib/timeline.js.
import { ranges } from '../lib/history.js';
import { dayBefore, lastDay } from '../lib/strip.js';
import { known } from '../lib/timeline.js';
import { setText, stamp, tell } from './template.js';
import './latency-chart.js';
import './release-list.js';
import './status-strip.js';
import './time-line.js';
import './uptime-figures.js';

const every = 60_000; // ms between two reads of what was measured

class ServiceHistory extends HTMLElement {
  moment = () => '';
  #shownAt = '';
  #id = '';
  #service = undefined;
  #moments = [];
  #next = '';
  #readAt = 0;

  connectedCallback() {
    if (this.firstElementChild) return;
    this.append(stamp('service-history'));
    this.addEventListener('range', () => this.#read(this.#readChart()));
    const copy = () => tell(this, 'copybadge', { service: this.#service, kind: 'status' });
    this.querySelector('[data-do=badge]').addEventListener('click', copy);
    this.addEventListener('kind', () => this.#read(this.#readTimeline()));
    this.addEventListener('earlier', () => this.#read(this.#readTimeline(this.#next)));
  }

  // show shows a service, or undefined and what befell one that is no more.
  show(id, service, now) {
    const at = this.moment();
    const other = id !== this.#id || at !== this.#shownAt;
    this.#shownAt = at;
    const changed = other || service?.version !== this.#service?.version || service?.status !== this.#service?.status;
    this.#id = id;
    this.#service = service;
    this.hidden = false;
    for (const part of this.querySelectorAll('[data-part=measured]')) part.hidden = !service?.status_url;
    if (other) {
      this.#moments = [];
      this.#timeline.show([], false, now);
      this.#releases.show(null, now);
    }
    this.#tellKnown();
    this.#showElsewhere();
    this.#showTimes();
    if (changed) void this.#readAll(now);
  }

  leave() {
    this.#id = '';
    this.#service = undefined;
    this.hidden = true;
  }

  tick(now) {
    if (this.#id && now - this.#readAt >= every) void this.#readAll(now);
  }

  again() {
    void this.#read(this.#readHappened());
  }

  #tellKnown() {
    if (this.#service) tell(this, 'known', known(this.#service, this.#moments));
  }

  #showTimes() {
    const [begin, end] = this.querySelectorAll('.history-day .strip-ends span');
    const today = this.querySelector('uptime-figures .strip-ends span:last-child');
    const past = this.#shownAt !== '';
    setText(this.querySelector('#dayTitle'), past ? dayBefore[0] : lastDay[0]);
    setText(begin, past ? 'the day before' : 'yesterday');
    setText(end, past ? 'then' : 'now');
    setText(today, past ? 'that day' : 'today');
  }

  #showElsewhere() {
    this.querySelector('.history-elsewhere').hidden = !this.#service || this.#shownAt !== '';
    if (!this.#service) return;
    const picture = this.querySelector('.badge');
    const address = this.api.badge(this.#service.name, 'status');
    if (picture.getAttribute('src') !== address) picture.src = address;
    this.querySelector('[data-csv=timeline]').href = this.api.timelineCSV(this.#id);
  }

  get #releases() {
    return this.querySelector('release-list');
  }

  get #timeline() {
    return this.querySelector('time-line');
  }

  #readAll(now) {
    this.#readAt = now;
    const measured = this.#service?.status_url ? [this.#readStrips(), this.#readUptime()] : [];
    return this.#read(Promise.all([this.#readHappened(), ...measured]));
  }

  // readHappened reads what a deployment or a release adds to.
  #readHappened() {
    const { status_url: probed, github_url: linked } = this.#service ?? {};
    const reading = [this.#readTimeline()];
    if (probed) reading.push(this.#readChart());
    if (linked && !this.#shownAt) reading.push(this.#readReleases());
    else this.#releases.show(null, this.#readAt);
    return Promise.all(reading);
  }

  // read says if something could not be read. What was read before stays.
  async #read(reading) {
    const failed = this.querySelector('.history-failed');
    try {
      await reading;
      failed.hidden = true;
    } catch (problem) {
      failed.textContent = `What was is not shown, or not up to date: ${problem.message}`;
      failed.hidden = false;
    }
  }

  // for calls show with an answer, unless another service is shown by then.
  async #for(asking, show) {
    const [id, at] = [this.#id, this.#shownAt];
    const answer = await asking;
    if (id === this.#id && at === this.#shownAt) show(answer);
  }

  async #readStrips() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    await Promise.all([
      this.#for(this.api.strips([this.#id], this.#shownAt), ({ items: [{ strip }] }) =>
        this.querySelector('.history-day status-strip').show(strip, ...(this.#shownAt ? dayBefore : lastDay)),
      ),
      this.#for(this.api.days(this.#id, 90, zone, this.#shownAt), (answer) =>
        this.querySelector('uptime-figures').strip(answer),
      ),
    ]);
  }

  #readReleases() {
    return this.#for(this.api.releases(this.#id), (releases) => this.#releases.show(releases, this.#readAt));
  }

  #readUptime() {
    return this.#for(this.api.uptime(this.#id, this.#shownAt), (items) =>
      this.querySelector('uptime-figures').show(items),
    );
  }

  #readChart() {
    const chart = this.querySelector('latency-chart');
    const { range } = chart;
    this.querySelector('[data-csv=history]').href = this.api.historyCSV(this.#id, ranges[range]);
    const reading = Promise.all([
      this.api.history(this.#id, ranges[range]),
      this.api.deployments(this.#id, ranges[range]),
    ]);
    return this.#for(reading, ([data, deployments]) => range === chart.range && chart.show({ ...data, deployments }));
  }

  #readTimeline(after = '') {
    const { kind } = this.#timeline;
    return this.#for(this.api.timeline(this.#id, kind, after, this.#shownAt), ({ items, next }) => {
      if (kind !== this.#timeline.kind) return;
      this.#moments = after ? [...this.#moments, ...items] : items;
      this.#next = next ?? '';
      this.#timeline.show(this.#moments, this.#next !== '', this.#readAt);
      if (!kind) this.#tellKnown();
    });
  }
}

customElements.define('service-history', ServiceHistory);
