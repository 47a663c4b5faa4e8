// <service-dialog> adds and edits a service: add(), edit(service), and restore(draft)
// after "dropped". Its property `api` is lib/api.js, `teams` returns the known teams,
// `ask` asks a question (see confirm-dialog). It bubbles "saved" (detail
// { service, isNew, before, fields }: what it was before, and what was changed), "missing"
// (the service is gone; detail its id), "delete" (detail the service), "dropped" (detail
// the draft of a form closed with unsaved changes) and "signin" (it needs somebody who is
// signed in: call signedIn then).
// Other people's changes, given by changed(service), are merged by field.
import { asText, byField, changes, check, edited, labels, merge, room, toForm } from '../lib/fields.js';
import { setText, stamp, tell } from './template.js';
import './conflict-notice.js';
import './tag-field.js';

const nothing = { fields: {}, rest: '' };
const discardQuestion = {
  title: ['Discard your changes?'],
  text: 'They have not been saved.',
  yes: 'Discard',
  no: 'Keep editing',
};

class ServiceDialog extends HTMLElement {
  api = null;
  teams = () => [];
  ask = async () => true;
  #dialog;
  #form;
  #tags;
  #notice;
  #summary;
  #base = null; // the service as last read from the server; null for a new one
  #opened = {}; // the values of the controls for it: a different value was changed here
  #disputed = []; // fields that somebody else changed too
  #etag = null;
  #reading = null; // the service being read for its ETag

  connectedCallback() {
    if (this.#form) return;
    this.append(stamp('service-dialog'));
    this.#dialog = this.querySelector('dialog');
    this.#form = this.querySelector('form');
    this.#tags = this.querySelector('tag-field');
    this.#notice = this.querySelector('conflict-notice');
    this.#summary = this.querySelector('.form-summary');
    this.#form.addEventListener('submit', (event) => this.#submit(event));
    this.#form.addEventListener('input', ({ target }) => this.#typed(target));
    this.#form.addEventListener('click', ({ target }) => this.#click(target.closest('[data-do]')?.dataset.do));
    this.#notice.addEventListener('choose', ({ detail }) => this.#choose(detail));
    // keydown as well as cancel: a second Escape in a row would close the dialog at once.
    this.#dialog.addEventListener('keydown', (event) => event.key === 'Escape' && this.#leave(event));
    this.#dialog.addEventListener('cancel', (event) => this.#leave(event));
    this.#dialog.addEventListener('close', () => removeEventListener('beforeunload', this.#confirmUnload));
  }

  add() {
    this.#open(null);
  }

  // edit opens the form with the data of the page, and reads the service for its ETag in
  // the background, so that the person doesn't wait.
  edit(service) {
    this.#open(service);
    this.#prefetch();
  }

  // restore opens the form with a draft.
  restore({ service, values }) {
    this.#open(service);
    this.#set(values);
    if (service) this.#prefetch();
  }

  // reopen shows the form again as it was left.
  reopen() {
    this.#showModal();
    this.#form.querySelector('[data-do="delete"]').focus();
    this.#prefetch();
  }

  // changed must be called after every change of a service.
  changed(service) {
    if (!this.#dialog.open || service.id !== this.#base?.id || service.version <= this.#base.version) return;
    if (!this.#busy) this.#prefetch();
  }

  // signedIn must be called after somebody signed in. What was typed is still there.
  signedIn(name) {
    if (!this.#dialog.open || this.#signIn.hidden) return;
    this.#show({ fields: {}, rest: `You are signed in as ${name}. Nothing is lost: save once more.` });
    if (this.#base) this.#prefetch();
    this.querySelector('#saveServiceBtn').focus();
  }

  get #signIn() {
    return this.querySelector('[data-do="sign-in"]');
  }

  get #busy() {
    return this.#form.ariaBusy === 'true';
  }

  set #busy(busy) {
    const save = this.querySelector('#saveServiceBtn');
    this.#form.ariaBusy = save.ariaDisabled = String(busy);
    setText(save, busy ? 'Saving…' : 'Save');
    this.querySelector('.dialog-body').inert = busy;
  }

  get #dirty() {
    return edited(this.#opened, this.#values()).length > 0;
  }

  // confirmUnload makes the browser ask before it leaves the page with unsaved changes.
  #confirmUnload = (event) => this.#dirty && event.preventDefault();

  #open(service) {
    this.#base = service;
    this.#etag = null;
    this.#reading = null;
    this.#disputed = [];
    this.#notice.hidden = true;
    this.querySelector('#modalTitle').textContent = service ? 'Edit service' : 'Add service';
    this.querySelector('#deleteServiceBtn').hidden = !service;
    const teams = this.teams().map((team) => new Option('', team));
    this.querySelector('datalist').replaceChildren(...teams);
    this.#set(toForm(service ?? {}));
    this.#opened = this.#values();
    this.#show(nothing);
    this.#showModal();
    this.querySelector('.dialog-body').scrollTop = 0;
  }

  #showModal() {
    addEventListener('beforeunload', this.#confirmUnload);
    this.#dialog.showModal();
  }

  // values reads the values from the controls, which may normalise a text, such as its
  // line ends.
  #values() {
    const named = [...this.#form.elements].filter(({ name }) => name);
    return { ...Object.fromEntries(named.map(({ name, value }) => [name, value])), tags: this.#tags.value };
  }

  #set(values) {
    for (const [name, value] of Object.entries(values)) {
      const control = this.#form.elements[name];
      if (name === 'tags') this.#tags.value = value;
      else control.value = value;
      this.#showRoom(control);
    }
    this.#ownStatus();
  }

  // prefetch reads the service in the background. If that fails, saving reads it again.
  #prefetch() {
    this.#reading = this.#read(this.#base.id).catch(() => {});
  }

  async #read(id) {
    try {
      const { service, etag } = await this.api.read(id);
      if (this.#base?.id === id && service.version >= this.#base.version) this.#mergeRead(service, etag);
    } catch (problem) {
      if (problem.status === 404 && this.#base?.id === id) this.#missing();
      throw problem;
    }
  }

  // mergeRead merges a service that was read: it takes over the fields that only others
  // changed, and shows the disputed ones. Afterwards a value that differs from theirs is
  // this person's change, once they have chosen for the disputed fields.
  #mergeRead(service, etag) {
    const mine = this.#values();
    const theirs = toForm(service);
    const { taken, disputed } = merge({ base: toForm(this.#base), theirs, opened: this.#opened, mine });
    this.#base = service;
    this.#etag = etag;
    this.#takeOver(taken);
    for (const field of disputed) this.#opened[field] = theirs[field];
    const all = new Set([...this.#disputed, ...disputed]);
    this.#disputed = edited(theirs, this.#values()).filter((field) => all.has(field));
    this.#notice.hidden = this.#disputed.length === 0;
    if (this.#notice.hidden) return;
    const row = (field) => ({ label: labels[field], mine: asText(mine[field]), theirs: asText(theirs[field]) });
    this.#notice.show(this.#disputed.map(row));
  }

  #takeOver(values) {
    this.#set(values);
    const shown = this.#values();
    for (const field of Object.keys(values)) this.#opened[field] = shown[field];
  }

  #choose(choice) {
    const theirs = toForm(this.#base);
    const disputed = this.#disputed;
    this.#disputed = [];
    this.#notice.hidden = true;
    if (choice === 'mine') {
      this.#form.requestSubmit();
      return;
    }
    this.#takeOver(Object.fromEntries(disputed.map((field) => [field, theirs[field]])));
    this.#form.elements[disputed[0]].focus();
  }

  #typed(control) {
    if (control.ariaInvalid === 'true') this.#mark(control, '');
    if (control.name === 'status_url') this.#ownStatus();
    this.#showRoom(control);
  }

  #showRoom({ id, value, dataset }) {
    const line = dataset?.most && this.querySelector(`#${id}-room`);
    if (!line) return;
    setText(line, room(value, Number(dataset.most)));
    line.hidden = line.textContent === '';
  }

  // With a health URL, only probes set the status.
  #ownStatus() {
    const { status, status_url: url } = this.#form.elements;
    status.disabled = url.value.trim() !== '';
    this.querySelector('#formStatus-hint').hidden = !status.disabled;
  }

  #click(what) {
    if (!what || this.#busy) return;
    if (what === 'sign-in') {
      tell(this, 'signin');
      return;
    }
    const dropped = what === 'cancel' && this.#dirty && { service: this.#base, values: this.#values() };
    this.#dialog.close();
    if (dropped) tell(this, 'dropped', dropped);
    if (what === 'delete') tell(this, 'delete', this.#base);
  }

  // leave handles Escape. It asks first, because Escape is easily hit by mistake.
  async #leave(event) {
    if (event.isComposing || event.target.closest('dialog') !== this.#dialog) return;
    if (!this.#busy && !this.#dirty) return;
    event.preventDefault();
    if (this.#busy) return;
    if (await this.ask(discardQuestion)) this.#dialog.close();
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#busy) return;
    this.#tags.commit();
    const errors = check(this.#opened, changes(this.#opened, this.#values()));
    this.#show(errors.length ? byField({ errors }) : nothing);
    if (errors.length) return;
    this.#busy = true;
    let problem = null;
    try {
      await this.#save();
    } catch (caught) {
      problem = caught;
    } finally {
      this.#busy = false;
    }
    if (problem?.status === 404) this.#missing();
    else if (problem) this.#show({ ...byField(problem), signIn: problem.status === 401 });
    else if (this.#disputed.length > 0) this.#notice.focus();
  }

  // save resolves when everything is saved, or when the person must first choose for the
  // disputed fields.
  async #save() {
    await this.#reading;
    const id = this.#base?.id;
    if (id && !this.#etag) await this.#read(id);
    let [service, fields] = [null, []];
    for (let tries = 0; !service; tries++) {
      if (this.#disputed.length > 0) return;
      const body = changes(this.#opened, this.#values());
      fields = Object.keys(body);
      try {
        service = await (id ? this.api.change(id, body, this.#etag) : this.api.create(body));
      } catch (problem) {
        if (problem.status !== 412 || tries === 3) throw problem;
        await this.#read(id);
      }
    }
    this.#dialog.close();
    tell(this, 'saved', { service, isNew: !id, before: this.#base, fields });
  }

  #missing() {
    const rest = 'Somebody else has deleted this service. Copy what you need, then cancel.';
    this.#show({ fields: {}, rest });
    tell(this, 'missing', this.#base.id);
  }

  // show shows messages at their fields, and moves the focus to the first of these.
  #show({ fields, rest, signIn = false }) {
    for (const control of this.#form.elements) {
      if (control.name) this.#mark(control, fields[control.name] ?? '');
    }
    this.#summary.textContent = rest;
    this.#summary.hidden = !rest;
    this.#signIn.hidden = !signIn;
    if (!this.#dialog.open) return;
    const wrong = this.#form.querySelector('[aria-invalid="true"]');
    if (wrong) wrong.focus();
    else if (rest) this.#summary.scrollIntoView({ block: 'nearest' });
  }

  #mark(control, message) {
    const line = this.querySelector(`#${control.id}-error`);
    line.textContent = message;
    line.hidden = !message;
    if (message) control.ariaInvalid = 'true';
    else control.removeAttribute('aria-invalid');
  }
}

customElements.define('service-dialog', ServiceDialog);
