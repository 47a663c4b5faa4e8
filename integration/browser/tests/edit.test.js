import { expect, test } from '../portal/test.js';

const full = (catalogue) => ({
  name: catalogue.name('billing'),
  team: catalogue.name('Payments'),
  description: 'Takes the money.\nGives some back.',
  status: 'degraded',
  interval: '5m',
  docs_url: 'https://docs.example.com/billing',
  github_url: 'https://github.com/example/billing',
  dashboard_url: 'https://grafana.example.com/d/billing',
  tags: ['go', 'money'],
});

test('the form for a service shows all its fields', async ({ home, catalogue }) => {
  const service = await catalogue.add(full(catalogue));
  await home.open();
  await home.card(service.name).edit.click();
  await expect(home.form.getByRole('heading', { name: 'Edit service' })).toBeVisible();
  const expected = {
    Name: service.name,
    Team: service.team,
    Description: service.description,
    'Health URL': '',
    'Check interval': '5m',
    Status: 'degraded',
    'Docs URL': service.docs_url,
    'GitHub URL': service.github_url,
    'Dashboard URL': service.dashboard_url,
  };
  for (const [label, value] of Object.entries(expected)) await expect(home.field(label), label).toHaveValue(value);
  await expect(home.formTags).toHaveText(['go', 'money']);
});

test('a saved change shows on the card at once, and is stored by the server @way', async ({ home, catalogue }) => {
  const before = await catalogue.add(full(catalogue));
  const name = catalogue.name('invoices');
  await home.open();
  await home.card(before.name).edit.click();
  await home.field('Name').fill(name);
  await home.field('Description').fill('Writes the bills.');
  await home.field('Status').selectOption('Down');
  await home.retag('rust');
  await home.field('Docs URL').fill('');
  await home.save.click();
  await expect(home.form).toBeHidden();

  const card = home.card(name);
  await expect(card.description).toHaveText('Writes the bills.');
  await expect(card.status).toHaveText('Down');
  await expect(card.tags).toHaveText(['rust']);
  await expect(card.link('Docs')).toHaveCount(0);
  await expect(card.edit, 'the focus is where it was').toBeFocused();
  await expect(home.card(before.name).root).toHaveCount(0);

  const after = await catalogue.read(before.id);
  expect(after).toMatchObject({ name, status: 'down', tags: ['rust'], docs_url: null, interval: '5m' });
  expect(after.github_url, 'what was not touched stays').toBe(before.github_url);
  expect(after.version).toBeGreaterThan(before.version);
});

test('every field can be cleared but the name', async ({ home, catalogue }) => {
  const service = await catalogue.add(full(catalogue));
  await home.open();
  await home.card(service.name).edit.click();
  for (const label of ['Team', 'Description', 'Docs URL', 'GitHub URL', 'Dashboard URL']) {
    await home.field(label).fill('');
  }
  await home.retag();
  await home.save.click();
  await expect(home.form).toBeHidden();
  expect(await catalogue.read(service.id)).toMatchObject({
    name: service.name,
    team: null,
    description: null,
    docs_url: null,
    github_url: null,
    dashboard_url: null,
    tags: [],
  });
});

test('Cancel and Escape leave the service as it is', async ({ home, page, catalogue }) => {
  const service = await catalogue.add(full(catalogue));
  const { name } = service;
  await home.open();
  const escaped = async () => {
    await page.keyboard.press('Escape');
    await home.question.getByRole('button', { name: 'Discard' }).click();
  };
  for (const leave of [() => home.cancel.click(), escaped]) {
    await home.card(name).edit.click();
    await home.field('Name').fill(catalogue.name('changed my mind'));
    await leave();
    await expect(home.form).toBeHidden();
    await expect(home.card(name).edit).toBeFocused();
  }
  expect(await catalogue.read(service.id)).toEqual(service);
});

test('only what was changed is sent', async ({ home, page, catalogue }) => {
  const { id, name } = await catalogue.add({ ...full(catalogue), tags: ['a, b', 'x/y'], description: 'one\r\ntwo' });
  await home.open();
  await home.edit({ id, name });
  await expect(home.formTags).toHaveText(['a, b', 'x/y']);
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await home.field('Team').fill('');
  await home.save.click();
  expect((await sent).postDataJSON()).toEqual({ team: null });
  await expect(home.form).toBeHidden();

  await home.card(name).edit.click();
  await home.field('Description').fill('three');
  await home.save.click();
  await expect(home.form).toBeHidden();
  expect(await catalogue.read(id)).toMatchObject({ tags: ['a, b', 'x/y'], description: 'three', team: null });
});

test('the form of a service has no values of the previous one', async ({ home, catalogue }) => {
  const first = await catalogue.add(full(catalogue));
  const second = await catalogue.add({ name: catalogue.name('bare') });
  await home.open();
  await home.card(first.name).edit.click();
  await home.cancel.click();
  await home.card(second.name).edit.click();
  await expect(home.field('Name')).toHaveValue(second.name);
  for (const label of ['Team', 'Description', 'Docs URL', 'Tags']) await expect(home.field(label)).toHaveValue('');
  await expect(home.formTags).toHaveCount(0);
});

test('a click on the card opens the service, but one on a link, tag or button of it does its own', async ({
  home,
  page,
  catalogue,
}) => {
  const service = await catalogue.add(full(catalogue));
  const card = home.card(service.name);
  await home.open();
  await card.description.click();
  await expect(page.getByRole('region', { name: service.name })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('region', { name: service.name })).toBeHidden();
  await card.tags.first().click();
  await expect(page).toHaveURL(/tag=go/);
  await expect(home.chip('tag', 'go')).toHaveAttribute('aria-pressed', 'true');
});

test('a health URL hands the status to the probes, and without one it is a person’s again @probes @way', async ({
  home,
  catalogue,
  target,
}) => {
  const service = await catalogue.add({ status: 'down' });
  target.answers(204);
  await home.open();
  const card = home.card(service.name);
  await card.edit.click();
  await home.field('Health URL').fill(target.url);
  await expect(home.field('Status')).toBeDisabled();
  await home.save.click();
  await expect(card.status).toHaveText('Healthy');

  await card.edit.click();
  await home.field('Health URL').fill('');
  await expect(home.field('Status')).toBeEnabled();
  await home.field('Status').selectOption('Degraded');
  await home.save.click();
  await expect(card.status).toHaveText('Degraded');
  await expect(card.checked).toHaveText('Status set by hand');
});
