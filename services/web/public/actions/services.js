// What a person does with services, from the list, their pages, the palette and the form. Each
// action says what came of it.
import { account } from '../lib/account.js';
import * as api from '../lib/api.js';
import { revert } from '../lib/changes.js';
import { entries } from '../lib/dependencies.js';
import { outcome, whoNeeds } from '../lib/format.js';
import { address } from '../lib/route.js';

export class ServiceActions {
  #store;
  #toasts;
  #form;
  #announcer;
  #router;
  #catalogue;
  #past;

  constructor({ store, past, toasts, form, announcer, router, catalogue }) {
    this.#store = store;
    this.#past = past;
    this.#toasts = toasts;
    this.#form = form;
    this.#announcer = announcer;
    this.#router = router;
    this.#catalogue = catalogue;
  }

  // listen takes the events of the form, and of whatever shows services.
  listen() {
    const on = (target, name, act) => target.addEventListener(name, ({ detail }) => act(detail));
    on(document, 'open', (id) => this.open(id));
    on(document, 'edit', (id) => this.edit(id));
    on(document, 'declare', ({ id, need }) => this.#declare(id, need));
    on(document, 'hidecalls', (what) => this.#hideCalls(what));
    on(document, 'mend', ({ id, field }) => this.edit(id, field));
    on(document, 'check', (id) => this.check(id));
    on(document, 'copylink', (id) => this.copyLink(id));
    on(document, 'copybadge', (what) => this.copyBadge(what));
    on(this.#form, 'saved', (what) => this.#saved(what));
    on(this.#form, 'dropped', (draft) => this.#dropped(draft));
    on(this.#form, 'missing', ({ id }) => this.#store.remove(id));
    on(this.#form, 'delete', (service) => this.#delete(service));
  }

  add() {
    if (account.mayWrite) this.#form.add();
  }

  // edit opens the form of a service, at a field of it or "".
  edit(id, field = '') {
    const service = this.#store.get(id);
    if (service && account.mayChange(service)) this.#form.edit(service, field);
  }

  // declare opens the form of a service where it says what it needs, with one more that it does not need yet, if
  // there is one.
  #declare(id, need) {
    const service = this.#store.get(id);
    if (!service || !account.mayChange(service)) return;
    const list = entries(service.depends_on);
    if (need) this.#form.edit(service, `depends_on[${list.length}].kind`, { depends_on: [...list, need] });
    else this.#form.edit(service, 'depends_on');
  }

  // hideCalls says whether calls that nobody declared are to be seen.
  async #hideCalls({ id, server, name, hidden, done }) {
    const { name: caller } = this.#store.get(id) ?? {};
    try {
      await api.hideCalls(id, server, hidden);
      await done();
      const undo = { label: 'Undo', act: () => this.#hideCalls({ id, server, name, hidden: !hidden, done }) };
      const said = hidden ? ' are hidden.' : ' are seen again.';
      this.#toasts.say(['Calls of ', { name: caller }, ' to ', { name }, said], { actions: hidden ? [undo] : [] });
    } catch (problem) {
      this.#toasts.warn(['Calls to ', { name }, ` were not changed: ${problem.message}`]);
    }
  }

  // open shows a service: beside the list, or in its place.
  open(id) {
    const service = (this.#past.on ? this.#past.store : this.#store).get(id);
    if (service) this.#router.goBeside(address(service.name));
  }

  async check(id) {
    const asked = this.#store.get(id);
    const card = this.#router.card(id); // none, if a filter hides it or another page is shown
    if (card) card.busy = true;
    try {
      const service = await api.check(id);
      this.#store.put(service);
      this.#announcer.skip(id);
      this.#toasts.say([service, ` ${outcome(service)}`], { status: service.status });
    } catch (problem) {
      if (problem.status === 404) this.#store.remove(id);
      this.#toasts.warn([asked, ` was not checked: ${problem.message}`]);
    } finally {
      if (card) card.busy = false;
    }
  }

  // copyLink copies the address by the id, which stays when the name changes.
  copyLink(id) {
    return this.#copyAddress(this.#past.keep(address(id)));
  }

  // copyMoment copies the address of what is shown, at the moment.
  copyMoment() {
    return this.#copyAddress(location.pathname + location.search);
  }

  #copyAddress(path) {
    return this.#copy(absolute(path), 'The link was copied.', 'Copy the address instead.');
  }

  // copyBadge copies Markdown of a badge of a kind that leads to the service's page.
  copyBadge({ service: { id, name }, kind }) {
    const text = `${name}: ${kind}`.replaceAll(/[[\]\\]/g, '\\$&');
    const markdown = `[![${text}](${absolute(api.badge(name, kind))})](${absolute(address(id))})`;
    return this.#copy(markdown, 'The badge was copied, as Markdown.', '');
  }

  async #copy(text, said, instead) {
    try {
      await navigator.clipboard.writeText(text);
      this.#toasts.say([said]);
    } catch {
      this.#toasts.warn([`Nothing was copied: the browser does not allow it. ${instead}`.trim()]);
    }
  }

  async #delete(service) {
    const question = {
      title: ['Delete ', service, '?'],
      text: 'It is deleted for everybody, and its checks stop. It can be restored for 30 days.',
      yes: 'Delete',
    };
    if (!(await this.#form.ask(question))) {
      this.#form.reopen();
      return;
    }
    await this.#remove(service);
  }

  async #remove(service, anyway = false) {
    try {
      await api.remove(service.id, anyway);
      this.#store.remove(service.id);
      const actions = [{ label: 'Undo', act: () => this.#restore(service) }];
      this.#toasts.say([service, ' was deleted.'], { actions });
    } catch (problem) {
      if (problem.kind === 'service-needed') await this.#removeNeeded(service);
      else this.#toasts.warn([service, ` was not deleted: ${problem.message}`]);
    }
  }

  // removeNeeded asks once more, as other services need this one.
  async #removeNeeded(service) {
    let needed;
    try {
      needed = await api.neededBy(service.id);
    } catch (problem) {
      this.#toasts.warn([service, ` was not deleted: ${problem.message}`]);
      return;
    }
    const question = {
      title: ['Delete ', service, ' anyway?'],
      text: `${whoNeeds(needed)} They will say that it is missing, until they need it no more or it is restored.`,
      yes: 'Delete anyway',
    };
    if (await this.#form.ask(question)) await this.#remove(service, true);
    else this.#form.reopen();
  }

  async #restore(service) {
    try {
      this.#store.restore(await api.restore(service.id));
      const actions = [{ label: 'Show it', act: () => this.#reveal(service.id) }];
      this.#toasts.say([service, ' was restored.'], { actions });
    } catch (problem) {
      this.#toasts.warn([service, ` was not restored: ${problem.message}`]);
    }
  }

  // undo takes back what a person saved a moment ago, unless somebody has changed the service
  // since: before is the service before, fields what was changed.
  async #undo(service, before, fields) {
    try {
      const { service: now, etag } = await api.read(service.id);
      if (now.version !== service.version) {
        this.#toasts.warn([service, ' was changed again since: its page lists the changes.']);
        return;
      }
      this.#store.put(await api.change(service.id, revert(before, fields), etag));
      this.#toasts.say([before, ' is as it was before.']);
    } catch (problem) {
      this.#toasts.warn([service, ` was not changed back: ${problem.message}`]);
    }
  }

  #saved({ thing: service, isNew, before, fields }) {
    const { page } = this.#router;
    this.#store.put(service);
    this.#announcer.skip(service.id);
    page.moved();
    const hidden = page.hidden(service);
    const words = [service, isNew ? ' was added.' : ' was saved.', ...(hidden ? [hidden] : [])];
    const actions = [];
    if (isNew || hidden) actions.push({ label: 'Show it', act: () => this.#reveal(service.id) });
    if (!isNew && fields.length > 0) actions.push({ label: 'Undo', act: () => this.#undo(service, before, fields) });
    this.#toasts.say(words, { actions });
  }

  // dropped offers to restore a form that was closed without saving.
  #dropped(draft) {
    const actions = [{ label: 'Restore', act: () => this.#form.restore(draft) }];
    this.#toasts.say(['Your changes were not saved.'], { status: 'unknown', actions });
  }

  // reveal shows a service's card in the catalogue, and clears the filters if they hide it.
  #reveal(id) {
    const service = this.#store.get(id);
    if (!service) return;
    if (this.#router.page !== this.#catalogue) this.#router.go('/');
    void this.#catalogue.reveal(service);
  }
}

function absolute(path) {
  return new URL(path, location.origin).href;
}
