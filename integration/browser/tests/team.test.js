// Teams: who owns services, how to reach them, and the pages of both.
import { flaws } from '../portal/axe.js';
import { pageOf, titled } from '../portal/home.js';
import { expect, onlyByEvents, test } from '../portal/test.js';

class Teams {
  constructor(page) {
    this.page = page;
    this.add = page.getByRole('main', { name: 'Teams' }).getByRole('button', { name: 'Add team' });
    this.rows = page.getByRole('list', { name: 'Teams' }).locator('> li');
    this.form = page.getByRole('dialog', { name: /^(Add|Edit) team$/ });
    this.save = this.form.getByRole('button', { name: 'Save' });
    this.conflict = this.form.getByRole('alert').filter({ hasText: 'Somebody else changed this team' });
    this.confirm = page.getByRole('dialog', { name: /^Delete the team / });
    this.main = page.locator('#team');
    this.name = page.locator('#teamName');
    this.edit = this.main.getByRole('button', { name: 'Edit', exact: true });
    this.sections = this.main.locator('service-grid').getByRole('heading', { level: 2 });
    this.services = this.main.getByRole('region', { name: 'Services' }).getByRole('heading', { level: 3 });
    this.changes = this.main.getByRole('region', { name: 'Last changes' });
    this.moments = this.changes.locator('.moment');
    this.uptime = this.main.getByRole('region', { name: 'Uptime, 30 days' });
    this.missing = this.main.getByRole('heading', { name: 'Team not found' });
  }

  row(name) {
    return this.rows.filter({ has: this.page.getByRole('link', { name, exact: true }) });
  }

  field(label) {
    return this.form.getByLabel(label, { exact: true });
  }

  // openForm resolves when the form has read the team again for its ETag.
  async openForm(slug) {
    const read = this.page.waitForResponse(
      (answer) => answer.url().endsWith(`/api/teams/${slug}`) && answer.request().method() === 'GET',
    );
    await this.edit.click();
    await read;
  }
}

const pathOf = ({ slug }) => `/teams/${slug}`;

const contacts = {
  chat_url: 'https://chat.example.com/payments',
  email: 'payments@example.com',
  page_url: 'https://page.example.com/payments',
  docs_url: 'https://docs.example.com/payments',
};

// payments adds a team with contacts and a service in each of three statuses.
async function payments(catalogue) {
  const name = catalogue.name('Payments');
  const team = await catalogue.addTeam({ name, description: 'Takes money in.\nAnd out.', ...contacts });
  const services = {};
  for (const status of ['healthy', 'down', 'degraded']) {
    services[status] = await catalogue.add({ name: catalogue.name(status), team: name, status });
  }
  return { team, services };
}

async function as(page, me) {
  await page.route('**/api/me', (route) => route.fulfill({ json: { kind: 'key', name: 'tests', ...me } }));
}

// outside returns what a person cannot reach: the page scrolls sideways, or a control is outside of it.
function outside(page) {
  return page.evaluate(() => {
    const found = document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : [];
    for (const control of document.querySelectorAll('a, button, input, select, textarea, h1, h2, h3, td')) {
      const { left, right, width } = control.getBoundingClientRect();
      const hidden = width === 0 || control.closest('.visually-hidden, .skip-link');
      if (!hidden && (left < 0 || right > innerWidth)) found.push(control.outerHTML);
    }
    return found;
  });
}

test('a team is added, and has a page with its contacts', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const name = catalogue.name('Payments Core');
  await home.open();
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Teams' }).click();
  await expect(page).toHaveURL('/teams');
  await expect(page).toHaveTitle(titled('Teams'));
  await expect(page.getByRole('main', { name: 'Teams' })).toBeFocused();
  await teams.add.click();
  await expect(teams.field('Name')).toBeFocused();
  await teams.save.click();
  await expect(teams.field('Name'), 'it needs a name').toHaveAttribute('aria-invalid', 'true');
  await teams.field('Name').fill(name);
  await teams.field('Chat').fill(contacts.chat_url);
  await teams.field('Mail').fill(contacts.email);
  await teams.field('Page').fill('javascript:alert(1)');
  await teams.save.click();
  await expect(teams.field('Page')).toHaveAttribute('aria-invalid', 'true');
  await teams.field('Page').fill(contacts.page_url);
  await teams.save.click();
  await expect(home.told).toContainText(`${name} was added.`);
  await expect(teams.row(name)).toContainText('no services');
  await page.getByRole('button', { name: 'Show it' }).click();

  const { slug } = await catalogue.teamNamed(name);
  await expect(page).toHaveURL(`/teams/${slug}`);
  await expect(page).toHaveTitle(titled(name));
  await expect(page.getByRole('main', { name })).toBeFocused();
  const link = (what) => teams.main.getByRole('link', { name: what });
  await expect(link(`Chat with ${name}`)).toHaveAttribute('href', contacts.chat_url);
  await expect(link(`Mail to ${name}`)).toHaveAttribute('href', `mailto:${contacts.email}`);
  await expect(link(`Page ${name}`)).toHaveAttribute('href', contacts.page_url);
  await expect(link('Handbook')).toHaveCount(0);
  await expect(teams.main).toContainText('No service names this team.');
});

test('a taken name is said at the name', async ({ home, page, catalogue, watch }) => {
  const teams = new Teams(page);
  const { name } = await catalogue.addTeam();
  watch.expect({ method: 'POST', status: 409, path: /\/api\/teams$/ });
  await home.open('/teams');
  await teams.add.click();
  await teams.field('Name').fill(name);
  await teams.save.click();
  await expect(teams.field('Name')).toHaveAttribute('aria-invalid', 'true');
  await expect(teams.field('Name')).toBeFocused();
  await expect(teams.form).toBeVisible();
});

test('a page of a team has its services by status, and follows them', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const { team, services } = await payments(catalogue);
  const other = await catalogue.add({ name: catalogue.name('other') });
  await home.open(pathOf(team));
  await onlyByEvents(page);
  await expect(page.getByText('Takes money in.')).toBeVisible();
  await expect(teams.sections).toHaveText([/Down/, /Degraded/, /Healthy/]);
  const named = (...statuses) => statuses.map((status) => services[status].name);
  await expect(teams.services).toHaveText(named('down', 'degraded', 'healthy'));
  await catalogue.change(services.healthy.id, { status: 'degraded' });
  await expect(teams.sections).toHaveText([/Down/, /Degraded/]);
  await catalogue.change(services.down.id, { team: 'Somebody else' });
  await expect(teams.sections).toHaveText([/Degraded/]);
  await catalogue.change(other.id, { team: team.name, status: 'down' });
  await expect(teams.services).toHaveText([other.name, ...named('healthy', 'degraded')]);

  await home.card(other.name).open.click();
  await expect(page.getByRole('region', { name: other.name })).toBeFocused();
  await expect(teams.main, 'beside it').toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(pathOf(team));
  await expect(home.card(other.name).open).toBeFocused();
  await teams.main.getByRole('link', { name: 'Show them in the list' }).click();
  await expect(page).toHaveURL((url) => url.pathname === '/' && url.searchParams.get('team') === team.name);
  await expect(home.cards).toHaveCount(3);
});

test('a section folds, and stays so', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const { team, services } = await payments(catalogue);
  await home.open(pathOf(team));
  const fold = teams.main.getByRole('button', { name: 'Healthy', exact: true });
  await fold.click();
  await expect(fold).toHaveAttribute('aria-expanded', 'false');
  await page.mouse.move(0, 0); // nothing moves under the pointer
  await expect(teams.sections.last()).toHaveText(/Healthy\s*1 service/);
  await expect(home.card(services.healthy.name).root).toHaveCount(0);
  await catalogue.change(services.down.id, { status: 'degraded' });
  await expect(teams.sections).toHaveText([/Degraded/, /Healthy/]);
  await expect(fold).toHaveAttribute('aria-expanded', 'false');
});

test('what happened to its services and to itself is told, the newest first, as it happens', async ({
  home,
  page,
  catalogue,
}) => {
  const teams = new Teams(page);
  const { team, services } = await payments(catalogue);
  await home.open(pathOf(team));
  await expect(teams.moments.filter({ hasText: services.down.name })).not.toHaveCount(0);
  await catalogue.change(services.healthy.id, { status: 'down' });
  await expect(teams.moments.first()).toContainText(services.healthy.name);
  await expect(teams.moments.filter({ hasText: `${services.healthy.name} down` })).toHaveCount(1);
  await catalogue.deployed(services.degraded.id, { version: 'v1.8.2', environment: 'production' });
  await expect(teams.moments.first()).toContainText(`${services.degraded.name} v1.8.2 deployed to production`);
  await catalogue.changeTeam(team.slug, { email: 'money@example.com' });
  await expect(teams.moments.first()).toContainText(/The team was changed by .*Mail/s);
  await expect(teams.moments.getByRole('button'), 'nothing is undone from here').toHaveCount(0);

  await teams.changes.getByRole('button', { name: 'Deploys' }).click();
  await expect(teams.moments).toHaveCount(1);
  await teams.moments.getByRole('link', { name: services.degraded.name }).click();
  await expect(page.getByRole('heading', { level: 2, name: services.degraded.name })).toBeVisible();
});

test('earlier changes are a step away, and stay when something happens', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const { team, services } = await payments(catalogue);
  for (let i = 0; i < 20; i++) await catalogue.change(services.down.id, { description: `change ${i}` });
  await home.open(pathOf(team));
  const said = (i) => teams.moments.filter({ hasText: new RegExp(`→.*change ${i}\\s*$`, 's') });
  await expect(said(19)).toHaveCount(1);
  await expect(said(1)).toHaveCount(0);
  await teams.changes.getByRole('button', { name: 'Earlier' }).click();
  await expect(said(1)).toHaveCount(1);
  await catalogue.change(services.down.id, { description: 'change 20' });
  await expect(said(20)).toHaveCount(1);
  await expect(said(1)).toHaveCount(1);
});

test('uptimes are the least first, and all on demand', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const { team } = await payments(catalogue);
  await catalogue.all(
    Array.from({ length: 4 }, (_, i) => ({
      name: catalogue.name(`probed ${i}`),
      team: team.name,
      status_url: 'http://127.0.0.1:1/',
    })),
  );
  await home.open(pathOf(team));
  const rows = teams.uptime.locator('tbody').getByRole('row');
  await expect(rows).toHaveCount(5);
  await teams.uptime.getByRole('button', { name: 'Show all 7' }).click();
  await expect(rows).toHaveCount(7);
  await expect(rows.last()).toContainText('–');
  await teams.uptime.getByRole('button', { name: 'Show fewer' }).click();
  await expect(rows).toHaveCount(5);
});

test('a new name is that of all its services, and is seen in other tabs at once', async ({
  home,
  another,
  page,
  catalogue,
}) => {
  const [teams, others] = [new Teams(page), new Teams(another.page)];
  const { team, services } = await payments(catalogue);
  await home.open(pathOf(team));
  await another.open(pathOf(team));
  await onlyByEvents(another.page);
  await teams.openForm(team.slug);
  const name = catalogue.name('Money');
  await teams.field('Name').fill(name);
  await expect(teams.form).toContainText('3 services get the new name too.');
  const asked = page.waitForRequest((request) => request.method() === 'PATCH');
  await teams.save.click();
  expect((await asked).postDataJSON(), 'only what was changed').toEqual({ name });
  await expect(home.told).toContainText(`${name} was saved.`);
  for (const each of [teams, others]) {
    await expect(each.name).toHaveText(name);
    await expect(each.page).toHaveTitle(titled(name));
    await expect(each.services).toHaveCount(3);
  }
  await expect(page).toHaveURL(pathOf(team));
  expect(await catalogue.read(services.down.id)).toMatchObject({ team: name });
  await expect(another.card(services.down.name).root).toBeVisible();
  await another.page.getByRole('link', { name: 'All teams' }).click();
  await expect(others.row(name)).toContainText('3 services');
  await expect(others.row(team.name)).toHaveCount(0);
});

test('what somebody else changed meanwhile is merged, and asked about', async ({ home, page, catalogue, watch }) => {
  const teams = new Teams(page);
  const { team } = await payments(catalogue);
  await home.open(pathOf(team));
  await teams.openForm(team.slug);
  await teams.field('Description').fill('mine');
  await catalogue.changeTeam(team.slug, { email: 'theirs@example.com' });
  await expect(teams.field('Mail')).toHaveValue('theirs@example.com');
  await expect(teams.conflict).toBeHidden();
  let changed = false;
  await page.route(`**/api/teams/${team.slug}`, async (route) => {
    if (route.request().method() === 'PATCH' && !changed) {
      changed = true;
      await catalogue.changeTeam(team.slug, { description: 'theirs' });
    }
    await route.continue();
  });
  watch.expect({ method: 'PATCH', status: 412, path: new RegExp(`/api/teams/${team.slug}$`) });
  await teams.save.click();
  await expect(teams.conflict).toContainText(/Description\s*Theirs theirs\s*Yours mine/);
  await teams.conflict.getByRole('button', { name: 'Keep mine and overwrite' }).click();
  await expect(teams.form).toBeHidden();
  expect(await catalogue.teamNamed(team.name)).toMatchObject({ description: 'mine', email: 'theirs@example.com' });
});

test('a team with services is not deleted, and one without is', async ({ home, page, catalogue, watch }) => {
  const teams = new Teams(page);
  const team = await catalogue.addTeam();
  const { id } = await catalogue.add({ team: team.name });
  watch.expect({ method: 'DELETE', status: 409, path: new RegExp(`/api/teams/${team.slug}$`) });
  await home.open(pathOf(team));
  await expect(teams.services).toHaveCount(1);
  await teams.openForm(team.slug);
  await teams.form.getByRole('button', { name: 'Delete' }).click();
  await teams.confirm.getByRole('button', { name: 'Cancel' }).click();
  await expect(teams.form, 'the form is there again').toBeVisible();
  await teams.form.getByRole('button', { name: 'Delete' }).click();
  await teams.confirm.getByRole('button', { name: 'Delete' }).click();
  await expect(home.warned).toContainText(`${team.name} was not deleted: `);
  await expect(home.warned).toContainText(/1 service|one service/i);
  await expect(teams.name).toHaveText(team.name);

  await catalogue.remove(id);
  await expect(teams.services).toHaveCount(0);
  await teams.openForm(team.slug);
  await teams.form.getByRole('button', { name: 'Delete' }).click();
  await teams.confirm.getByRole('button', { name: 'Delete' }).click();
  await expect(home.told).toContainText(`${team.name} was deleted.`);
  await expect(teams.missing).toBeVisible();
  expect(await catalogue.teamNamed(team.name)).toBeUndefined();
  await teams.main.getByRole('link', { name: 'Show all teams' }).click();
  await expect(teams.add).toBeVisible();
  await expect(teams.row(team.name)).toHaveCount(0);
});

test('the list counts the services of each team, live, and leads to them', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const { team, services } = await payments(catalogue);
  await catalogue.add({ name: catalogue.name('of nobody'), status: 'degraded' });
  await home.open('/teams');
  await onlyByEvents(page);
  const row = teams.row(team.name);
  await expect(row).toContainText('Takes money in.');
  await expect(row, 'one line').not.toContainText('And out.');
  const count = (status) => row.locator(`[data-status="${status}"]`);
  for (const status of ['down', 'degraded', 'healthy']) await expect(count(status)).toHaveText(/^\s*1\s/);
  await expect(count('unknown')).toBeHidden();
  await catalogue.change(services.healthy.id, { status: 'down' });
  await expect(count('down')).toHaveText(/^\s*2\s/);
  await expect(count('healthy')).toBeHidden();
  await expect(row.getByRole('link', { name: `Chat with ${team.name}` })).toHaveAttribute('href', contacts.chat_url);
  await expect(page.locator('.team-nobody')).toContainText(/Nobody.*service/s);

  await row.getByRole('link', { name: `2 down of ${team.name}` }).click();
  await expect(page).toHaveURL(
    (url) => url.searchParams.get('team') === team.name && url.searchParams.get('status') === 'down',
  );
  await expect(home.cards).toHaveCount(2);
  await page.goBack();
  await row.getByRole('link', { name: '3 services' }).click();
  await expect(home.cards).toHaveCount(3);
  await page.goBack();
  await row.getByRole('link', { name: team.name, exact: true }).click();
  await expect(page).toHaveURL(pathOf(team));
});

test('a team that a service names comes into the list by itself', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const name = catalogue.name('New');
  await home.open('/teams');
  await catalogue.add({ team: name, status: 'down' });
  await expect(teams.row(name)).toContainText('1 service');
  await teams.row(name).getByRole('link', { name, exact: true }).click();
  await expect(teams.name).toHaveText(name);
  await expect(page).toHaveURL(pathOf(await catalogue.teamNamed(name)));
});

test('a team that is not in the list of teams yet is shown by its name', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const { team, services } = await payments(catalogue);
  await page.route('**/api/teams', (route) => route.fulfill({ json: { items: [], total: 0 } }));
  await home.open(`/teams?name=${encodeURIComponent(team.name)}`);
  await expect(teams.name).toHaveText(team.name);
  await expect(teams.main).toContainText('Nothing is known of this team but its name.');
  await expect(teams.services).toHaveCount(3);
  await expect(teams.edit).toBeHidden();
  await catalogue.changeTeam(team.slug, { description: 'Now it is.' });
  await expect(teams.main).toContainText('Now it is.');
  await expect(page).toHaveURL(pathOf(team));
  await expect(home.card(services.down.name).root).toBeVisible();
});

test('addresses by the name lead to the slug, and those of nobody say so', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const team = await catalogue.addTeam({ name: catalogue.name('Payments Core') });
  for (const path of [`/teams/${encodeURIComponent(team.name)}`, `/teams?name=${encodeURIComponent(team.name)}`]) {
    await home.open(path);
    await expect(teams.name).toHaveText(team.name);
    await expect(page).toHaveURL(pathOf(team));
  }
  await home.open('/teams/nobody-has-this');
  await expect(teams.missing).toBeVisible();
  await expect(page).toHaveTitle(titled('Team'));
  await home.open('/teams?name=Nobody+has+this');
  await expect(teams.missing).toBeVisible();
});

for (const view of ['cards', 'rows']) {
  test(`the team of a service in ${view} leads to its page, and a click beside it opens the service`, async ({
    home,
    page,
    catalogue,
  }) => {
    const { team, services } = await payments(catalogue);
    await page.setViewportSize({ width: 1440, height: 900 });
    await home.open(`/?q=${catalogue.mark}&view=${view}`);
    const { root, team: owner, health, open } = home.card(services.down.name);
    await open.focus();
    await page.keyboard.press('Tab');
    await expect(owner.getByRole('link'), 'after the name').toBeFocused();
    await root.hover();
    await expect(owner.getByRole('link'), 'also under the pointer').toBeVisible();
    await owner.getByRole('link', { name: team.name }).click();
    await expect(page).toHaveURL(pathOf(team));
    await page.goBack();
    await health.click();
    await expect(page).toHaveURL(pageOf(services.down));
  });
}

test('the page of a service says who owns it and how to reach them, or that nobody does', async ({
  home,
  catalogue,
}) => {
  const { team, services } = await payments(catalogue);
  await home.open(pageOf(services.down));
  const { root, team: owner } = home.card(services.down.name);
  await expect(owner.getByRole('link', { name: team.name })).toBeVisible();
  await expect(root.getByRole('link', { name: `Chat with ${team.name}` })).toHaveAttribute('href', contacts.chat_url);
  await expect(root.getByRole('link', { name: `Page ${team.name}` })).toHaveAttribute('href', contacts.page_url);
  await catalogue.changeTeam(team.slug, { chat_url: 'https://chat.example.com/other' });
  await expect(root.getByRole('link', { name: `Chat with ${team.name}` })).toHaveAttribute('href', /other$/);
  await catalogue.change(services.down.id, { team: null });
  await expect(owner).toHaveText('Nobody owns this');
  await expect(root.getByRole('link', { name: /^Chat with/ })).toHaveCount(0);
});

test('the palette finds teams, leads to all of them, and adds one', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const { team } = await payments(catalogue);
  const palette = page.getByRole('dialog', { name: 'Jump to a service or an action' });
  const search = async (text) => {
    await page.keyboard.press('Control+k');
    await expect(palette.getByRole('option')).not.toHaveCount(0);
    await palette.getByRole('combobox').fill(text);
  };
  await home.open();
  await search(`team ${team.name}`);
  const found = palette.getByRole('option', { name: `Team ${team.name}` });
  await expect(found).toContainText('3 services');
  await expect(found).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(pathOf(team));
  await expect(page.getByRole('main', { name: team.name })).toBeFocused();

  await search('all teams');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/teams');
  await search('new team');
  await page.keyboard.press('Enter');
  await expect(teams.field('Name')).toBeFocused();
});

test('who may not change a team is not offered it', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const { team } = await payments(catalogue);
  const other = await catalogue.addTeam({ name: catalogue.name('Other') });
  await as(page, { role: 'editor', teams: [team.name] });
  await home.open(pathOf(team));
  await expect(teams.edit).toBeVisible();
  await home.open(pathOf(other));
  await expect(teams.name).toHaveText(other.name);
  await expect(teams.edit).toBeHidden();

  await page.unroute('**/api/me');
  await as(page, { role: 'viewer', teams: [] });
  await home.open(pathOf(team));
  await expect(teams.services).toHaveCount(3);
  await expect(teams.edit).toBeHidden();
  await home.open('/teams');
  await expect(teams.row(team.name)).toBeVisible();
  await expect(teams.add).toBeHidden();
});

test('from a moment of the past, the pages of teams show the present', async ({ home, page, catalogue }) => {
  const { team, services } = await payments(catalogue);
  const at = new Date(Date.parse(services.degraded.updated_at) + 1).toISOString();
  await page.goto(`/?q=${catalogue.mark}&at=${at}`);
  const bar = page.getByRole('region', { name: 'The portal at a moment' });
  await expect(bar).toBeVisible();
  await home.card(services.down.name).team.getByRole('link').click();
  await expect(page).toHaveURL(pathOf(team));
  await expect(bar).toBeHidden();
  await page.goBack();
  await expect(bar).toBeVisible();
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Teams' }).click();
  await expect(page).toHaveURL('/teams');
  await expect(bar).toBeHidden();
});

test('the list of teams is walked by arrows, and many fit', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const name = (i) => catalogue.name(`Team ${String(i).padStart(3, '0')}`);
  await catalogue.allTeams(Array.from({ length: 150 }, (_, i) => ({ name: name(i) })));
  await home.open('/teams');
  await expect(teams.row(name(149))).toHaveCount(1);
  const link = (i) => teams.row(name(i)).getByRole('link', { name: name(i), exact: true });
  await link(0).focus();
  await page.keyboard.press('ArrowDown');
  await expect(link(1)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(link(0)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(teams.name).toHaveText(name(0));
});

test('what people write is text, and no link but http, https and mail', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const name = `${catalogue.mark} <img src=x onerror="window.hacked = true">`;
  const team = await catalogue.addTeam({ name, description: '<b>bold</b>' });
  await catalogue.add({ team: name });
  await home.open(pathOf(team));
  await expect(teams.name).toHaveText(name);
  await expect(teams.main).toContainText('<b>bold</b>');
  await home.open('/teams');
  await expect(teams.row(name)).toBeVisible();
  await expect(page.locator('main img, main b')).toHaveCount(0);
  expect(await page.evaluate(() => globalThis.hacked)).toBeUndefined();
});

for (const [path, scene] of [
  [() => '/teams', 'the list of teams'],
  [pathOf, 'the page of a team'],
]) {
  for (const width of [1280, 360]) {
    test(`axe finds nothing wrong with ${scene} at ${width} px, and nothing sticks out`, async ({
      home,
      page,
      catalogue,
    }) => {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 740 });
      const teams = new Teams(page);
      const { team } = await payments(catalogue);
      await catalogue.addTeam({
        name: `${catalogue.mark}${'W'.repeat(90)}`,
        description: 'D'.repeat(300),
        ...contacts,
      });
      await catalogue.addTeam({ name: `צוות ${catalogue.mark}`, description: 'שלום' });
      await home.open(path(team));
      await expect(path(team) === '/teams' ? teams.row(team.name) : teams.moments.first()).toBeVisible();
      expect(await flaws(page)).toEqual([]);
      expect(await outside(page)).toEqual([]);
    });
  }
}

test('axe finds nothing wrong with the form of a team', async ({ home, page, catalogue }) => {
  const teams = new Teams(page);
  const { team } = await payments(catalogue);
  await home.open(pathOf(team));
  await teams.openForm(team.slug);
  await teams.field('Name').fill('Another');
  await teams.field('Chat').fill('no address');
  await teams.save.click();
  await expect(teams.field('Chat')).toHaveAttribute('aria-invalid', 'true');
  expect(await flaws(page)).toEqual([]);
});

test('at 360 px the form of a team fits, and saves', async ({ home, page, catalogue }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const teams = new Teams(page);
  const team = await catalogue.addTeam();
  await home.open(pathOf(team));
  await teams.openForm(team.slug);
  await expect(teams.form).toBeInViewport({ ratio: 1 });
  expect(await outside(page)).toEqual([]);
  await teams.field('Handbook').fill('https://docs.example.com/handbook');
  await teams.save.click();
  await expect(teams.main.getByRole('link', { name: 'Handbook' })).toHaveAttribute('href', /handbook$/);
});
