// <service-dialog> adds and edits a service: see EditDialog. Its properties `teams` and `services` return the
// known ones: names of teams, and services.
import { byField, changes, labels, toForm, urls } from '../lib/fields.js';
import { EditDialog } from './edit-dialog.js';
import './need-field.js';
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
  services = () => [];

  get #tags() {
    return this.querySelector('tag-field');
  }

  get #needs() {
    return this.querySelector('need-field');
  }

  fill(service) {
    const teams = this.teams().map((team) => new Option('', team));
    this.querySelector('datalist').replaceChildren(...teams);
    this.#needs.know(this.services, service?.id);
  }

  values(form) {
    const values = { ...super.values(form), tags: this.#tags.value, depends_on: this.#needs.value };
    return Object.fromEntries(Object.keys(labels).map((field) => [field, values[field]])); // entries have controls of their own
  }

  setValue(control, value) {
    if (control.name === 'tags') this.#tags.value = value;
    else if (control.name === 'depends_on') this.#needs.value = value;
    else super.setValue(control, value);
  }

  // With a health URL, only probes set the status.
  updated(form) {
    const { status, status_url: url } = form.elements;
    status.disabled = url.value.trim() !== '';
    this.querySelector('#formStatus-hint').hidden = !status.disabled;
  }

  // Errors of an entry are said at its controls.
  located(problem) {
    return byField(problem, { ...labels, ...Object.fromEntries(this.#needs.controls.map(({ name }) => [name, name])) });
  }

  complete() {
    this.#tags.commit();
    this.#needs.commit();
  }
}

customElements.define('service-dialog', ServiceDialog);
