// <service-dialog> adds and edits a service: add(), edit(service). Its property
// `api` is lib/api.js, `teams` a function that gives the known teams. It bubbles
// "saved" (detail { service, isNew }), "missing" (the service is gone; detail its
// id) and "delete" (detail the service). Live changes never touch an open form:
// changed(service) only tells that there are some.
import { byField, check, differences, toBody, toForm } from '../lib/fields.js';
import { stamp, tell } from './template.js';
import './conflict-notice.js';

class ServiceDialog extends HTMLElement {
  api = null;
  teams = () => [];
  #dialog;
  #form;
  #notice;
  #summary;
  #base = null; // the service as it was when the form was filled; null for a new one
  #etag = null;
  #reading = null; // the service being read for its ETag

  connectedCallback() {
    if (this.#form) return;
    this.append(stamp('service-dialog'));
    this.#dialog = this.querySelector('dialog');
    this.#form = this.querySelector('form');
    this.#notice = this.querySelector('conflict-notice');
    this.#summary = this.querySelector('.form-summary');
    this.#form.addEventListener('submit', (event) => this.#submit(event));
    this.#form.addEventListener('input', ({ target }) => this.#edited(target));
    this.#form.addEventListener('click', ({ target }) => this.#click(target.closest('[data-do]')?.dataset.do));
    this.#notice.addEventListener('choose', ({ detail }) => this.#choose(detail));
    this.#dialog.addEventListener('close', () => tell(this, 'closed'));
  }

  add() {
    this.#open(null);
  }

  // edit opens the form with what the page knows, and reads the service for its
  // ETag meanwhile, so that nobody waits.
  edit(service) {
    this.#open(service);
    this.#reading = this.#read(service.id);
  }

  // reopen shows the form again as it was left.
  reopen() {
    this.#dialog.showModal();
    this.#form.querySelector('[data-do="delete"]').focus();
  }

  // changed is told of every change of a service.
  changed(service) {
    if (!this.#dialog.open || service.id !== this.#base?.id || service.version <= this.#base.version) return;
    if (this.#form.ariaBusy !== 'true') this.#reading = this.#read(service.id);
  }

  #open(service) {
    this.#base = service;
    this.#etag = null;
    this.#reading = null;
    this.querySelector('#modalTitle').textContent = service ? 'Edit service' : 'Add service';
    this.querySelector('#deleteServiceBtn').hidden = !service;
    const teams = this.teams().map((team) => new Option('', team));
    this.querySelector('datalist').replaceChildren(...teams);
    this.#fill(service ?? {});
    this.#dialog.showModal();
    this.querySelector('.dialog-body').scrollTop = 0;
  }

  #fill(service) {
    for (const [name, text] of Object.entries(toForm(service))) this.#form.elements[name].value = text;
    this.#notice.hidden = true;
    this.#show({ fields: {}, rest: '' });
    this.#ownStatus();
  }

  #texts() {
    return Object.fromEntries([...this.#form.elements].filter((e) => e.name).map((e) => [e.name, e.value]));
  }

  // read takes over what the server has, if the person has not typed anything
  // yet, and shows what is different if so.
  async #read(id) {
    try {
      const { service, etag } = await this.api.read(id);
      if (this.#base?.id === id) this.#meet(service, etag);
    } catch (problem) {
      if (problem.status === 404 && this.#base?.id === id) this.#missing();
    }
  }

  #meet(service, etag) {
    const theirs = differences(this.#base, service);
    this.#etag = etag;
    const untouched = same(this.#texts(), toForm(this.#base));
    if (theirs.length === 0) this.#base = service;
    else if (untouched) {
      this.#base = service;
      this.#fill(service);
    } else {
      this.#notice.show(theirs);
      this.#notice.theirs = service;
    }
  }

  #choose(choice) {
    this.#base = this.#notice.theirs;
    if (choice === 'theirs') {
      this.#fill(this.#base);
      this.#form.elements.name.focus();
      return;
    }
    this.#notice.hidden = true;
    this.#form.requestSubmit();
  }

  #edited(control) {
    if (control.ariaInvalid === 'true') this.#mark(control, '');
    if (control.name === 'status_url') this.#ownStatus();
  }

  // While there is a health URL the probes own the status.
  #ownStatus() {
    const { status, status_url: url } = this.#form.elements;
    status.disabled = url.value.trim() !== '';
    this.querySelector('#formStatus-hint').hidden = !status.disabled;
  }

  #click(what) {
    if (what === 'cancel') this.#dialog.close();
    if (what === 'delete') {
      this.#dialog.close();
      tell(this, 'delete', this.#base);
    }
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#form.ariaBusy === 'true') return;
    const body = toBody(this.#texts());
    const errors = check(body);
    this.#show(errors.length ? byField({ errors }) : { fields: {}, rest: '' });
    if (errors.length) return;
    this.#form.ariaBusy = 'true';
    try {
      await this.#save(body);
    } catch (problem) {
      this.#refused(problem);
    } finally {
      this.#form.ariaBusy = 'false';
    }
  }

  async #save(body) {
    await this.#reading;
    if (!this.#notice.hidden) return; // what was just read is a conflict: the person chooses first
    const id = this.#base?.id;
    let service;
    for (let tries = 0; !service; tries++) {
      try {
        service = await (id ? this.api.update(id, body, this.#etag) : this.api.create(body));
      } catch (problem) {
        if (problem.status !== 412 || tries === 3) throw problem;
        await this.#read(id);
        if (!this.#notice.hidden) return;
      }
    }
    this.#dialog.close();
    tell(this, 'saved', { service, isNew: !id });
  }

  #refused(problem) {
    if (problem.status === 404) this.#missing();
    else this.#show(byField(problem));
  }

  #missing() {
    this.#show({
      fields: {},
      rest: 'Somebody else deleted this service meanwhile. Cancel, or copy what you need first.',
    });
    tell(this, 'missing', this.#base.id);
  }

  // show puts messages at their fields, and the focus to the first of them.
  #show({ fields, rest }) {
    for (const control of this.#form.elements) {
      if (control.name) this.#mark(control, fields[control.name] ?? '');
    }
    this.#summary.textContent = rest;
    this.#summary.hidden = !rest;
    if (this.#dialog.open) this.#form.querySelector('[aria-invalid="true"]')?.focus();
  }

  #mark(control, message) {
    const line = this.querySelector(`#${control.id}-error`);
    line.textContent = message;
    line.hidden = !message;
    if (message) control.ariaInvalid = 'true';
    else control.removeAttribute('aria-invalid');
  }
}

function same(a, b) {
  return Object.entries(b).every(([name, text]) => a[name] === text);
}

customElements.define('service-dialog', ServiceDialog);
