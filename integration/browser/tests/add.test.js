import { expect, test } from '../portal/test.js';

const fields = [
  'Name',
  'Team',
  'Description',
  'Health URL',
  'Check interval',
  'Status',
  'Docs URL',
  'GitHub URL',
  'Dashboard URL',
  'Tags',
];

test('the form has every field, empty, and begins at the name', async ({ home }) => {
  await home.open();
  await home.addButton.click();
  await expect(home.form.getByRole('heading', { name: 'Add service' })).toBeVisible();
  for (const label of fields) await expect(home.field(label)).toBeVisible();
  await expect(home.field('Name')).toBeFocused();
  await expect(home.field('Name')).toHaveValue('');
  await expect(home.field('Status')).toHaveValue('unknown');
  await expect(home.field('Check interval')).toHaveValue('1m');
});

const ways = {
  Cancel: (home) => home.cancel.click(),
  Escape: async (home) => {
    await home.page.keyboard.press('Escape');
    await home.question.getByRole('button', { name: 'Discard' }).click();
  },
  'the cross': (home) => home.form.getByRole('button', { name: 'Close' }).click(),
};
for (const [way, leave] of Object.entries(ways)) {
  test(`${way} closes the form, adds nothing and gives the focus back`, async ({ home, catalogue }) => {
    const name = catalogue.name('never');
    await home.open();
    await home.addButton.click();
    await home.field('Name').fill(name);
    await leave(home);
    await expect(home.form).toBeHidden();
    await expect(home.addButton).toBeFocused();
    expect(await catalogue.named(name)).toBeUndefined();
    await home.addButton.click();
    await expect(home.field('Name'), 'nothing is left in the form').toHaveValue('');
  });
}

test('the focus stays inside of the open form', async ({ home, page }) => {
  await home.open();
  await home.addButton.click();
  const inside = () =>
    home.form.evaluate((form) => form.contains(document.activeElement) || document.activeElement === document.body);
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press('Tab');
    expect(await inside(), `after ${i + 1} tabs`).toBe(true);
  }
});

test('a new service has a card with all its fields @way', async ({ home, catalogue, portal }) => {
  const name = catalogue.name('billing');
  const team = catalogue.name('Payments');
  await home.open();
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.field('Team').fill(team);
  await home.field('Description').fill('Takes the money.');
  await home.field('Status').selectOption('Degraded');
  await home.field('Docs URL').fill(`${portal.url}/#docs`);
  await home.field('GitHub URL').fill('https://github.com/example/billing');
  await home.field('Dashboard URL').fill('https://grafana.example.com/d/billing');
  await home.field('Tags').fill('go, money ,go,, ');
  await home.save.click();

  await expect(home.form).toBeHidden();
  const card = home.card(name);
  await expect(card.status).toHaveText('Degraded');
  await expect(card.team).toHaveText(team);
  await expect(card.description).toHaveText('Takes the money.');
  await expect(card.tags).toHaveText(['go', 'money']);
  await expect(card.link('Docs')).toHaveAttribute('href', `${portal.url}/#docs`);
  await expect(card.link('GitHub')).toHaveAttribute('href', 'https://github.com/example/billing');
  await expect(card.link('Dashboard')).toHaveAttribute('href', 'https://grafana.example.com/d/billing');
  await expect(card.checked).toHaveText('Status set by hand');
  await expect(card.check, 'there is nothing to check').toBeHidden();

  const stored = await catalogue.named(name);
  expect(stored).toMatchObject({ team, status: 'degraded', status_url: null, tags: ['go', 'money'], interval: '1m' });
});

test('a new service with nothing but a name shows nothing else', async ({ home, catalogue }) => {
  const name = catalogue.name('bare');
  await home.open();
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.page.keyboard.press('Enter');
  const card = home.card(name);
  await expect(card.status).toHaveText('Unknown');
  await expect(card.team, 'nobody owns it, and that is said').toHaveText('No team');
  await expect(card.description).toBeEmpty();
  await expect(card.root.getByRole('link')).toHaveCount(0);
  await expect(card.edit).toBeVisible();
});

test('a link opens a new tab without access to the portal', async ({ home, page, catalogue, portal }) => {
  const { name } = await catalogue.add({ docs_url: `${portal.url}/#docs` });
  await home.open();
  const [tab] = await Promise.all([page.waitForEvent('popup'), home.card(name).link('Docs').click()]);
  await expect(tab).toHaveURL(`${portal.url}/#docs`);
  expect(await tab.evaluate(() => window.opener)).toBeNull();
});

test('a new service with a health URL is probed at once @probes', async ({ home, catalogue, target }) => {
  const name = catalogue.name('probed');
  await home.open();
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.field('Health URL').fill(target.url);
  await expect(home.field('Status'), 'probes own the status').toBeDisabled();
  const probe = target.asked();
  await home.save.click();
  await probe;
  await expect(home.card(name).status).toHaveText('Healthy');
  await expect(home.card(name).checked).toHaveText(/checked (just now|\d+ s ago)/);
});

test('the form offers the teams that there are', async ({ home, catalogue }) => {
  const team = catalogue.name('Search');
  await catalogue.add({ team });
  await home.open();
  await home.addButton.click();
  const options = await home.field('Team').evaluate((input) => [...input.list.options].map((o) => o.value || o.text));
  expect(options).toContain(team);
});
