// EditDialog is the base class of the dialogs that add and edit something: add(), edit(thing), and
// restore(draft) after "dropped". Its property `api` is lib/api.js, `ask` asks a question (see
// confirm-dialog). It bubbles "saved" (detail { thing, isNew, before, fields }: what it was before, and
// what was changed), "missing" (it is gone; detail the thing), "delete" (detail the thing), "dropped"
// (detail the draft of a form closed with unsaved changes) and "signin" (it needs somebody who is
// signed in: call signedIn then).
// Other people's changes, given by changed(thing), are merged by field.
//
// A dialog is made of template#<its tag>, and says what it is about by `about`:
//   what                             the word for it; of is that of the thing, if it is only a part of one
//   labels, toForm, changes, links   as in lib/fields.js and lib/team-fields.js
//   id(thing)                        by which it is read and changed
//   read(api, id)                    resolves with { thing, etag }
//   create(api, body), change(api, id, body, etag)
//   asText(value)                    says a value of a field, if it is not a text or a list of texts
import { asText, byField, check, edited, merge, room } from '../lib/fields.js';
import { setText, stamp, tell } from './template.js';
import './conflict-notice.js';

const nothing = { fields: {}, rest: '' };
const discardQuestion = {
  title: ['Discard your changes?'],
  text: 'They have not been saved.',
  yes: 'Discard',
  no: 'Keep editing',
};

export class EditDialog extends HTMLElement {
  api = null;
  ask = async () => true;
  about;
  #dialog;
  #form;
  #notice;
  #summary;
  #base = null; // the thing as last read from the server; null for a new one
  #opened = {}; // the values of the controls for it: a different value was changed here
  #disputed = []; // fields that somebody else changed too
  #etag = null;
  #reading = null; // the thing being read for its ETag

  connectedCallback() {
    if (this.#form) return;
    this.append(stamp(this.localName));
    this.#dialog = this.querySelector('dialog');
    this.#form = this.querySelector('form');
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

  // edit opens the form with the data of the page, and reads the thing for its ETag in
  // the background, so that the person doesn't wait. field is what they came for, or "", and values those that
  // they asked for, not saved yet.
  edit(thing, field = '', values = {}) {
    this.#open(thing);
    this.#set(values);
    this.#form.elements[field]?.focus();
    this.#prefetch();
  }

  // restore opens the form with a draft.
  restore({ thing, values }) {
    this.#open(thing);
    this.#set(values);
    if (thing) this.#prefetch();
  }

  // reopen shows the form again as it was left.
  reopen() {
    this.#showModal();
    this.#form.querySelector('[data-do="delete"]').focus();
    this.#prefetch();
  }

  // changed must be called after every change of such a thing.
  changed(thing) {
    if (!this.#dialog.open || this.#id !== this.about.id(thing) || thing.version <= this.#base.version) return;
    if (!this.#busy) this.#prefetch();
  }

  // Hooks: fill is called with the thing, or null, before the form shows it; values returns what is in
  // the controls, and setValue sets one; updated is called after any change in them, complete before
  // they are sent.
  fill() {}

  // A control may normalise a text, such as its line ends.
  values(form) {
    const named = [...form.elements].filter(({ name }) => name);
    return Object.fromEntries(named.map(({ name, value }) => [name, value]));
  }

  setValue(control, value) {
    control.value = value;
  }

  updated() {}

  complete() {}

  // check returns the errors that need no request to find, and located the fields of a problem's errors, as
  // those of lib/fields.js do.
  check(opened, body) {
    return check(opened, body, this.about.links);
  }

  located(problem) {
    return byField(problem, this.about.labels);
  }

  // signedIn must be called after somebody signed in. What was typed is still there.
  signedIn(name) {
    if (!this.#dialog.open || this.#signIn.hidden) return;
    this.#show({ fields: {}, rest: `You are signed in as ${name}. Nothing is lost: save once more.` });
    if (this.#base) this.#prefetch();
    this.#save.focus();
  }

  get #signIn() {
    return this.querySelector('[data-do="sign-in"]');
  }

  get #save() {
    return this.querySelector('[type="submit"]');
  }

  // id returns that of the thing, or undefined for a new one.
  get #id() {
    return this.#base ? this.about.id(this.#base) : undefined;
  }

  get #busy() {
    return this.#form.ariaBusy === 'true';
  }

  set #busy(busy) {
    const save = this.#save;
    this.#form.ariaBusy = save.ariaDisabled = String(busy);
    setText(save, busy ? 'Saving…' : 'Save');
    this.querySelector('.dialog-body').inert = busy;
  }

  get #dirty() {
    return edited(this.#opened, this.#values(), this.about.labels).length > 0;
  }

  // confirmUnload makes the browser ask before it leaves the page with unsaved changes.
  #confirmUnload = (event) => this.#dirty && event.preventDefault();

  #open(thing) {
    const { what, toForm } = this.about;
    this.#base = thing;
    this.#etag = null;
    this.#reading = null;
    this.#disputed = [];
    this.#notice.hidden = true;
    this.querySelector('h2').textContent = `${thing ? 'Edit' : 'Add'} ${what}`;
    const remove = this.querySelector('[data-do="delete"]');
    if (remove) remove.hidden = !thing;
    this.fill(thing);
    this.#set(toForm(thing ?? {}));
    this.#opened = this.#values();
    this.#show(nothing);
    this.#showModal();
    this.querySelector('.dialog-body').scrollTop = 0;
  }

  #showModal() {
    addEventListener('beforeunload', this.#confirmUnload);
    this.#dialog.showModal();
  }

  #values() {
    return this.values(this.#form);
  }

  #set(values) {
    for (const [name, value] of Object.entries(values)) {
      const control = this.#form.elements[name];
      this.setValue(control, value);
      this.#showRoom(control);
    }
    this.updated(this.#form, this.#base);
  }

  // prefetch reads the thing in the background. If that fails, saving reads it again.
  #prefetch() {
    this.#reading = this.#read(this.#id).catch(() => {});
  }

  async #read(id) {
    try {
      const { thing, etag } = await this.about.read(this.api, id);
      if (this.#id === id && thing.version >= this.#base.version) this.#mergeRead(thing, etag);
    } catch (problem) {
      if (problem.status === 404 && this.#id === id) this.#missing();
      throw problem;
    }
  }

  // mergeRead merges what was read: it takes over the fields that only others changed, and
  // shows the disputed ones. Afterwards a value that differs from theirs is this person's
  // change, once they have chosen for the disputed fields.
  #mergeRead(thing, etag) {
    const { labels, toForm, what, asText: said = asText } = this.about;
    const mine = this.#values();
    const theirs = toForm(thing);
    const sides = { base: toForm(this.#base), theirs, opened: this.#opened, mine, known: labels };
    const { taken, disputed } = merge(sides);
    this.#base = thing;
    this.#etag = etag;
    this.#takeOver(taken);
    for (const field of disputed) this.#opened[field] = theirs[field];
    const all = new Set([...this.#disputed, ...disputed]);
    this.#disputed = edited(theirs, this.#values(), labels).filter((field) => all.has(field));
    this.#notice.hidden = this.#disputed.length === 0;
    if (this.#notice.hidden) return;
    const row = (field) => ({ label: labels[field], mine: said(mine[field]), theirs: said(theirs[field]) });
    this.#notice.show(this.#disputed.map(row), what);
  }

  #takeOver(values) {
    this.#set(values);
    const shown = this.#values();
    for (const field of Object.keys(values)) this.#opened[field] = shown[field];
  }

  #choose(choice) {
    const theirs = this.about.toForm(this.#base);
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
    this.updated(this.#form, this.#base);
    this.#showRoom(control);
  }

  #showRoom({ id, value, dataset }) {
    const line = dataset?.most && this.querySelector(`#${id}-room`);
    if (!line) return;
    setText(line, room(value, Number(dataset.most)));
    line.hidden = line.textContent === '';
  }

  #click(what) {
    if (!what || this.#busy) return;
    if (what === 'sign-in') {
      tell(this, 'signin');
      return;
    }
    const dropped = what === 'cancel' && this.#dirty && { thing: this.#base, values: this.#values() };
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
    this.complete();
    const errors = this.check(this.#opened, this.about.changes(this.#opened, this.#values()));
    this.#show(errors.length ? this.located({ errors }) : nothing);
    if (errors.length) return;
    this.#busy = true;
    let problem = null;
    try {
      await this.#send();
    } catch (caught) {
      problem = caught;
    } finally {
      this.#busy = false;
    }
    if (problem?.status === 404) this.#missing();
    else if (problem) this.#show({ ...this.located(problem), signIn: problem.status === 401 });
    else if (this.#disputed.length > 0) this.#notice.focus();
  }

  // send resolves when everything is saved, or when the person must first choose for the
  // disputed fields.
  async #send() {
    const { about, api } = this;
    await this.#reading;
    const id = this.#id;
    if (id && !this.#etag) await this.#read(id);
    let [thing, fields] = [null, []];
    for (let tries = 0; !thing; tries++) {
      if (this.#disputed.length > 0) return;
      const body = about.changes(this.#opened, this.#values());
      fields = Object.keys(body);
      try {
        thing = await (id ? about.change(api, id, body, this.#etag) : about.create(api, body));
      } catch (problem) {
        if (problem.status !== 412 || tries === 3) throw problem;
        await this.#read(id);
      }
    }
    this.#dialog.close();
    tell(this, 'saved', { thing, isNew: !id, before: this.#base, fields });
  }

  #missing() {
    const { what, of = what } = this.about;
    const rest = `Somebody else has deleted this ${of}. Copy what you need, then cancel.`;
    this.#show({ fields: {}, rest });
    tell(this, 'missing', this.#base);
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

  // mark says a message at a control. Those of a group have none of their own: it is said at the group.
  #mark(control, message) {
    const line = this.querySelector(`#${control.id}-error`);
    if (!line) return;
    line.textContent = message;
    line.hidden = !message;
    if (message) control.ariaInvalid = 'true';
    else control.removeAttribute('aria-invalid');
  }
}
