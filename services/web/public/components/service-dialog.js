// <service-dialog> adds and edits a service: see EditDialog. Its property `teams` returns the known
// teams.
import { changes, labels, toForm, urls } from '../lib/fields.js';
import { EditDialog } from './edit-dialog.js';
import './tag-field.js';

const about = {
  what: 'service',
  labels,
  links: urls,
  toForm,
  changes,
  id: ({ id }) => id,
  read: async (api, id) => {
    const { service, etag } = await api.read(id);
    return { thing: service, etag };
  },
  create: (api, body) => api.create(body),
  change: (api, id, body, etag) => api.change(id, body, etag),
};

class ServiceDialog extends EditDialog {
  about = about;
  teams = () => [];

  get #tags() {
    return this.querySelector('tag-field');
  }

  fill() {
    const teams = this.teams().map((team) => new Option('', team));
    this.querySelector('datalist').replaceChildren(...teams);
  }

  values(form) {
    return { ...super.values(form), tags: this.#tags.value };
  }

  setValue(control, value) {
    if (control.name === 'tags') this.#tags.value = value;
    else super.setValue(control, value);
  }

  // With a health URL, only probes set the status.
  updated(form) {
    const { status, status_url: url } = form.elements;
    status.disabled = url.value.trim() !== '';
    this.querySelector('#formStatus-hint').hidden = !status.disabled;
  }

  complete() {
    this.#tags.commit();
  }
}

customElements.define('service-dialog', ServiceDialog);
