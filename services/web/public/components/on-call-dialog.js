// <on-call-dialog> edits the on-call plan of a team: see EditDialog. It has the team as it is in REST, since events
// have only the kind of its plan.
import { changes, located, planLabels, read, toForm, words, write } from '../lib/on-call-plan.js';
import { EditDialog } from './edit-dialog.js';
import './on-call-fields.js';

const about = {
  what: 'on-call plan',
  of: 'team',
  labels: planLabels,
  links: [],
  toForm,
  changes,
  asText: (text) => words(read(text)),
  id: ({ slug }) => slug,
  read: async (api, slug) => {
    const { team, etag } = await api.readTeam(slug);
    return { thing: team, etag };
  },
  change: (api, slug, body, etag) => api.changeTeam(slug, body, etag),
};

class OnCallDialog extends EditDialog {
  about = about;

  get #fields() {
    return this.querySelector('on-call-fields');
  }

  values() {
    return { on_call: write(this.#fields.value) };
  }

  setValue(_, text) {
    this.#fields.value = read(text);
  }

  // The server checks a plan, since that needs its rules.
  check() {
    return [];
  }

  located(problem) {
    const controls = [...this.querySelector('form').elements].filter((one) => one.name && !one.matches(':disabled'));
    return located(
      problem,
      controls.map(({ name }) => name),
    );
  }
}

customElements.define('on-call-dialog', OnCallDialog);
