// What a person does with teams, from their pages, the palette and the form. Each action says what
// came of it.
import { account } from '../lib/account.js';
import * as api from '../lib/api.js';
import { teamAddress } from '../lib/route.js';

export class TeamActions {
  #teams;
  #toasts;
  #form;
  #router;

  constructor({ teams, toasts, form, router }) {
    this.#teams = teams;
    this.#toasts = toasts;
    this.#form = form;
    this.#router = router;
  }

  // listen takes the events of the form, and of whatever shows teams.
  listen() {
    const on = (target, name, act) => target.addEventListener(name, ({ detail }) => act(detail));
    on(document, 'addteam', () => this.add());
    on(document, 'editteam', (slug) => this.edit(slug));
    on(this.#form, 'saved', (what) => this.#saved(what));
    on(this.#form, 'dropped', (draft) => this.#dropped(draft));
    on(this.#form, 'missing', (team) => this.#teams.remove(team));
    on(this.#form, 'delete', (team) => this.#delete(team));
  }

  add() {
    if (account.mayWrite) this.#form.add();
  }

  edit(slug) {
    const team = this.#teams.get(slug);
    if (team && account.mayChangeTeam(team)) this.#form.edit(team);
  }

  #saved({ thing: team, isNew }) {
    this.#teams.put(team);
    const show = { label: 'Show it', act: () => this.#router.visit(teamAddress(team.slug)) };
    this.#toasts.say([team, isNew ? ' was added.' : ' was saved.'], { actions: isNew ? [show] : [] });
  }

  // dropped offers to restore a form that was closed without saving.
  #dropped(draft) {
    const actions = [{ label: 'Restore', act: () => this.#form.restore(draft) }];
    this.#toasts.say(['Your changes were not saved.'], { status: 'unknown', actions });
  }

  // delete asks first. The portal keeps a team that services name, and says how many.
  async #delete(team) {
    const question = {
      title: ['Delete the team ', team, '?'],
      text: 'Its description and contacts are deleted for everybody. This cannot be undone.',
      yes: 'Delete',
    };
    if (!(await this.#form.ask(question))) {
      this.#form.reopen();
      return;
    }
    try {
      await api.removeTeam(team.slug);
      this.#teams.remove(team);
      this.#toasts.say([team, ' was deleted.']);
    } catch (problem) {
      this.#toasts.warn([team, ` was not deleted: ${problem.message}`]);
    }
  }
}
