// Admins make API keys, see which there are, and revoke them. @own: a portal that runs may have another admin.
import { flaws } from '../portal/axe.js';
import { titled } from '../portal/home.js';
import { expect, test } from '../portal/test.js';

const made = /^dvp_[0-9A-Za-z]{38}$/;

class Access {
  constructor(page) {
    this.page = page;
    this.make = page.getByRole('button', { name: 'Make a key' });
    this.form = page.getByRole('dialog', { name: 'Make a key' });
    this.made = page.getByRole('dialog', { name: 'Copy your key now' });
    this.key = this.made.getByLabel('The key', { exact: true });
    this.question = page.getByRole('dialog', { name: 'Close without copying the key?' });
  }

  row(name) {
    return this.page.getByRole('row', { name });
  }

  // fill makes a key by the form, and returns it.
  async fill(name, more = async () => {}) {
    await this.make.click();
    await this.form.getByLabel('Name').fill(name);
    await more(this.form);
    await this.form.getByRole('button', { name: 'Make the key' }).click();
    await expect(this.key).toHaveValue(made);
    return this.key.inputValue();
  }
}

const as = (request, key) => request.get('/api/me', { headers: { Authorization: `Bearer ${key}` } });

test.afterEach(async ({ request, portal }) => {
  if (!portal.owned) return;
  const { items } = await (await request.get('/api/keys')).json();
  for (const { id } of items) await request.delete(`/api/keys/${id}`);
});

test('an admin makes a key, uses it, and revokes it @own', async ({ home, page, request, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const access = new Access(page);
  await home.open();
  await page.getByRole('link', { name: 'Access' }).click();
  await expect(page).toHaveURL('/access');
  await expect(page).toHaveTitle(titled('Access'));
  await expect(page.getByText('No keys yet')).toBeVisible();

  const key = await access.fill('ci', async (form) => {
    await form.getByLabel('May').selectOption('Write services');
    await form.getByLabel('Teams', { exact: true }).fill('Core, Payments');
    await form.getByLabel('Expires').selectOption('in 30 days');
  });
  await access.made.getByRole('button', { name: 'Copy' }).click();
  await expect(access.made.getByText('Copied.')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await access.made.getByRole('button', { name: 'Close' }).last().click();
  await expect(access.made).toBeHidden();
  expect(await page.content()).not.toContain(key);

  await expect(access.row('ci')).toContainText('Write services of Core, Payments');
  await expect(access.row('ci')).toContainText('in 30 d');
  expect(await (await as(request, key)).json()).toMatchObject({ kind: 'key', name: 'ci', role: 'editor' });

  await access.row('ci').getByRole('button', { name: 'Revoke ci' }).click();
  await page.getByRole('dialog', { name: 'Revoke ci?' }).getByRole('button', { name: 'Revoke' }).click();
  await expect(home.told.getByText('ci was revoked.')).toBeVisible();
  await expect(page.getByText('No keys yet')).toBeVisible();
  expect((await as(request, key)).status()).toBe(401);
});

test('the key is not lost by a slip @own', async ({ home, page }) => {
  const access = new Access(page);
  await home.open('/access');
  const key = await access.fill('grafana');
  await page.keyboard.press('Escape');
  await expect(access.question).toBeVisible();
  await access.question.getByRole('button', { name: 'Back to the key' }).click();
  await expect(access.key).toHaveValue(key);
  await page.keyboard.press('Escape');
  await access.question.getByRole('button', { name: 'Close' }).click();
  await expect(access.made).toBeHidden();
  await expect(access.row('grafana')).toContainText('Read');
});

test('wrong fields are named, and the form stays @own', async ({ home, page, request, watch }) => {
  watch.expect({ method: 'POST', status: 409, path: /\/api\/keys$/ });
  await request.post('/api/keys', { data: { name: 'Grafana' } });
  const access = new Access(page);
  await home.open('/access');
  await access.make.click();
  await expect(access.form.getByLabel('Name')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(access.form.getByText('Enter a name.')).toBeVisible();
  await access.form.getByLabel('Name').fill('grafana');
  await page.keyboard.press('Enter');
  await expect(access.form.getByText('Another key has this name.')).toBeVisible();
  await expect(access.form.getByLabel('Name')).toBeFocused();
});

test('who is no admin is told so, and asks for nothing', async ({ home, page }) => {
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.route('**/api/me', (route) => route.fulfill({ json: { kind: 'anonymous', role: 'editor', teams: [] } }));
  await home.open('/access');
  await expect(page.getByRole('heading', { name: 'Only admins manage access' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Access' })).toBeHidden();
  expect(asked).not.toContain('/api/keys');
});

test('keys that cannot be read are said, and asked for again @own', async ({ home, page, watch }) => {
  watch.expect({ method: 'GET', status: 503, path: /\/api\/keys$/ });
  let broken = true;
  await page.route('**/api/keys', (route) =>
    broken ? route.fulfill({ status: 503, json: { detail: 'The database rests.' } }) : route.continue(),
  );
  await home.open('/access');
  await expect(page.getByRole('alert').getByText('The keys were not loaded: The database rests.')).toBeVisible();
  broken = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('No keys yet')).toBeVisible();
});

for (const width of [1280, 360]) {
  test(`axe finds nothing wrong with the keys at ${width} px @own`, async ({ home, page, request }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 740 });
    for (const name of ['ci', 'grafana']) await request.post('/api/keys', { data: { name, role: 'editor' } });
    const access = new Access(page);
    await home.open('/access');
    await expect(access.row('grafana')).toBeVisible();
    expect(await flaws(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    if (width === 360) {
      const { x } = await access.row('grafana').getByText('Write all services').boundingBox();
      expect(x, 'beside its label').toBeGreaterThan(100);
    }
    await access.fill('another');
    expect(await flaws(page)).toEqual([]);
  });
}
