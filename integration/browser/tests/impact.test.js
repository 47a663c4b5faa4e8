// What fell, and whom it hits: above the list, on cards and rows, and on the pages of services.
import { flaws } from '../portal/axe.js';
import { pageOf } from '../portal/home.js';
import { expect, onlyByEvents, test } from '../portal/test.js';

const contact = (name) => ({ kind: 'contact', contact: { name, email: null, phone: null, url: 'https://x.example' } });

// notice returns what is above the list.
function notice(page) {
  const root = page.getByRole('region', { name: 'What hits other services' });
  return { root, line: (name) => root.getByRole('listitem').filter({ hasText: name }) };
}

const line = (home, service) => home.card(service.name).root.locator('hit-line');
const box = (page) => page.locator('hit-box');

// chain adds a database, a ledger that needs it, and a shop that needs the ledger, with their teams.
async function chain(catalogue, { status = 'healthy', name = 'db' } = {}) {
  const [payments, shops] = [catalogue.name('Payments'), catalogue.name('Shop')];
  await catalogue.addTeam({ name: payments, on_call: contact('Ana Ruiz') });
  await catalogue.addTeam({ name: shops, on_call: contact('Bo') });
  const db = await catalogue.add({ name: catalogue.name(name), team: payments, status });
  const ledger = await catalogue.add({
    name: catalogue.name('ledger'),
    team: payments,
    status: 'healthy',
    description: 'Books what was paid.',
    depends_on: [{ id: db.id }],
  });
  const shop = await catalogue.add({
    name: catalogue.name('shop'),
    team: shops,
    status: 'healthy',
    depends_on: [{ id: ledger.id }],
  });
  return { db, ledger, shop, payments, shops };
}

test('the one cause is named above the list and on what it hits, and is gone after it recovered', async ({
  home,
  page,
  catalogue,
}) => {
  const { db, ledger, shop, payments } = await chain(catalogue);
  const alone = await catalogue.add({ name: catalogue.name('alone'), status: 'down' });
  await home.open(`/?q=${catalogue.mark}`);
  await onlyByEvents(page);
  const { line: above } = notice(page);
  const heights = () =>
    home.cards.evaluateAll((cards) => cards.map((card) => Math.round(card.getBoundingClientRect().height)));
  const before = await heights();
  await expect(line(home, shop)).toBeHidden();
  await expect(home.card(ledger.name).description).toBeVisible();

  await catalogue.change(db.id, { status: 'down' });
  await expect(above(db.name)).toContainText(/has been down for \d+ s, and hits 2 services of 2 teams\./);
  await expect(above(db.name)).toContainText(`Team ${payments}, on call: Ana Ruiz`);
  await expect(above(alone.name), 'it hits nobody').toHaveCount(0);
  await expect(line(home, ledger)).toHaveText(new RegExp(`needs ${db.name}\\s+down \\d+ s`));
  await expect(line(home, shop)).toHaveAttribute('title', /^Needs .*db.* \(down \d+ s\), through .*ledger/);
  await expect(line(home, db)).toBeHidden();
  await expect(home.card(shop.name).status, 'its own status stays what was measured').toHaveText('Healthy');
  expect(await heights(), 'no card grew').toEqual(before);

  await catalogue.change(db.id, { status: 'degraded' });
  await expect(above(db.name)).toContainText('has been degraded');
  await catalogue.change(db.id, { status: 'healthy' });
  await expect(above(db.name)).toHaveCount(0);
  await expect(line(home, shop)).toBeHidden();
  await expect(home.card(ledger.name).description).toBeVisible();
});

test('a new need, and one that ends, are as live as the status', async ({ home, page, catalogue }) => {
  const db = await catalogue.add({ name: catalogue.name('db'), status: 'down' });
  const shop = await catalogue.add({ name: catalogue.name('shop'), status: 'healthy' });
  await home.open(`/?q=${catalogue.mark}`);
  await onlyByEvents(page);
  await expect(line(home, shop)).toBeHidden();
  await catalogue.change(shop.id, { depends_on: [{ id: db.id }] });
  await expect(line(home, shop)).toContainText(db.name);
  await expect(notice(page).line(db.name)).toContainText('hits 1 service.');
  await catalogue.change(shop.id, { depends_on: [{ id: db.id, kind: 'soft' }] });
  await expect(line(home, shop)).toBeHidden();
  await expect(notice(page).line(db.name)).toHaveCount(0);
});

test('a row says it in its height', async ({ home, page, catalogue }) => {
  const { db, shop } = await chain(catalogue, { status: 'down' });
  const slow = await catalogue.add({
    name: catalogue.name('slow'),
    status: 'degraded',
    depends_on: [{ id: shop.id }],
  });
  for (const width of [1440, 1000, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await home.open(`/?view=rows&q=${catalogue.mark}`);
    await expect(line(home, shop)).toContainText(db.name);
    await expect(line(home, slow)).toContainText(/down \d+ s/);
    const height = width > 360 ? '36px' : '56px';
    await expect(home.card(shop.name).root.locator('.service-row')).toHaveCSS('height', height);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
});

test('a page names the causes with the way there, and whom a cause hits', async ({ home, page, catalogue }) => {
  const { db, ledger, shop, payments, shops } = await chain(catalogue);
  await home.open(pageOf(shop));
  await onlyByEvents(page);
  await expect(box(page)).toBeHidden();
  await catalogue.change(db.id, { status: 'down' });
  const causes = box(page).getByRole('list', { name: 'What hits it' }).getByRole('listitem');
  await expect(causes).toHaveText(new RegExp(`Needs ${db.name} \\(down \\d+ s\\), through ${ledger.name}`));
  await causes.getByRole('link', { name: db.name }).click();

  await expect(page).toHaveURL((url) => url.pathname === pageOf(db));
  const whom = box(page).getByText('Hits 2 services of 2 teams');
  await whom.click();
  const teams = box(page).getByRole('list', { name: 'Teams that it hits' }).getByRole('listitem');
  await expect(teams.filter({ hasText: shops })).toHaveText(`${shops} 1, on call Bo`);
  await expect(teams.filter({ hasText: payments })).toHaveText(`${payments} 1, on call Ana Ruiz`);
  await catalogue.change(db.id, { status: 'healthy' });
  await expect(box(page)).toBeHidden();
  await page.goto(pageOf(ledger));
  await expect(box(page)).toBeHidden();
});

test('at a moment the cause is that of then', async ({ home, page, catalogue }) => {
  const { db, shop } = await chain(catalogue);
  const { updated_at } = await catalogue.change(db.id, { status: 'down' });
  const moment = new Date(Date.parse(updated_at) + 1).toISOString();
  await catalogue.change(db.id, { status: 'healthy' });
  await home.open(`/?q=${catalogue.mark}`);
  await expect(home.card(shop.name).root).toBeVisible();
  await expect(notice(page).line(db.name)).toHaveCount(0);
  await page.goto(`/?q=${catalogue.mark}&at=${moment}`);
  await expect(notice(page).line(db.name)).toContainText('hits 2 services of 2 teams');
  await expect(line(home, shop)).toContainText(db.name);
  await page.goto(`${pageOf(shop)}?at=${moment}`);
  await expect(box(page)).toContainText(`Needs ${db.name}`);
  await page.getByRole('button', { name: 'Back to now' }).click();
  await expect(box(page)).toBeHidden();
});

test('more than three causes are folded, and the keyboard reaches all', async ({ home, page, catalogue }) => {
  const names = Array.from({ length: 5 }, (_, i) => catalogue.name(`hub ${i}`));
  await catalogue.all(names.map((name) => ({ name, status: 'down' })));
  await catalogue.add({
    name: catalogue.name('shop'),
    status: 'healthy',
    depends_on: names.map((name) => ({ name })),
  });
  await home.open(`/?q=${catalogue.mark}`);
  const { root } = notice(page);
  await expect(root.getByRole('listitem')).toHaveCount(3);
  const all = root.getByRole('button');
  await expect(all).toHaveText(/^\d+ more/);
  await all.focus();
  await page.keyboard.press('Enter');
  await expect(root.getByRole('listitem').filter({ hasText: catalogue.mark })).toHaveCount(5);
  await expect(all).toBeFocused();
  await expect(all).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('Shift+Tab');
  const last = root.getByRole('link').last();
  await expect(last).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL((url) => url.pathname.startsWith('/services/'));
});

test('a hostile name is text, wherever a cause is named', async ({ home, page, catalogue }) => {
  const text = '<img src=x onerror="window.hacked=true"> שירות';
  const { db, shop } = await chain(catalogue, { status: 'down', name: text });
  await home.open(`/?q=${catalogue.mark}`);
  await expect(notice(page).line(db.name)).toBeVisible();
  await expect(line(home, shop).locator('bdi')).toHaveText(db.name);
  await page.goto(pageOf(shop));
  await expect(box(page).getByRole('link', { name: db.name })).toBeVisible();
  await expect(page.locator('hit-box, hit-line, cause-notice').locator('img')).toHaveCount(0);
  expect(await page.evaluate(() => globalThis.hacked)).toBeUndefined();
});

test('above the list it waits while a pointer is over the cards, which say it themselves', async ({
  home,
  page,
  catalogue,
}) => {
  const { db, ledger, shop } = await chain(catalogue);
  await home.open(`/?q=${catalogue.mark}`);
  await expect(notice(page).line(db.name)).toHaveCount(0);
  await home.card(shop.name).root.hover();
  await catalogue.change(db.id, { status: 'down' });
  let x = 0;
  await expect(async () => {
    await home.card(shop.name).root.hover({ position: { x: 20 + x++, y: 20 } });
    await expect(line(home, ledger)).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(notice(page).line(db.name)).toHaveCount(0);
  await page.mouse.move(1, 1);
  await expect(notice(page).line(db.name)).toBeVisible();
});

for (const width of [1280, 360]) {
  test(`nothing is wrong with how it looks at ${width} px`, async ({ home, page, catalogue }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const { db, shop } = await chain(catalogue, { status: 'down', name: 'W'.repeat(80) });
    const scenes = { [`/?q=${catalogue.mark}`]: line(home, shop), [pageOf(shop)]: box(page), [pageOf(db)]: box(page) };
    for (const [path, shown] of Object.entries(scenes)) {
      await home.open(path);
      await expect(shown).toBeVisible();
      expect(await flaws(page), path).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(width);
    }
  });
}
