// Router shows the page of the address (see pages/page.js). The roots of the other pages
// are hidden, and keep their content. Moving to another page doesn't reload: the router
// sets the title and the focus, and Back restores the focus and scroll position.
import { internalTarget, route } from './route.js';

export class Router {
  #pages;
  #page = null;
  #path = '';
  #left = new Map(); // page → { top, focus } when it was left

  // pages has the pages by their name in route.js.
  constructor(pages) {
    this.#pages = pages;
  }

  get page() {
    return this.#page;
  }

  start() {
    document.addEventListener('click', (event) => this.#click(event));
    addEventListener('popstate', () => this.#show({ back: true }));
    this.#show({ back: false });
    delete document.documentElement.dataset.page; // set by early.js; `hidden` decides from now on
  }

  // go shows an address, and adds a history entry.
  go(address) {
    if (address !== location.pathname + location.search) history.pushState(null, '', address);
    this.#show({ back: false });
    scrollTo(0, 0);
  }

  // retitle updates the title after the page's title has changed.
  retitle() {
    const { title } = this.#page;
    document.title = title ? `${title} · Dev Portal` : 'Dev Portal';
  }

  #show({ back }) {
    const { page: name, params } = route(location.pathname);
    const page = this.#pages[name];
    const before = this.#page;
    const moved = before && (page !== before || location.pathname !== this.#path);
    if (moved) {
      this.#left.set(before, { top: scrollY, focus: document.activeElement });
      before.leave();
    }
    for (const one of Object.values(this.#pages)) one.root.hidden = one !== page;
    this.#page = page;
    this.#path = location.pathname;
    page.enter({ params, search: location.search });
    this.retitle();
    document.querySelector('.skip-link').hash = page.root.querySelector('main').id;
    if (moved) this.#land(page, back);
  }

  // land moves the focus and the scroll position to the start of the page, or to where it
  // was left.
  #land(page, back) {
    const main = page.root.querySelector('main');
    const { top = 0, focus = null } = (back && this.#left.get(page)) || {};
    const there = focus && page.root.contains(focus) ? focus : main;
    // The search keeps the focus while a person types in it.
    if (!document.activeElement.matches('.page-header input')) there.focus({ preventScroll: true });
    scrollTo(0, top);
  }

  #click(event) {
    const address = internalTarget(event, event.target.closest('a[href]'), location.origin);
    if (!address) return;
    event.preventDefault();
    this.go(address);
  }
}
