// Page is what a page has unless it says otherwise: an address of the portal with
// something to see. Its root is in index.html; session is that of app.js.
export class Page {
  root = null;
  session;

  constructor(session) {
    this.session = session;
  }

  // title stands beside the portal's name, if it isn't "".
  get title() {
    return '';
  }

  // enter is told what the address says: { params, search }; leave, that another page is shown.
  enter() {}

  leave() {}

  // changed is told that the store has; update, that something else has.
  changed() {
    this.update();
  }

  update() {}

  // tick brings what depends on the time up to date.
  tick() {}

  // inView gives the ids of the services on the screen, and card that of one.
  inView() {
    return [];
  }

  card() {
    return null;
  }

  // hidden says why a service that a person saved is not to be seen, or "".
  hidden() {
    return '';
  }

  // moved is told that a person changed a service, and expects it to take its new place.
  moved() {}

  // focusFirst is what an arrow key does where nothing has the focus.
  focusFirst() {}
}
