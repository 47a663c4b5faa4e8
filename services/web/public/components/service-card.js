// <service-card> shows one service, its property `service`; `key` is the service's id. It
// bubbles "open", "edit" and "check" (detail the id), and "tag" (detail the tag).
import { account } from '../lib/account.js';
import { serverClock } from '../lib/clock.js';
import { isWebAddress } from '../lib/fields.js';
import { checked, latency, statusNames, trouble } from '../lib/format.js';
import { fitting } from '../lib/tags.js';
import { quoted, setText, stamp, tell } from './template.js';
import './status-strip.js';

class ServiceCard extends HTMLElement {
  key = '';
  #service = null;
  #parts = null;
  #whole = false; // whether all tags are shown

  get service() {
    return this.#service;
  }

  set service(service) {
    if (service === this.#service) return;
    this.#parts ??= this.#build();
    this.#service = service;
    this.key = service.id;
    this.#show();
    this.tick(serverClock.now());
  }

  // again must be called after a change of who is asking.
  again() {
    if (this.#service) this.#show();
  }

  // tick updates the texts that depend on the time.
  tick(now) {
    const { trouble: why, checked: when } = this.#parts;
    setText(when, checked(this.#service, now));
    const text = trouble(this.#service, now);
    setText(why, text);
    why.hidden = text === '';
  }

  // strip is what the last 24 hours were, as in lib/strip.js; "": it is not known yet.
  set strip(strip) {
    this.#parts?.strip.show(strip, 'Last 24 hours', ['half hour', 'half hours']);
  }

  // focus moves the focus to the button that opens the service.
  focus(options) {
    this.#parts.open.focus(options);
  }

  // busy shows that a check is running. The button keeps the focus.
  set busy(busy) {
    const { check } = this.#parts;
    check.ariaBusy = String(busy);
    check.ariaDisabled = String(busy);
  }

  #build() {
    this.role = 'listitem';
    this.append(stamp('service-card'));
    const find = (selector) => this.querySelector(selector);
    const parts = {
      article: find('article'),
      open: find('.card-open'),
      team: find('.card-team'),
      badge: find('.status-badge'),
      icon: find('.status-badge .icon'),
      status: find('.status-text'),
      trouble: find('.card-trouble'),
      strip: find('status-strip'),
      description: find('.card-description'),
      tags: find('.card-tags'),
      more: find('.card-more'),
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
    p.article.className = `service-card ${service.status}${account.mayChange(service) ? '' : ' locked'}`;
    p.article.dataset.id = service.id;
    setText(p.open, service.name);
    // The heading is named by the name alone; the button's label would add the status.
    p.open.parentElement.ariaLabel = service.name;
    p.open.ariaLabel = `${service.name}, ${statusNames[service.status]}`;
    setText(p.team, service.team ?? '');
    p.team.hidden = !service.team;
    p.badge.className = `status-badge ${service.status}`;
    p.icon.className = `icon icon-${service.status}`;
    setText(p.status, statusNames[service.status]);
    setText(p.description, service.description ?? '');
    p.description.hidden = !service.description;
    p.strip.hidden = !service.status_url;
    this.#showTags(service.tags);
    setText(p.latency, latency(service));
    for (const link of p.links) this.#showLink(link);
    p.check.hidden = !service.status_url;
    setText(p.check.querySelector('bdi'), service.name);
    setText(p.edit.querySelector('bdi'), service.name);
  }

  // showTags shows as many tags as fit in two lines, and a button for the rest.
  #showTags(all) {
    const { tags: list, more } = this.#parts;
    const fits = fitting(all);
    const tags = this.#whole ? all : all.slice(0, fits);
    list.hidden = all.length === 0;
    more.parentElement.hidden = fits === all.length;
    more.ariaExpanded = String(this.#whole);
    setText(more.firstElementChild, this.#whole ? 'Fewer' : `+${all.length - fits}`);
    setText(more.lastElementChild, this.#whole ? ' tags' : ' more tags');
    const shown = [...list.querySelectorAll('.tag-chip')].map((chip) => chip.textContent);
    if (shown.join('\n') === tags.join('\n')) return;
    const items = tags.map((tag) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'tag-chip';
      button.dir = 'auto';
      button.title = `Show only ${quoted(tag)}`;
      button.textContent = tag;
      item.append(button);
      return item;
    });
    list.replaceChildren(...items, more.parentElement);
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
    const tag = target.closest('.tag-chip');
    if (tag) tell(this, 'tag', tag.textContent);
    else if (target.closest('.card-more')) this.#toggleTags();
    else if (target.closest('.card-check')) this.#check();
    else if (target.closest('.card-edit')) tell(this, 'edit', this.#service.id);
    else if (target.closest('.card-open')) tell(this, 'open', this.#service.id);
    else if (!target.closest('a, button') && target.closest('article') && getSelection().isCollapsed) {
      tell(this, 'open', this.#service.id);
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

customElements.define('service-card', ServiceCard);
