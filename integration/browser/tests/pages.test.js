import { titled } from '../portal/home.js';
// Pages have addresses: other sites can link to them, Back restores them, and moving between them does not reload.
import { expect, hold, test } from '../portal/test.js';

// marked reports whether the document is still the one that mark has marked.
const mark = (page) => page.evaluate(() => Object.assign(window, { marked: true }));
const marked = (page) => page.evaluate(() => window.marked === true);

// lists returns the requests of the list, or of services in it.
function lists(page) {
  const asked = [];
  page.on('request', (request) => /\/api\/services(\?|$)/.test(request.url()) && asked.push(request.url()));
  return asked;
}

test('a service has an address of its own', async ({ home, page, catalogue }) => {
  const tag = catalogue.name('tag');
  const { id, name } = await catalogue.add({ team: 'Payments', tags: [tag], docs_url: 'https://docs.example/' });
  await home.open(`/services/${id}`);
  await expect(page).toHaveTitle(titled(name));
  await expect(page.getByRole('heading', { level: 2, name })).toBeVisible();
  await expect(page.getByRole('main')).toHaveCount(1);
  await expect(home.card(name).root).toBeVisible();
  await expect(home.sidebar).toBeHidden();

  await catalogue.change(id, { name: `${name} renamed` });
  await expect(page).toHaveTitle(titled(`${name} renamed`));
  await page.reload();
  await expect(home.card(`${name} renamed`).root).toBeVisible();

  await home.card(`${name} renamed`).edit.click();
  await home.field('Team').fill('Search');
  await home.save.click();
  await expect(home.card(`${name} renamed`).root).toContainText('Search');
  await expect(home.form).toBeHidden(); // the answer may come after the event
  await expect(page).toHaveURL(`/services/${id}`);

  await page.getByRole('button', { name: tag }).click();
  await expect(page).toHaveURL(`/?tag=${encodeURIComponent(tag).replaceAll('%20', '+')}`);
  await expect(home.cards).toHaveCount(1);
});

test('moving between pages neither reloads nor reads the list again, and Back restores the position', async ({
  home,
  page,
  catalogue,
}) => {
  const names = Array.from({ length: 40 }, (_, i) => catalogue.name(`s${String(i).padStart(2, '0')}`));
  await catalogue.all(names.map((name) => ({ name })));
  const other = await catalogue.named(names[0]);
  const asked = lists(page);
  await home.open(`/?q=${catalogue.mark}&sort=name`);
  await expect(home.cards).toHaveCount(40);
  const last = home.card(names[35]);
  await last.edit.focus();
  await last.root.scrollIntoViewIfNeeded();
  const before = { top: await page.evaluate(() => scrollY), lists: asked.length };
  expect(before.top).toBeGreaterThan(500);
  await mark(page);

  // As a link in the page or its own script does.
  await page.evaluate((id) => {
    const link = document.createElement('a');
    link.href = `/services/${id}`;
    document.querySelector('#services').append(link);
    link.click();
    link.remove();
  }, other.id);
  await expect(page).toHaveTitle(titled(other.name));
  await expect(page.getByRole('main', { name: other.name })).toBeFocused();
  expect(await page.evaluate(() => scrollY)).toBe(0);

  await page.goBack();
  await expect(page).toHaveTitle(titled());
  await expect(home.cards).toHaveCount(40);
  await expect(home.search).toHaveValue(catalogue.mark);
  await expect(last.edit).toBeFocused();
  expect(await page.evaluate(() => scrollY)).toBe(before.top);

  await page.goForward();
  await expect(page).toHaveTitle(titled(other.name));
  await page.getByRole('link', { name: 'All services', exact: true }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('main')).toBeFocused();
  await expect(home.search).toHaveValue('');
  expect(await marked(page)).toBe(true);
  expect(asked.length).toBe(before.lists);
});

test('addresses of an unknown service and of an unknown page say so and lead back', async ({
  home,
  page,
  catalogue,
  watch,
}) => {
  const { id, name } = await catalogue.add();
  watch.expect({ method: 'GET', status: 404, path: /by-name/ });
  for (const [path, heading, title] of [
    ['/services/nobody', 'Service not found', 'Service'],
    ['/tools/nobody', 'Page not found', 'Page not found'],
    ['/services/a%2Fb', 'Service not found', 'Service'],
  ]) {
    await home.open(path);
    await expect(page).toHaveTitle(titled(title));
    await expect(page.getByRole('heading', { name: heading })).toBeVisible();
    await mark(page);
    await page.getByRole('link', { name: 'Show all services' }).click();
    await expect(home.card(name).root).toBeVisible();
    expect(await marked(page)).toBe(true);
  }
  await home.open(`/services/${id}`);
  await catalogue.remove(id);
  await expect(page.getByRole('heading', { name: 'Service not found' })).toBeVisible();
});

test('the content of a page is hidden before and after it', async ({ home, page, catalogue }) => {
  const { id, name } = await catalogue.add();
  const release = await hold(page, '**/app.js');
  await page.goto(`/services/${id}`, { waitUntil: 'commit' });
  await expect(page.getByRole('searchbox')).toBeVisible();
  await expect(page.locator('#catalogue')).toBeHidden();
  release();
  await expect(home.card(name).root).toBeVisible();
  await expect(page.locator('#catalogue')).toBeHidden();
});

test('a search leads from any page to what it finds', async ({ home, page, catalogue }) => {
  const { id } = await catalogue.add();
  const { name } = await catalogue.add({ name: catalogue.name('other') });
  await home.open(`/services/${id}`);
  await page.keyboard.press('/');
  await page.keyboard.type(name);
  await expect(home.card(name).root).toBeVisible();
  await expect(home.cards).toHaveCount(1);
  await expect(home.search).toBeFocused();
  await page.goBack();
  await expect(page).toHaveURL(`/services/${id}`);
});

test('a service is added, checked and deleted on any page', async ({ home, page, catalogue }) => {
  const { id, name } = await catalogue.add();
  await home.open(`/services/${id}`);
  await page.keyboard.press('n');
  const added = catalogue.name('added');
  await home.field('Name').fill(added);
  await home.save.click();
  await expect(home.told).toContainText('was added.');
  await page.getByRole('button', { name: 'Show it' }).click();
  await expect(home.card(added).root.getByRole('button').first()).toBeFocused();
  await expect(page).toHaveURL('/');

  await page.goBack();
  await home.card(name).edit.click();
  await home.form.getByRole('button', { name: 'Delete' }).click();
  await home.confirm.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('heading', { name: 'Service not found' })).toBeVisible();
});

test('the browser follows a link clicked with a modifier key', async ({ home, page, context, catalogue }) => {
  await catalogue.add();
  await home.open('/?sort=name');
  const opened = context.waitForEvent('page');
  await page.getByRole('link', { name: 'Dev Portal' }).click({ modifiers: ['ControlOrMeta'] });
  await (await opened).waitForURL('/');
  await expect(page).toHaveURL('/?sort=name');
});
