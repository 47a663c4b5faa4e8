// TeamOnCall is what the page of a team shows of who is on call. It is read when the team is shown, at each
// handover, after a change of the team, and every 30 s, since a calendar changes without an event.
import '../components/on-call-box.js';
import { tell } from '../components/template.js';
import { account } from '../lib/account.js';
import { unread } from '../lib/on-call.js';
import { isWhole } from '../lib/on-call-plan.js';

const every = 30_000; // ms between two reads while nothing happens
const soon = 5_000; // ms while a new calendar is being read
const pause = 2_000; // ms between two reads, however much happens

export class TeamOnCall {
  #session;
  #section;
  #box;
  #team = null; // as the page knows it, or none is shown
  #answer = null;
  #readAt = 0; // by the browser's clock
  #due = Number.POSITIVE_INFINITY;

  constructor(root, session) {
    this.#session = session;
    this.#section = root.querySelector('.team-on-call');
    this.#box = root.querySelector('on-call-box');
    this.#box.addEventListener('editplan', () => tell(this.#box, 'editoncall', this.#team.slug));
    this.#box.addEventListener('unfold', () => this.#do(this.#readShifts()));
  }

  // show shows a team as it is by now, or undefined for one that only services name.
  show(team) {
    const before = this.#team;
    this.#team = team ?? null;
    this.#section.hidden = !team;
    if (!team) return;
    if (team.slug !== before?.slug) {
      this.#answer = null;
      this.#readAt = 0;
      this.#due = 0;
      this.#box.reset();
    } else if (team.version !== before.version) this.#due = Math.min(this.#due, this.#readAt + pause);
    this.#draw();
    this.tick(this.#session.now());
  }

  leave() {
    this.#team = null;
    this.#due = Number.POSITIVE_INFINITY;
  }

  tick(now) {
    if (!this.#team || document.hidden) return;
    this.#box.tick(now);
    const at = Date.now();
    const changed = now >= Date.parse(this.#answer?.changes_at ?? '') && at >= this.#readAt + pause;
    if (changed || at >= this.#due) void this.#do(this.#read(at));
  }

  // do says if something could not be read. What was read before stays.
  async #do(reading) {
    try {
      await reading;
      this.#box.tell('');
    } catch (problem) {
      if (problem.status !== 404) this.#box.tell(problem.message); // the page says that the team is gone
    }
  }

  async #read(at) {
    const { slug } = this.#team;
    const { api, teams } = this.#session;
    this.#readAt = at;
    this.#due = at + every;
    if (!isWhole(this.#team.on_call)) teams.put((await api.readTeam(slug)).team);
    const answer = await api.onCall(slug);
    if (slug !== this.#team?.slug) return;
    this.#answer = answer;
    if (unread(answer)) this.#due = Math.min(this.#due, at + soon);
    this.#draw();
    if (this.#box.unfolded) await this.#readShifts();
  }

  async #readShifts() {
    const { slug } = this.#team;
    const shifts = await this.#session.api.shifts(slug);
    if (slug === this.#team?.slug) this.#box.handovers(shifts);
  }

  #draw() {
    const { on_call: plan, page_url: pageURL } = this.#team;
    const about = { plan, pageURL: pageURL ?? '', mayEdit: account.mayChangeTeam(this.#team) };
    this.#box.show(this.#answer, about, this.#session.now());
  }
}
