// Router shows the page of the address (see pages/page.js). The roots of the other pages
// are hidden, and keep their content. Moving to another page doesn't reload: the router
// sets the title and the focus, and Back restores the focus and scroll position.
//
// A page may be shown beside another one, as a panel over it, where there is room: it has the
// address, and the one below stays as it is. The moment that the page shows stays in the
// address, wherever a person goes (see past.js).
import { momentOf, withMoment } from './moment.js';
import { internalTarget, route } from './route.js';
import { nameTab } from './tab.js';

const room = matchMedia('(width >= 64rem)');
const search = '.page-header input'; // keeps the focus while a person types in it

export class Router {
  #pages;
  #page = null;
  #below = null; // the page that is shown below it
  #path = '';
  #left = new Map(); // page → { top, focus } when it was left
  #past;

  // pages has the pages by their name in route.js.
  constructor(pages, past) {
    this.#pages = pages;
    this.#past = past;
  }

  get page() {
    return this.#page;
  }

  // shown returns the pages that are visible.
  get shown() {
    return this.#below ? [this.#below, this.#page] : [this.#page];
  }

  // card returns the card of a service on the foremost page that has one.
  card(id) {
    return this.shown.map((page) => page.card(id)).findLast(Boolean);
  }

  start() {
    const { pathname, search } = location;
    const moment = momentOf(location); // an address that is copied means the same in every zone
    if (moment) history.replaceState(history.state, '', withMoment(pathname + search, moment));
    document.addEventListener('click', (event) => this.#click(event));
    addEventListener('popstate', () => this.#show({ back: true }));
    this.#show({ back: false });
    delete document.documentElement.dataset.page; // set by early.js; `hidden` decides from now on
  }

  // go shows an address, and adds a history entry.
  go(to) {
    const address = this.#past.keep(to);
    if (address !== location.pathname + location.search) history.pushState(null, '', address);
    this.#show({ back: false });
    scrollTo(0, 0);
  }

  // visit shows an address that a person chose elsewhere: its page gets the focus.
  visit(address) {
    leaveSearch();
    this.go(address);
    this.#page.main.focus({ preventScroll: true });
  }

  // goBeside shows an address beside the page that is shown, or where there is no room in
  // its place.
  goBeside(to) {
    leaveSearch();
    if (!room.matches) {
      this.go(to);
      return;
    }
    const address = this.#past.keep(to);
    // The panel takes one history entry, however many services it shows one after the other.
    if (this.#below) history.replaceState(history.state, '', address);
    else history.pushState({ beside: true, list: location.pathname + location.search }, '', address);
    this.#show({ back: false });
  }

  // close goes back to the page below the one that is shown, or to an address.
  close(address) {
    const { beside, list, turned } = history.state ?? {};
    if (this.#below && turned)
      this.go(withMoment(list, this.#past.at)); // going back would be to another moment
    else if (this.#below && beside) history.back();
    else this.go(address);
  }

  // goTo shows the same page at a moment, null: the present. Moving on within the past takes no
  // history entry of its own.
  goTo(moment) {
    const address = withMoment(location.pathname + location.search, moment);
    if (this.#past.on && moment !== null) history.replaceState(history.state, '', address);
    else history.pushState(history.state && { ...history.state, turned: true }, '', address);
    this.#show({ back: false });
  }

  // retitle updates the title after the page's title has changed.
  retitle() {
    nameTab(this.#page.title);
  }

  #show({ back }) {
    this.#past.arrive(location);
    const { page: name, params } = route(location.pathname, location.search);
    const page = this.#pages[name];
    const before = this.#page;
    const moved = before && (page !== before || location.pathname !== this.#path);
    const below = this.#pageBelow(page);
    if (moved) {
      const focus = document.activeElement;
      if (!this.#below) this.#left.set(before, { top: scrollY, focus });
      else if (this.#below.root.contains(focus)) this.#left.get(this.#below).focus = focus;
      for (const one of this.shown) if (one !== below && !(one === this.#below && one === page)) one.leave();
    }
    const uncovered = this.#below === page;
    this.#page = page;
    this.#below = below;
    this.#path = location.pathname;
    for (const one of Object.values(this.#pages)) one.root.hidden = !this.shown.includes(one);
    page.root.classList.toggle('beside', Boolean(below));
    if (page.mayBeBeside) page.main.role = below ? 'region' : 'main'; // one page has one main part
    page.enter({ params, search: location.search });
    this.retitle();
    markSection(page.section);
    document.querySelector('.skip-link').setAttribute('href', `#${(below ?? page).main.id}`); // of this address
    if (moved) this.#land(page, back, uncovered);
  }

  // pageBelow returns the page that stays visible below a page, or null: one that is as good
  // with something over it, and can show the same moment.
  #pageBelow(page) {
    if (!history.state?.beside || !room.matches) return null;
    const below = this.#below ?? this.#page;
    const same = below === this.#pages.catalogue || !this.#past.on;
    return page.mayBeBeside && below?.mayBeBelow && same ? below : null;
  }

  // land moves the focus and the scroll position to the start of the page, or to where it
  // was left.
  #land(page, back, uncovered) {
    const { top = 0, focus = null } = (back && this.#left.get(page)) || {};
    const there = focus && page.root.contains(focus) ? focus : page.main;
    if (!document.activeElement.matches(search)) there.focus({ preventScroll: true });
    if (this.#below) page.root.scrollTop = 0;
    else if (!uncovered) scrollTo(0, top);
  }

  #click(event) {
    const address = internalTarget(event, event.target.closest('a[href]'), location.origin);
    if (!address) return;
    event.preventDefault();
    this.go(address);
  }
}

// markSection marks the link to a section of the portal as the one that is shown.
function markSection(section) {
  for (const link of document.querySelectorAll('.page-nav a')) {
    link.ariaCurrent = link.dataset.section === section ? 'true' : null;
  }
}

// leaveSearch lets the page that comes have the focus.
function leaveSearch() {
  if (document.activeElement.matches(search)) document.activeElement.blur();
}
