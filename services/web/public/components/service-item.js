// The elements that show one service, its property `service`: <service-card> and <service-row>
// in a list, <service-head> on its page. `key` is the service's id. They bubble "open", "edit",
// "check" and "copylink" (detail the id), and "tag" (detail the tag). They differ by their
// templates, each of which has the parts that it shows.
import { account } from '../lib/account.js';
import { pageClock } from '../lib/clock.js';
import { when } from '../lib/dates.js';
import { isWebAddress } from '../lib/fields.js';
import { checked, latency, since, state } from '../lib/format.js';
import { described } from '../lib/on-call.js';
import { teamNamed } from '../lib/route.js';
import { statusNames } from '../lib/status.js';
import { dayBefore, lastDay } from '../lib/strip.js';
import { fitting } from '../lib/tags.js';
import { cause } from '../lib/timeline.js';
import { quoted, setText, setTime, setWords, stamp, tell } from './template.js';
import './hit-box.js';
import './on-call-reach.js';
import './status-strip.js';
import './team-contacts.js';

// items matches them in lists.
export const items = 'service-card, service-row';

const unobserved = '-'.repeat(48); // the strip of a service that nobody probes

class ServiceItem extends HTMLElement {
  key = '';
  #service = null;
  #parts = null;
  #whole = false; // whether all tags are shown
  #pageURL = ''; // of the team

  get service() {
    return this.#service;
  }

  set service(service) {
    if (service === this.#service) return;
    this.#parts ??= this.#build();
    this.#service = service;
    this.key = service.id;
    this.#show();
    this.tick(pageClock.now());
  }

  // again must be called after a change of who is asking.
  again() {
    if (this.#service) this.#show();
  }

  // tick updates the texts that depend on the time.
  tick(now) {
    const p = this.#parts;
    const asked = checked(this.#service, now);
    setText(p.trouble, state(this.#service));
    setTime(p.since, since(this.#service, now), this.#service.status_since);
    setText(p.checked, asked);
    if (p.latency.title !== asked) p.latency.title = asked;
  }

  // know shows what is known of the present status, as in lib/timeline.js.
  know({ healthy, after, since: moment }) {
    const p = this.#parts;
    this.#showMoment(p.nowHealthy, healthy);
    p.after.hidden = !after;
    if (!after) return;
    setWords(p.after.querySelector('span:last-of-type'), cause(after, moment));
    const link = p.after.querySelector('a');
    link.hidden = !isWebAddress(after.url);
    if (!link.hidden) link.href = after.url;
  }

  // owner is the team of the service, as it is now, or undefined.
  set owner(team) {
    this.#pageURL = team?.page_url ?? '';
    this.#parts.contacts.show(account.past ? undefined : team);
  }

  // onCall is who is on call in that team, as in lib/on-calls.js, or undefined.
  set onCall(answer) {
    const { owner, duty } = this.#parts;
    const title = described(answer, quoted);
    if (owner.title !== title) owner.title = title;
    duty?.show(answer, pageClock.now(), account.past ? undefined : this.#pageURL);
  }

  // hit takes what hits the service and whom it hits, as in lib/impacts.js, or undefined.
  hit(impact, cause, now) {
    this.#parts?.impact?.show(impact, cause, now);
  }

  // strip is what the last 24 hours were, as in lib/strip.js; "": it is not known yet.
  set strip(strip) {
    this.#parts?.strip?.show(strip, ...(account.past ? dayBefore : lastDay));
  }

  // focus moves the focus to the button that opens the service.
  focus(options) {
    this.#parts.open?.focus(options);
  }

  // busy shows that a check is running. The button keeps the focus.
  set busy(busy) {
    const { check } = this.#parts;
    check.ariaBusy = String(busy);
    check.ariaDisabled = String(busy);
  }

  #build() {
    this.role = 'listitem';
    this.append(stamp(this.localName));
    const find = (selector) => this.querySelector(selector);
    const parts = {
      article: find('article'),
      name: find('.card-name'),
      open: find('.card-open'),
      owner: find('.team-link'),
      nobody: find('.card-nobody'),
      noTeam: find('.card-nobody').textContent,
      contacts: find('team-contacts'),
      duty: find('on-call-line'),
      badge: find('.status-badge'),
      icon: find('.status-badge .icon'),
      status: find('.status-text'),
      trouble: find('.card-trouble'),
      since: find('.card-since'),
      impact: find('hit-line, hit-box'),
      strip: find('status-strip'),
      description: find('.card-description'),
      tags: find('.card-tags'),
      more: find('.card-more'),
      nowSince: find('.now-since'),
      nowHealthy: find('.now-healthy'),
      after: find('.now-after'),
      checked: find('.card-checked'),
      latency: find('.card-latency'),
      links: [...this.querySelectorAll('.card-link-btn')],
      check: find('.card-check'),
      edit: find('.card-edit'),
    };
    this.addEventListener('click', (event) => this.#click(event));
    return parts;
  }

  #show() {
    const service = this.#service;
    const p = this.#parts;
    p.article.className = `${this.localName} ${service.status}${account.mayChange(service) ? '' : ' locked'}`;
    p.article.dataset.id = service.id;
    this.#showName(service);
    this.#showTeam(service);
    p.badge.className = `status-badge ${service.status}`;
    p.icon.className = `icon icon-${service.status} ${service.status}`;
    setText(p.status, statusNames[service.status]);
    if (p.description) setText(p.description, service.description ?? '');
    if (!service.status_url) this.strip = unobserved;
    this.#showTags(service.tags);
    setText(p.latency, latency(service));
    if (p.nowSince) this.#showMoment(p.nowSince, service.status_since);
    for (const link of p.links) this.#showLink(link);
    p.check.hidden = !service.status_url;
    setText(p.check.querySelector('bdi'), service.name);
    setText(p.edit.querySelector('bdi'), service.name);
  }

  // showTeam links to the page of the team, which finds it by its name.
  #showTeam({ team }) {
    const { owner, nobody, noTeam } = this.#parts;
    setText(owner, team ?? '');
    owner.hidden = !team;
    if (team) owner.href = teamNamed(team);
    else owner.removeAttribute('href');
    setText(nobody, team ? '' : noTeam);
  }

  #showName({ name, status }) {
    const { name: heading, open } = this.#parts;
    setText(open ?? heading, name);
    if (!open) return;
    open.title = name;
    // The heading is named by the name alone; the button's label would add the status.
    heading.ariaLabel = name;
    open.ariaLabel = `${name}, ${statusNames[status]}`;
  }

  #showMoment(part, moment) {
    part.hidden = !moment;
    if (moment) setTime(part.querySelector('time'), when(moment, pageClock.now()), moment);
  }

  // showTags shows as many tags as fit, and how many more there are.
  #showTags(all) {
    const { tags: list, more } = this.#parts;
    const fits = fitting(all, list.dataset.room);
    const tags = this.#whole ? all : all.slice(0, fits);
    list.hidden = all.length === 0;
    more.parentElement.hidden = fits === all.length;
    more.title = this.#whole ? '' : all.slice(fits).map(quoted).join(', ');
    more.ariaExpanded = more.localName === 'button' ? String(this.#whole) : null;
    setText(more.firstElementChild, this.#whole ? 'Fewer' : `+${all.length - fits}`);
    setText(more.lastElementChild, this.#whole ? ' tags' : ' more tags');
    const shown = [...list.querySelectorAll('.tag-chip')].map((chip) => chip.textContent);
    if (shown.join('\n') === tags.join('\n')) return;
    list.replaceChildren(...tags.map(list.dataset.room === 'row' ? word : chip), more.parentElement);
  }

  // The server refuses other schemes; the page doesn't link to them either.
  #showLink(link) {
    const { name, [link.dataset.link]: url } = this.#service;
    link.hidden = !isWebAddress(url ?? '');
    if (link.hidden) {
      link.removeAttribute('href');
      return;
    }
    link.href = url;
    setText(link.querySelector('bdi'), name);
  }

  #click({ target }) {
    const { id } = this.#service;
    const tag = target.closest('button.tag-chip');
    if (tag) tell(this, 'tag', tag.textContent);
    else if (target.closest('button.card-more')) this.#toggleTags();
    else if (target.closest('.card-check')) this.#check();
    else if (target.closest('.card-edit')) tell(this, 'edit', id);
    else if (target.closest('.card-copy')) tell(this, 'copylink', id);
    else if (!this.#parts.open || target.closest('a')) return;
    else if (target.closest('.card-open') || (target.closest('article') && getSelection().isCollapsed)) {
      tell(this, 'open', id);
    }
  }

  #toggleTags() {
    this.#whole = !this.#whole;
    this.#showTags(this.#service.tags);
    this.#parts.more.focus();
  }

  #check() {
    if (this.#parts.check.ariaBusy !== 'true') tell(this, 'check', this.#service.id);
  }
}

// word shows a tag where there is no room to click on it.
function word(tag) {
  const item = document.createElement('li');
  const text = document.createElement('bdi');
  text.className = 'tag-chip';
  text.textContent = tag;
  item.append(text);
  return item;
}

function chip(tag) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'tag-chip';
  button.dir = 'auto';
  button.title = `Show only ${quoted(tag)}`;
  button.textContent = tag;
  item.append(button);
  return item;
}

customElements.define('service-card', class extends ServiceItem {});
customElements.define('service-row', class extends ServiceItem {});
customElements.define('service-head', class extends ServiceItem {});
