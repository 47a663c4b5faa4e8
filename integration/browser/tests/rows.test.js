import { flaws } from '../portal/axe.js';
import { expect, onlyByEvents, test } from '../portal/test.js';

const titles = (home) => home.cards.getByRole('heading', { level: 3 });
const sections = (page) => page.locator('service-grid').getByRole('heading', { level: 2 });
const fold = (page, name) => page.locator('service-grid').getByRole('button', { name, exact: true });

// fill adds services in every status; the newest of two that are down is "down 2".
async function fill(catalogue) {
  const named = (...texts) => texts.map((text) => catalogue.name(text));
  const all = {};
  for (const [text, status] of Object.entries({
    'down 1': 'down',
    'down 2': 'down',
    shaky: 'degraded',
    'well 1': 'healthy',
    'well 2': 'healthy',
  })) {
    all[text] = await catalogue.add({ name: catalogue.name(text), status, tags: ['go', 'critical'], team: 'Payments' });
  }
  return { all, named };
}

test('rows are by status, the newest trouble first, and are remembered', async ({ home, page, catalogue }) => {
  const { named } = await fill(catalogue);
  await page.setViewportSize({ width: 1440, height: 900 });
  await home.open(`/?q=${catalogue.mark}`);
  const rows = page.getByRole('button', { name: 'Rows' });
  await expect(rows).toHaveAttribute('aria-pressed', 'false');
  await rows.click();
  await expect(page).toHaveURL((url) => url.searchParams.get('view') === 'rows');
  await expect(sections(page)).toHaveText([/Down/, /Degraded/, /Healthy/]);
  await expect(titles(home)).toHaveText(named('down 2', 'down 1', 'shaky', 'well 1', 'well 2'));
  const row = home.card(named('down 2')[0]);
  await expect(row.root.locator('.service-row')).toHaveCSS('height', '36px');
  await expect(row.health).toHaveText(/^Down\s+for \d+ s/);
  await expect(row.team).toHaveText('Payments');
  await expect(row.root).toContainText('critical');

  await page.goto(`/?q=${catalogue.mark}`);
  await expect(row.root.locator('.service-row'), 'as it was left').toBeVisible();
  await page.goto(`/?q=${catalogue.mark}&view=cards`);
  await expect(row.root.locator('.service-card'), 'the address decides').toBeVisible();
});

test('what is healthy is folded while something is not, until a person looks for it', async ({
  home,
  page,
  catalogue,
}) => {
  const { named } = await fill(catalogue);
  const well = home.card(named('well 1')[0]);
  await home.open('/?view=rows');
  await expect(fold(page, 'Healthy')).toHaveAttribute('aria-expanded', 'false');
  await expect(sections(page).filter({ hasText: 'Healthy' })).toHaveText(/\d+ services?/);
  await expect(home.card(named('shaky')[0]).root).toBeVisible();
  await expect(well.root).toHaveCount(0);
  await fold(page, 'Healthy').click();
  await expect(well.root).toBeVisible();
  await expect(fold(page, 'Healthy')).toBeFocused();
  await fold(page, 'Healthy').click();
  await expect(well.root).toHaveCount(0);

  await page.reload();
  await home.only(named('well')[0].split(' ')[0]);
  await expect(home.card(named('shaky')[0]).root.or(well.root).first()).toBeVisible();
  await expect(well.root).toBeVisible();
});

test('what somebody reads stays unfolded when something falls @own', async ({ home, page, catalogue }) => {
  const all = [];
  for (const text of ['a', 'b']) all.push(await catalogue.add({ name: catalogue.name(text), status: 'healthy' }));
  await home.open('/?view=rows');
  await expect(home.cards).toHaveCount(2);
  await catalogue.change(all[0].id, { status: 'down' });
  await expect(sections(page)).toHaveText([/Down/, /Healthy/]);
  await expect(home.card(all[1].name).root).toBeVisible();
  await page.reload();
  await expect(sections(page)).toHaveText([/Down/, /Healthy\s*1 service/]);
});

test('a service that is added into a folded part is said to be there, and shown', async ({ home, page, catalogue }) => {
  await fill(catalogue);
  await home.open('/?view=rows');
  const name = catalogue.name('new');
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.field('Status').selectOption('Healthy');
  await home.save.click();
  await expect(home.told).toContainText(`${name} was added. It is in a part of the list that is folded.`);
  await home.told.getByRole('button', { name: 'Show it' }).click();
  await expect(home.card(name).open).toBeFocused();
  await expect(fold(page, 'Healthy')).toHaveAttribute('aria-expanded', 'true');
});

test('a row shows what can be done under the pointer and with the focus', async ({ home, page, catalogue, target }) => {
  const { name } = await catalogue.add({ status_url: target.url, docs_url: 'https://docs.example.com/' });
  await page.setViewportSize({ width: 1440, height: 900 });
  await home.open(`/?q=${catalogue.mark}&view=rows`);
  const row = home.card(name);
  const actions = row.root.locator('.card-actions');
  await expect(actions).toHaveCSS('opacity', '0');
  await row.health.hover();
  await expect(actions).toHaveCSS('opacity', '1');
  await home.search.hover();
  await expect(actions).toHaveCSS('opacity', '0');
  await row.open.focus();
  await expect(actions).toHaveCSS('opacity', '1');
  await row.check.click();
  await expect(home.told).toContainText(`${name} is healthy`);
  await expect(row.link('Docs')).toHaveAttribute('href', 'https://docs.example.com/');
  await page.keyboard.press('e');
  await expect(home.form).toBeVisible();
});

test('arrows walk the rows of all sections, and Enter opens one', async ({ home, page, catalogue }) => {
  const { named } = await fill(catalogue);
  await page.setViewportSize({ width: 1440, height: 900 });
  await home.open(`/?q=${catalogue.mark}&view=rows`);
  await expect(home.cards).toHaveCount(5);
  await home.search.press('ArrowDown');
  for (const name of named('down 2', 'down 1', 'shaky', 'well 1')) {
    await expect(home.card(name).open).toBeFocused();
    await page.keyboard.press('ArrowDown');
  }
  await expect(home.card(named('well 2')[0]).open).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#serviceName')).toHaveText(named('well 2')[0]);
  await page.keyboard.press('Escape');
  await expect(home.card(named('well 2')[0]).open).toBeFocused();
});

test('a row stays in its section under a pointer, and moves when it is gone', async ({ home, page, catalogue }) => {
  const { all, named } = await fill(catalogue);
  await home.open(`/?q=${catalogue.mark}&view=rows`);
  await expect(home.cards).toHaveCount(5);
  await onlyByEvents(page);
  await home.card(named('down 1')[0]).health.hover();
  await catalogue.change(all['well 1'].id, { status: 'down' });
  await expect(home.card(named('well 1')[0]).status).toHaveText('Down');
  await expect(titles(home)).toHaveText(named('down 2', 'down 1', 'shaky', 'well 1', 'well 2'));
  await home.search.hover();
  await expect(titles(home)).toHaveText(named('well 1', 'down 2', 'down 1', 'shaky', 'well 2'));
});

test('the tab says how many are down', async ({ home, page, catalogue }) => {
  const { id } = await catalogue.add({ status: 'down' });
  await home.open();
  await expect(page).toHaveTitle(/^[\d,]+ down · Dev Portal$/);
  await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', /^\/favicons\/(\d|more)\.svg$/);
  const before = Number((await page.title()).split(' ')[0].replaceAll(',', ''));
  expect(before).toBeGreaterThan(0);
  await catalogue.change(id, { status: 'healthy' });
  await expect(async () => expect(await page.title()).not.toMatch(new RegExp(`^${before} down`))).toPass();
});

for (const width of [360, 800, 1280]) {
  test(`axe finds nothing wrong with rows at ${width} px`, async ({ home, page, catalogue }) => {
    await fill(catalogue);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    await home.open(`/?q=${catalogue.mark}&view=rows&tag=go`);
    await expect(home.cards).toHaveCount(5);
    expect(await flaws(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });
}
