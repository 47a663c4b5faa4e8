// <service-card> shows one service, given by its property `service`; `key` is
// the service's id. It bubbles "open", "check" and "tag" (the tag is detail).
import { serverClock } from '../lib/clock.js';
import { isWebAddress } from '../lib/fields.js';
import { checked, latency, statusNames, trouble } from '../lib/format.js';
import { quoted, setText, stamp, tell } from './template.js';

class ServiceCard extends HTMLElement {
  key = '';
  #service = null;
  #parts = null;

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

  // tick brings what depends on the time up to date.
  tick(now) {
    const { trouble: why, checked: when } = this.#parts;
    setText(when, checked(this.#service, now));
    const text = trouble(this.#service, now);
    setText(why, text);
    why.hidden = text === '';
  }

  // focus goes to what Enter opens.
  focus(options) {
    this.#parts.open.focus(options);
  }

  // busy shows that a check is under way. The button keeps the focus.
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
      description: find('.card-description'),
      tags: find('.card-tags'),
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
    p.article.className = `service-card ${service.status}`;
    p.article.dataset.id = service.id;
    setText(p.open, service.name);
    setText(p.team, service.team ?? '');
    p.team.hidden = !service.team;
    p.badge.className = `status-badge ${service.status}`;
    p.icon.className = `icon icon-${service.status}`;
    setText(p.status, statusNames[service.status]);
    setText(p.description, service.description ?? '');
    p.description.hidden = !service.description;
    this.#showTags(service.tags);
    setText(p.latency, latency(service));
    for (const link of p.links) this.#showLink(link);
    p.check.hidden = !service.status_url;
    setText(p.check.querySelector('bdi'), service.name);
    setText(p.edit.querySelector('bdi'), service.name);
  }

  #showTags(tags) {
    const { tags: list } = this.#parts;
    list.hidden = tags.length === 0;
    const shown = [...list.children].map((item) => item.textContent);
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
    list.replaceChildren(...items);
  }

  // The server refuses other schemes; what is no web address is no link here either.
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
    else if (target.closest('.card-check')) this.#check();
    else if (target.closest('.card-open, .card-edit')) tell(this, 'open', this.#service.id);
    else if (!target.closest('a, button') && target.closest('article') && getSelection().isCollapsed) {
      tell(this, 'open', this.#service.id);
    }
  }

  #check() {
    if (this.#parts.check.ariaBusy !== 'true') tell(this, 'check', this.#service.id);
  }
}

customElements.define('service-card', ServiceCard);
