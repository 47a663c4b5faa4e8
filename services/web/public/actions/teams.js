// What a person does with teams, from their pages, the palette and the form. Each action says what
// came of it.
import { account } from '../lib/account.js';
import * as api from '../lib/api.js';
import { teamAddress } from '../lib/route.js';

export class TeamActions {
  #teams;
  #toasts;
  #form;
  #onCallForm;
  #router;

  constructor({ teams, toasts, form, onCallForm, router }) {
    this.#teams = teams;
    this.#toasts = toasts;
    this.#form = form;
    this.#onCallForm = onCallForm;
    this.#router = router;
  }

  // listen takes the events of the form, and of whatever shows teams.
  listen() {
    const on = (target, name, act) => target.addEventListener(name, ({ detail }) => act(detail));
    on(document, 'addteam', () => this.add());
    on(document, 'editteam', (slug) => this.edit(slug));
    on(document, 'editoncall', (slug) => void this.editOnCall(slug));
    on(this.#form, 'saved', (what) => this.#saved(what));
    on(this.#onCallForm, 'saved', ({ thing: team }) => this.#savedOnCall(team));
    for (const form of [this.#form, this.#onCallForm]) {
      on(form, 'dropped', (draft) => this.#dropped(form, draft));
      on(form, 'missing', (team) => this.#teams.remove(team));
    }
    on(this.#form, 'delete', (team) => this.#delete(team));
  }

  add() {
    if (account.mayWrite) this.#form.add();
  }

  edit(slug) {
    const team = this.#teams.get(slug);
    if (team && account.mayChangeTeam(team)) this.#form.edit(team);
  }

  // editOnCall reads the team first: of a plan that was changed since, this page knows only the kind.
  async editOnCall(slug) {
    const known = this.#teams.get(slug);
    if (!known || !account.mayChangeTeam(known)) return;
    try {
      const { team } = await api.readTeam(slug);
      if (!document.querySelector('dialog:modal')) this.#onCallForm.edit(team);
    } catch (problem) {
      if (problem.status === 404) this.#teams.remove(known);
      this.#toasts.warn(['The on-call plan of ', known, ` was not opened: ${problem.message}`]);
    }
  }

  #savedOnCall(team) {
    this.#teams.put(team);
    this.#toasts.say(['The on-call plan of ', team, team.on_call ? ' was saved.' : ' was removed.']);
  }

  #saved({ thing: team, isNew }) {
    this.#teams.put(team);
    const show = { label: 'Show it', act: () => this.#router.visit(teamAddress(team.slug)) };
    this.#toasts.say([team, isNew ? ' was added.' : ' was saved.'], { actions: isNew ? [show] : [] });
  }

  // dropped offers to restore a form that was closed without saving.
  #dropped(form, draft) {
    const actions = [{ label: 'Restore', act: () => form.restore(draft) }];
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
