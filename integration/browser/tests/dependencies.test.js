// What services need of each other, on their pages; and how that and the form's field look.
import { flaws } from '../portal/axe.js';
import { pageOf } from '../portal/home.js';
import { offered, parts, rows } from '../portal/needs.js';
import { expect, onlyByEvents, test } from '../portal/test.js';

test('a page shows live what a service needs, and who needs it', async ({ home, page, catalogue }) => {
  const team = catalogue.name('Payments');
  const db = await catalogue.add({ name: catalogue.name('db'), team, status: 'healthy' });
  const mail = await catalogue.add({ name: catalogue.name('mail'), status: 'healthy' });
  const shop = await catalogue.add({ name: catalogue.name('shop'), status: 'healthy' });
  const asked = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (/^\/api\/.*\/dependencies/.test(pathname)) asked.push(pathname);
  });
  await home.open(pageOf(shop));
  const { needs, neededBy } = parts(page);
  await expect(needs).toContainText('Nothing declared.');
  await expect(neededBy).toContainText('No service says that it needs this one.');
  await onlyByEvents(page);

  const depends_on = [
    { id: db.id, note: 'writes orders' },
    { name: mail.name, kind: 'soft' },
  ];
  await catalogue.change(shop.id, { depends_on });
  await expect(rows(needs)).toHaveCount(2);
  await expect(rows(needs).filter({ hasText: db.name })).toContainText('writes orders');
  await expect(rows(needs).filter({ hasText: db.name })).toContainText(team);
  await expect(rows(needs).filter({ hasText: mail.name })).toContainText('works without it');

  await catalogue.change(mail.id, { status: 'down', name: catalogue.name('post') });
  await expect(rows(needs).first(), 'the worst first, by its name of now').toContainText(catalogue.name('post'));
  await expect(rows(needs).first()).toContainText(/Down for \d+ s/);

  await needs.getByRole('link', { name: db.name }).click();
  await expect(page).toHaveURL((url) => url.pathname === pageOf(db));
  await expect(rows(neededBy)).toHaveText(new RegExp(`${shop.name}.*writes orders`, 's'));
  await catalogue.change(shop.id, { depends_on: null });
  await expect(neededBy).toContainText('No service says that it needs this one.');
  const once = [shop, db].map(({ id }) => `/api/services/${id}/dependencies`); // for what traces show
  expect(asked).toEqual(once);
});

test('a page draws what is next to a service, and marks live what a fall reaches', async ({
  home,
  page,
  catalogue,
}) => {
  const add = (word, ...needs) =>
    catalogue.add({ name: catalogue.name(word), status: 'healthy', depends_on: needs.map(({ id }) => ({ id })) });
  const disk = await add('disk');
  const db = await add('db', disk);
  const ledger = await add('ledger', db);
  const shop = await add('shop', ledger, db);
  await add('portal', shop);
  await catalogue.see([{ client: disk.name, server: ledger.name, calls_per_minute: 3 }]);
  await home.open(pageOf(ledger));
  const drawing = page.getByRole('region', { name: 'Around it' }).getByRole('application');
  await drawing.scrollIntoViewIfNeeded();
  const nodes = drawing.getByRole('link');
  await expect(nodes).toHaveCount(4);
  await expect(drawing.locator('.edge')).toHaveCount(5);
  await expect(drawing.locator('.edge.observed')).toHaveCount(1);
  const around = page.getByRole('region', { name: 'Around it' });
  await drawing.getByRole('link', { name: new RegExp(`^${db.name},`) }).hover();
  await expect(around.getByText(`${db.name}: 3 services need it to work`), 'also what is not drawn').toBeVisible();
  await page.mouse.move(0, 0);
  await catalogue.change(db.id, { status: 'down' });
  await expect(drawing.locator('.edge.hit')).toHaveCount(3);
  await expect(drawing.getByRole('link', { name: new RegExp(`^${db.name}, down`) })).toBeVisible();
  expect(await flaws(page)).toEqual([]);
  await drawing.getByRole('link', { name: new RegExp(`^${shop.name},`) }).click();
  await expect(page).toHaveURL((url) => url.pathname === pageOf(shop));
  await expect(nodes).toHaveCount(4);
});

test('more than ten are folded, with the worst among those that show', async ({ home, page, catalogue }) => {
  const db = await catalogue.add({ name: catalogue.name('db'), status: 'healthy' });
  await catalogue.all(
    Array.from({ length: 12 }, (_, i) => ({
      name: catalogue.name(`user ${i}`),
      status: i === 11 ? 'down' : 'healthy',
      depends_on: [{ id: db.id }],
    })),
  );
  await home.open(pageOf(db));
  const { neededBy } = parts(page);
  await expect(rows(neededBy)).toHaveCount(10);
  await expect(rows(neededBy).first()).toContainText(catalogue.name('user 11'));
  await neededBy.getByRole('button', { name: 'All 12 that need it' }).click();
  await expect(rows(neededBy)).toHaveCount(12);
  const fewer = neededBy.getByRole('button', { name: 'Fewer that need it' });
  await expect(fewer).toBeFocused();
  await expect(fewer).toHaveAttribute('aria-expanded', 'true');
  await fewer.click();
  await expect(rows(neededBy)).toHaveCount(10);
});

test('a page without needs leads to the field, and the timeline says what changed', async ({
  home,
  page,
  catalogue,
}) => {
  const db = await catalogue.add({ name: catalogue.name('db') });
  const mail = await catalogue.add({ name: catalogue.name('mail') });
  const shop = await catalogue.add({ name: catalogue.name('shop'), depends_on: [{ id: mail.id, kind: 'soft' }] });
  await home.open(pageOf(db));
  await parts(page).needs.getByRole('button', { name: 'Say what it needs' }).click();
  await expect(home.field('Needs')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(home.form).toBeHidden();

  await catalogue.change(shop.id, { depends_on: [{ id: db.id }] });
  await home.open(pageOf(shop));
  await expect(page.getByText(`needs ${db.name} · no longer needs ${mail.name} (soft)`)).toBeVisible();
  await expect(parts(page).needs.getByRole('button', { name: 'Say what it needs' })).toBeHidden();
});

test('at a moment a page shows what was needed then, and by whom', async ({ home, page, catalogue }) => {
  const db = await catalogue.add({ name: catalogue.name('db'), status: 'down' });
  const shop = await catalogue.add({ name: catalogue.name('shop'), depends_on: [{ id: db.id, note: 'then' }] });
  const moment = new Date(Date.parse(shop.updated_at) + 1).toISOString();
  await catalogue.change(shop.id, { depends_on: null });
  await catalogue.change(db.id, { status: 'healthy' });
  await home.open(pageOf(shop));
  await expect(parts(page).needs).toContainText('Nothing declared.');
  await page.goto(`${pageOf(shop)}?at=${moment}`);
  await expect(rows(parts(page).needs)).toHaveText(/db.*Down.*then/s);
  await page.goto(`${pageOf(db)}?at=${moment}`);
  await expect(rows(parts(page).neededBy)).toHaveText(/shop.*then/s);
  await expect(parts(page).needs.getByRole('button', { name: 'Say what it needs' })).toBeHidden();
});

// scene opens the page of a service with all that the lists can show.
async function scene(home, catalogue) {
  const gone = await catalogue.add({ name: catalogue.name('old queue') });
  const db = await catalogue.add({
    name: `${catalogue.mark}${'W'.repeat(80)}`,
    team: catalogue.name('Payments'),
    status: 'down',
  });
  const mail = await catalogue.add({ name: catalogue.name('mail'), status: 'degraded' });
  const shop = await catalogue.add({
    name: catalogue.name('shop'),
    depends_on: [
      { id: gone.id },
      { id: db.id, note: 'n'.repeat(200) },
      { id: mail.id, kind: 'soft', note: 'receipts' },
    ],
  });
  await catalogue.add({ name: catalogue.name('front'), depends_on: [{ id: shop.id }] });
  await catalogue.remove(gone.id);
  await home.open(pageOf(shop));
  return shop;
}

const scenes = {
  'the lists of a page': async (home) => {
    await expect(rows(parts(home.page).needs)).toHaveCount(3);
  },
  'the field and what it offers': async (home, shop) => {
    await home.edit(shop);
    await home.field('Needs').fill(shop.name.split(' ').at(-1));
    await expect(offered(home).first()).toBeInViewport({ ratio: 1 });
    const small = await home.form
      .locator('.need-list')
      .evaluate((list) =>
        [...list.querySelectorAll('button, input, select')]
          .map((one) => one.getBoundingClientRect())
          .filter((box) => box.width < 24 || box.height < 24),
      );
    expect(small, 'too small to press').toEqual([]);
  },
};
for (const width of [1280, 360]) {
  for (const [what, arrange] of Object.entries(scenes)) {
    test(`nothing is wrong with ${what} at ${width} px`, async ({ home, page, catalogue }) => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await arrange(home, await scene(home, catalogue));
      expect(await flaws(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), 'sideways').toBeLessThanOrEqual(width);
    });
  }
}
