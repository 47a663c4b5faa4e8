// <team-dialog> adds and edits a team: see EditDialog. Its property `services` returns how many services
// a team has by its name.
import { changes, renames, teamLabels, teamLinks, toForm } from '../lib/team-fields.js';
import { EditDialog } from './edit-dialog.js';
import { setText } from './template.js';

const about = {
  what: 'team',
  labels: teamLabels,
  links: teamLinks,
  toForm,
  changes,
  id: ({ slug }) => slug,
  read: async (api, slug) => {
    const { team, etag } = await api.readTeam(slug);
    return { thing: team, etag };
  },
  create: (api, body) => api.createTeam(body),
  change: (api, slug, body, etag) => api.changeTeam(slug, body, etag),
};

class TeamDialog extends EditDialog {
  about = about;
  services = () => 0;

  // A team's name is the word by which services name it.
  updated(form, team) {
    const line = this.querySelector('#teamName-hint');
    setText(line, team ? renames(team.name, form.elements.name.value, this.services(team.name)) : '');
    line.hidden = line.textContent === '';
  }
}

customElements.define('team-dialog', TeamDialog);
