// People sign in, see who they are and what they may do, and sign out. @own: with a provider
// of their own.
import { flaws } from '../portal/axe.js';
import { Home } from '../portal/home.js';
import { settings } from '../portal/settings.js';
import { SignOnPortal } from '../portal/signon.js';
import { test as base, expect } from '../portal/test.js';

const test = base.extend({
  portal: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from it.
    async ({}, use) => {
      const portal = new SignOnPortal(settings.binary);
      try {
        await portal.start();
        await use(portal);
      } finally {
        await portal.close();
      }
    },
    { scope: 'worker', timeout: 180_000 },
  ],

  ada: async ({ portal }, use) => {
    const ada = {
      id: 'ada',
      password: 'engine',
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      groups: ['team-Core'],
    };
    await portal.provider.put(ada);
    await use(ada);
  },

  account: async ({ page }, use) => use(new Account(page)),
});

class Account {
  constructor(page) {
    this.page = page;
    this.signIn = page.locator('header').getByRole('button', { name: 'Sign in' });
    this.dialog = page.getByRole('dialog', { name: 'Sign in' });
    this.provider = this.dialog.getByRole('link', { name: 'Sign in with Example' });
    this.key = this.dialog.getByLabel('With a key', { exact: true });
    this.menu = page.getByRole('button', { name: /^Signed in as/ });
    this.panel = page.locator('#account');
  }

  // as signs somebody in with the provider.
  async as({ id, password }) {
    await this.signIn.click();
    await this.provider.click();
    await atProvider(this.page, { id, password });
    await expect(this.menu).toBeVisible();
  }
}

async function atProvider(page, { id, password }) {
  await page.getByLabel('Name').fill(id);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('somebody signs in, is who they are, and signs out @own', async ({ home, page, account, ada, catalogue }) => {
  const { name } = await catalogue.add({ team: 'Core' });
  const other = await catalogue.add({ team: 'Web', name: catalogue.name('service of others') });
  await home.open('/?q=service');
  await expect(home.card(name).edit).toBeHidden();
  await account.as(ada);
  await expect(page).toHaveURL('/?q=service');
  await expect(account.menu).toHaveText('Signed in as Ada Lovelace');
  await expect(home.card(name).edit).toBeVisible();
  await expect(home.card(other.name).edit).toBeHidden();
  await account.menu.click();
  await expect(account.panel).toContainText('You may read, and change services of Core.');
  await expect(account.panel).toContainText('For other teams, ask an admin.');

  const cookies = await page.context().cookies();
  expect(cookies.map(({ name, httpOnly, secure, sameSite }) => ({ name, httpOnly, secure, sameSite }))).toContainEqual({
    ...{ name: '__Host-portal', httpOnly: true, secure: true, sameSite: 'Lax' },
  });
  expect(await page.evaluate(() => document.cookie)).toBe('');

  await account.panel.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(home.told).toContainText('You are signed out.');
  await expect(home.told.getByRole('button', { name: 'Sign out of Example too' })).toBeVisible();
  await expect(account.signIn).toBeVisible();
  await expect(home.card(name).edit).toBeHidden();
  await expect(home.connection).toHaveText('Live');
});

test('a role comes from the groups @own', async ({ home, page, account, portal }) => {
  for (const [groups, may] of [
    [['staff'], 'You may read.'],
    [['platform', 'staff'], 'You may do everything, also manage access.'],
    [['team-Core', 'team-Web'], 'You may read, and change services of Core, Web.'],
    [[], 'You may read.'],
  ]) {
    await portal.provider.put({ id: 'bob', password: 'x', name: 'Bob Builder', email: 'bob@example.com', groups });
    await home.open();
    await account.as({ id: 'bob', password: 'x' });
    await account.menu.click();
    await expect(account.panel).toContainText(may);
    await page.context().clearCookies();
  }
});

test('a wrong team is refused with what is missing @own', async ({ home, account, ada, catalogue, watch }) => {
  const { name, id } = await catalogue.add({ team: 'Core' });
  watch.expect({ method: 'PATCH', status: 403, path: /services/ });
  await home.open();
  await account.as(ada);
  await home.edit({ id, name });
  await home.field('Team').fill('Web');
  await home.save.click();
  await expect(home.form.getByRole('alert')).toContainText(
    'This needs an editor of team "Web"; the person Ada Lovelace has the role editor.',
  );
});

test('somebody who is removed at the provider is out, in every tab @own', async ({
  home,
  context,
  account,
  ada,
  portal,
}) => {
  await home.open();
  await account.as(ada);
  const other = await context.newPage();
  await other.goto('/');
  await expect(new Account(other).menu).toBeVisible();
  await portal.provider.remove(ada.id);
  await expect(account.signIn).toBeVisible();
  await expect(new Account(other).signIn).toBeVisible();
  for (const tab of [home, new Home(other)]) await expect(tab.told.first()).toContainText('Your session has ended.');
});

test('a session that ends under an open form loses nothing that was typed @own', async ({
  portal,
  home,
  context,
  account,
  ada,
  catalogue,
  watch,
}) => {
  const { name, id } = await catalogue.add({ team: 'Core' });
  watch.expect({ method: 'PATCH', status: 401, path: /services/ });
  await home.open();
  await account.as(ada);
  await home.edit({ id, name });
  await home.field('Description').fill('Typed for minutes.');
  const [session] = (await context.cookies()).filter((cookie) => cookie.name === '__Host-portal');
  const Cookie = `${session.name}=${session.value}`;
  expect((await fetch(`${portal.url}/api/session`, { method: 'DELETE', headers: { Cookie } })).ok).toBe(true);
  await expect(account.signIn).toBeAttached();
  await home.save.click();
  await expect(home.form.getByRole('alert')).toContainText(/Your session has ended|This needs the role editor/);

  await home.form.getByRole('button', { name: 'Sign in again' }).click();
  const [tab] = await Promise.all([context.waitForEvent('page'), account.provider.click()]);
  await atProvider(tab, ada);
  await expect(home.form.getByRole('alert')).toContainText(
    'You are signed in as Ada Lovelace. Nothing is lost: save once more.',
  );
  await expect(account.dialog).toBeHidden();
  await expect(home.field('Description')).toHaveValue('Typed for minutes.');
  await home.save.click();
  await expect(home.form).toBeHidden();
  expect((await catalogue.read(id)).description).toBe('Typed for minutes.');
});

test('what the provider refuses is told @own', async ({ home, page, account }) => {
  await home.open('/?q=a&signin=denied');
  await expect(home.warned).toContainText('You were not signed in: the provider refused it.');
  await expect(page).toHaveURL('/?q=a');
  await expect(account.signIn).toBeVisible();
});

test('somebody signs in with a key, by the keyboard @own', async ({ home, page, account, portal, watch }) => {
  watch.expect({ method: 'POST', status: 401, path: /\/api\/session$/ });
  await home.open('/access');
  await expect(page.getByText('Only admins manage access')).toBeVisible();
  await account.signIn.focus();
  await page.keyboard.press('Enter');
  await expect(account.provider).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(account.key).toBeFocused();
  await page.keyboard.type('dvp_typo');
  await page.keyboard.press('Enter');
  await expect(account.dialog.getByText('This key opens nothing')).toBeVisible();
  await expect(account.key).toHaveAttribute('aria-invalid', 'true');
  await account.key.fill(portal.key);
  await page.keyboard.press('Enter');
  await expect(account.dialog).toBeHidden();
  await expect(account.menu).toHaveText('Signed in as tests');
  await expect(page.getByRole('heading', { name: 'API keys' })).toBeVisible();
  await account.menu.focus();
  await page.keyboard.press('Enter');
  await expect(account.panel).toContainText('signed in by this key');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(account.panel.getByRole('button', { name: 'Sign out everywhere' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(account.signIn).toBeVisible();
  await expect(page.getByText('Only admins manage access')).toBeVisible();
});

for (const width of [360, 1280]) {
  test(`axe finds nothing wrong with who is signed in at ${width} px @own`, async ({ home, page, account, ada }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    const check = async () => expect(await flaws(page)).toEqual([]);
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await home.open();
    await account.signIn.click();
    await check();
    await page.keyboard.press('Escape');
    await account.as(ada);
    await account.menu.click();
    await expect(account.panel).toBeVisible();
    await check();
    expect(await overflow()).toBe(0);
  });
}
