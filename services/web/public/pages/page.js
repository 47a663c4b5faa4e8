// Page is the base class of the pages, with the defaults of all methods. Its root is in
// index.html; session is that of app.js.
export class Page {
  root = null;
  session;

  constructor(session) {
    this.session = session;
  }

  // mayBeBeside says whether the page may be shown beside another one, as a panel.
  mayBeBeside = false;

  // mayBeBelow says whether a page may be shown beside this one.
  mayBeBelow = false;

  // section is the part of the portal that the page belongs to: "services", "teams" or "".
  section = '';

  // main is what the page is about: it gets the focus when the page is shown.
  get main() {
    return this.root.querySelector('.main');
  }

  // title is shown before the portal's name, unless it is "".
  get title() {
    return '';
  }

  // enter is called with { params, search } of the address when the page is shown, leave
  // when another page is.
  enter() {}

  leave() {}

  // changed is called after a change of the store, update after another change.
  changed() {
    this.update();
  }

  update() {}

  // happened is called when the timeline of a service has more.
  happened() {}

  // identified is called after a change of who is asking.
  identified() {
    this.update();
  }

  // tick updates the texts that depend on the time.
  tick() {}

  // inView returns the ids of the services on the screen; card returns the card of one.
  inView() {
    return [];
  }

  card() {
    return null;
  }

  // causes takes what fell, as in lib/impacts.js, and the time.
  causes() {}

  // current returns the id of the service that the key e edits, or "".
  current() {
    return '';
  }

  // close is called for Escape, when there is nothing else to close.
  close() {}

  // hidden says why a service that a person saved is not visible, or "".
  hidden() {
    return '';
  }

  // moved is called after a person changed a service: it may move to its new place.
  moved() {}

  // focusFirst is called for an arrow key when nothing has the focus.
  focusFirst() {}
}
