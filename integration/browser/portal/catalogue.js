// The portal's REST API for tests. Services and teams get unique names, and are deleted when the
// test ends, also those that the test added through the page.
import { randomBytes } from 'node:crypto';

export class Catalogue {
  // mark is in every name that this catalogue makes, and in no other. Of these letters there is no word that a
  // test searches for, and none is so wide that a name would not fit where it is drawn.
  mark = Array.from(randomBytes(8), (byte) => 'jkqvxyz'[byte % 7]).join('');
  #url;
  #teams;
  #key;
  #added = new Set();

  // key is the API key of an editor, for a portal in which others may only read.
  constructor(url, key = '') {
    this.#url = `${url}/api/services`;
    this.#teams = `${url}/api/teams`;
    this.#key = key;
  }

  // name makes a name, a team or a tag unique to this test.
  name(text) {
    return `${text} ${this.mark}`;
  }

  // add creates a service, by default with a unique name.
  async add(fields = {}) {
    const service = await this.#ask('POST', '', { name: this.name('service'), ...fields });
    this.#added.add(service.id);
    return service;
  }

  // all creates many services, a few at a time, in no order.
  all(list) {
    return few(list, (fields) => this.add(fields));
  }

  change(id, fields) {
    return this.#ask('PUT', `/${id}`, fields);
  }

  // remove deletes a service, also one that others need.
  remove(id) {
    return this.#ask('DELETE', `/${id}?dangling=allow`);
  }

  releases(id) {
    return this.#ask('GET', `/${id}/releases`);
  }

  // deployed tells of a deployment of a service.
  deployed(id, fields) {
    return this.#ask('POST', `/${id}/deployments`, fields);
  }

  // see tells which services were seen calling which others, by their names.
  see(calls) {
    return this.#ask('POST', '', { calls }, new URL('/api/dependencies/observed', this.#url).href);
  }

  read(id) {
    return this.#ask('GET', `/${id}`);
  }

  // found returns the services that a search finds.
  async found(text) {
    return (await this.#ask('GET', `?q=${encodeURIComponent(text)}`)).items;
  }

  // named returns the service with that name, or undefined.
  async named(name) {
    const { items } = await this.#ask('GET', `?q=${encodeURIComponent(name)}`);
    return items.find((service) => service.name === name);
  }

  // addTeam creates a team, by default with a unique name.
  addTeam(fields = {}) {
    return this.#ask('POST', '', { name: this.name('Team'), ...fields }, this.#teams);
  }

  // allTeams creates many teams, as all does.
  allTeams(list) {
    return few(list, (fields) => this.addTeam(fields));
  }

  changeTeam(slug, fields) {
    return this.#ask('PATCH', `/${slug}`, fields, this.#teams);
  }

  removeTeam(slug) {
    return this.#ask('DELETE', `/${slug}`, undefined, this.#teams);
  }

  // teamNamed returns the team with that name, or undefined.
  async teamNamed(name) {
    return (await this.#ask('GET', `?name=${encodeURIComponent(name)}`, undefined, this.#teams)).items[0];
  }

  async size() {
    return (await this.#ask('GET', '')).total;
  }

  // figures returns the statistics that the page should show.
  async figures() {
    const { items } = await this.#ask('GET', '');
    const count = (status) => items.filter((service) => service.status === status).length;
    const [down, degraded] = [count('down'), count('degraded')];
    const [unknown, healthy] = [count('unknown'), count('healthy')];
    return { Total: items.length, Down: down, Degraded: degraded, Unknown: unknown, Healthy: healthy };
  }

  // send posts any body, and returns the status and the answer.
  async send(body) {
    const answer = await this.#fetch('POST', '', body);
    const said = await answer.json();
    if (said.id) this.#added.add(said.id);
    return { status: answer.status, said };
  }

  async clear() {
    const { items } = await this.#ask('GET', `?q=${this.mark}`);
    const ids = new Set([...this.#added, ...items.map((service) => service.id)]);
    await few(ids, async (id) => {
      const { status } = await this.#fetch('DELETE', `/${id}?dangling=allow`);
      if (status !== 204 && status !== 404) throw new Error(`DELETE ${this.#url}/${id}: ${status}`);
    });
    await this.#clearTeams();
  }

  // clearTeams deletes the teams with the mark: a service whose team is new has made one.
  async #clearTeams() {
    const { items: teams } = await this.#ask('GET', '', undefined, this.#teams);
    const ours = teams.filter(({ name }) => name.includes(this.mark));
    await few(ours, async ({ slug }) => {
      const { status } = await this.#fetch('DELETE', `/${slug}`, undefined, this.#teams);
      if (status !== 204 && status !== 404) throw new Error(`DELETE ${this.#teams}/${slug}: ${status}`);
    });
  }

  // base is the address of services, or of teams.
  async #ask(method, path, body, base = this.#url) {
    const answer = await this.#fetch(method, path, body, base);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${base}${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  #fetch(method, path, body, base = this.#url) {
    const headers = { 'Content-Type': 'application/json' };
    if (this.#key) headers.Authorization = `Bearer ${this.#key}`;
    return fetch(`${base}${path}`, { method, headers, body: body && JSON.stringify(body) });
  }
}

// few calls act with each thing, eight at a time: of a thousand requests at once, the API
// refuses those that would wait too long.
async function few(things, act) {
  const rest = [...things];
  const take = async () => {
    while (rest.length > 0) await act(rest.shift());
  };
  await Promise.all(Array.from({ length: 8 }, take));
}
