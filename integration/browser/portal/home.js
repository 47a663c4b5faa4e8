// The portal's page, in the terms of its user.
import { expect } from '@playwright/test';

// titled matches the title of a tab that shows something, however many services are down.
export function titled(shown = '') {
  const name = shown.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^([\\d,]+ down · )?${name && `${name} · `}Dev Portal$`);
}

// pageOf returns the path of a service's page.
export function pageOf({ name }) {
  return `/services/${encodeURIComponent(name)}`;
}

export class Home {
  constructor(page) {
    this.page = page;
    this.connection = page.locator('connection-status').getByText(/^(Connecting|Live|Refreshing|Offline)/);
    this.notice = page.getByRole('region', { name: /portal does not work$/ });
    this.search = page.getByRole('searchbox', { name: 'Search services' });
    this.addButton = page.locator('header').getByRole('button', { name: 'Add service' });
    this.helpButton = page.getByRole('button', { name: 'Keyboard shortcuts' });
    this.clearButton = page.locator('#clearFiltersBtn');
    this.count = page.locator('#resultCount');
    this.sidebar = page.getByRole('complementary', { name: 'Overview and filters' });
    this.form = page.getByRole('dialog', { name: /^(Add|Edit) service$/ });
    this.save = this.form.getByRole('button', { name: 'Save' });
    this.cancel = this.form.getByRole('button', { name: 'Cancel' });
    this.formTags = this.form.getByRole('list', { name: 'Tags so far' }).getByRole('listitem').locator('> bdi');
    this.question = page.getByRole('dialog', { name: 'Discard your changes?' });
    this.conflict = this.form.getByRole('alert').filter({ hasText: 'Somebody else changed this service' });
    this.confirm = page.getByRole('dialog', { name: /^Delete / });
    this.help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    this.news = page.locator('#news');
    this.told = page.locator('toast-list').getByRole('status');
    this.warned = page.locator('toast-list').getByRole('alert');
    this.cards = page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3 }) });
  }

  // open resolves when the page shows the services, and is live.
  async open(path = '/') {
    await this.page.goto(path);
    await expect(this.connection).toHaveText('Live');
    await expect(
      this.page.locator('.page:visible').locator('xpath=descendant-or-self::*[@aria-busy="true"]'),
    ).toHaveCount(0);
  }

  card(name) {
    return new Card(this.page, name);
  }

  // edit resolves when the form of a service has read it again for the ETag. From then on,
  // the test may change it at the server.
  async edit({ id, name }) {
    const read = this.page.waitForResponse(
      (answer) => answer.url().endsWith(`/api/services/${id}`) && answer.request().method() === 'GET',
    );
    await this.card(name).edit.click();
    await read;
  }

  field(label) {
    return this.form.getByLabel(label, { exact: true });
  }

  // retag replaces the tags of the form.
  async retag(...tags) {
    while ((await this.formTags.count()) > 0) {
      await this.form
        .getByRole('button', { name: /^Remove tag / })
        .first()
        .click();
    }
    for (const tag of tags) {
      await this.field('Tags').fill(tag);
      await this.page.keyboard.press('Enter');
    }
  }

  // fault returns the message at a field, which a screen reader reads with the field.
  async fault(label) {
    const control = this.field(label);
    await expect(control).toHaveAttribute('aria-invalid', 'true');
    const ids = (await control.getAttribute('aria-describedby')).split(' ');
    return this.form.locator(`#${ids.find((id) => id.endsWith('-error'))}`);
  }

  // chip returns a filter of the sidebar; kind is "status", "team" or "tag".
  chip(kind, value) {
    return this.sidebar.locator(`[data-kind="${kind}"] button[data-value="${value}"]`);
  }

  // figures returns the numbers of services: in all, and of those behind each status.
  async figures() {
    const pairs = ['Total', 'Down', 'Degraded', 'Unknown', 'Healthy'].map(async (name) => [
      name,
      Number((await this.page.locator(`#stat${name}`).textContent()).replaceAll(',', '')),
    ]);
    return Object.fromEntries(await Promise.all(pairs));
  }

  // only searches for text, which hides the other services of a deployment.
  async only(text) {
    await this.search.fill(text);
    await expect(this.page).toHaveURL((url) => url.searchParams.get('q') === text);
  }

  async filters() {
    const toggle = this.page.locator('filter-sidebar').getByRole('button', { name: /^Teams and tags/ });
    if (await toggle.isVisible()) await toggle.click();
  }
}

class Card {
  constructor(page, name) {
    this.root = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true, level: 3 }) });
    this.open = this.root.getByRole('heading', { level: 3 }).getByRole('button');
    this.status = this.root.locator('.status-badge');
    this.team = this.root.locator('.card-team');
    this.description = this.root.locator('.card-description');
    this.tags = this.root.getByRole('button').and(page.locator('.tag-chip'));
    this.health = this.root.locator('.card-health');
    this.checked = this.root.locator('.card-checked');
    this.check = this.root.getByRole('button', { name: `Check now for ${name}` });
    this.edit = this.root.getByRole('button', { name: `Edit ${name}` });
  }

  link(what) {
    return this.root.getByRole('link', { name: new RegExp(`^${what} for `) });
  }
}
