// Router shows the page of the address (see pages/page.js): its root is hidden while
// another is shown, and what it has stays. Moving to another page is no reload: it gets its title and the focus, and
// going back leads to where it was left.
import { leads, route } from './route.js';

export class Router {
  #pages;
  #page = null;
  #path = '';
  #left = new Map(); // page → { top, focus } as it was left

  // pages are those of route, by name.
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
    delete document.documentElement.dataset.page; // early.js: from here on, hidden decides
  }

  // go shows an address, as a step that Back undoes.
  go(address) {
    if (address !== location.pathname + location.search) history.pushState(null, '', address);
    this.#show({ back: false });
    scrollTo(0, 0);
  }

  // retitle is for a page whose title has changed.
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

  // land puts a reader where the page begins, or where it was left.
  #land(page, back) {
    const main = page.root.querySelector('main');
    const { top = 0, focus = null } = (back && this.#left.get(page)) || {};
    const there = focus && page.root.contains(focus) ? focus : main;
    // Who types in the search goes on typing.
    if (!document.activeElement.matches('.page-header input')) there.focus({ preventScroll: true });
    scrollTo(0, top);
  }

  #click(event) {
    const address = leads(event, event.target.closest('a[href]'), location.origin);
    if (!address) return;
    event.preventDefault();
    this.go(address);
  }
}
