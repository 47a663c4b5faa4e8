import { expect, test } from '../portal/test.js';

// three adds services that differ in one field each; the mark hides other services.
async function three(catalogue) {
  const { mark } = catalogue;
  await catalogue.add({ name: `${mark} by-name`, description: 'Takes the money.' });
  await catalogue.add({ name: `${mark} two`, team: `${mark} Payments` });
  await catalogue.add({ name: `${mark} three`, tags: [`${mark}-postgres`] });
  return mark;
}

const finds = {
  'its name': { text: (mark) => `${mark} BY-name`, name: 'by-name' },
  'its description': { text: () => 'takes the MONEY', name: 'by-name' },
  'its team': { text: () => 'PAYments', name: 'two' },
  'a tag': { text: (mark) => `${mark}-POSTgres`, name: 'three' },
};
for (const [what, { text, name }] of Object.entries(finds)) {
  test(`search finds a service by ${what}, in whatever case`, async ({ home, catalogue }) => {
    const mark = await three(catalogue);
    await home.open();
    await home.only(text(mark));
    await expect(home.card(`${mark} ${name}`).root).toBeVisible();
    for (const other of ['by-name', 'two', 'three'].filter((other) => other !== name)) {
      await expect(home.card(`${mark} ${other}`).root).toHaveCount(0);
    }
  });
}

test('the search is text, not a pattern', async ({ home, catalogue }) => {
  await catalogue.add({ name: catalogue.name('a.b*c (50%) _x') });
  await catalogue.add({ name: catalogue.name('aXbbc 50 yx') });
  await home.open();
  for (const text of ['a.b*c', '(50%)', '_x']) {
    await home.only(`${text}`);
    await expect(home.card(catalogue.name('a.b*c (50%) _x')).root).toBeVisible();
    await expect(home.card(catalogue.name('aXbbc 50 yx')).root).toHaveCount(0);
  }
});

test('the search waits until a person stops typing', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add({ name: catalogue.name('billing') });
  await page.clock.install();
  await home.open();
  await expect(home.card(name).root).toBeVisible();
  const shown = await home.count.textContent();
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000));

  await home.search.focus();
  for (const letter of 'no such thing') {
    await page.keyboard.type(letter);
    await page.clock.runFor(60);
    await expect(home.count, `after "${letter}"`).toHaveText(shown);
    await expect(page).toHaveURL('/');
  }
  await page.clock.runFor(500);
  await expect(home.card(name).root).toHaveCount(0);
  await expect(page).toHaveURL('/?q=no+such+thing');
});

test('a search without a result says so and leads back', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add();
  await home.open();
  await home.only('no service has this name');
  await expect(page.getByRole('heading', { name: 'No services match' })).toBeVisible();
  await expect(home.cards).toHaveCount(0);
  await page.locator('#emptyState').getByRole('button', { name: 'Clear filters' }).click();
  await expect(home.card(name).root).toBeVisible();
  await expect(home.search).toHaveValue('');
  await expect(home.search).toBeFocused();
  await expect(page).toHaveURL('/');
});

test('a portal without services tells what to do first', async ({ home, page, catalogue }) => {
  if ((await catalogue.size()) > 0) {
    // A deployment may have other services: the page gets an empty list.
    await page.route('**/api/services', (route) =>
      route.request().method() === 'GET' ? route.fulfill({ json: { items: [], total: 0 } }) : route.continue(),
    );
  }
  await home.open();
  await expect(page.getByRole('heading', { name: 'No services yet' })).toBeVisible();
  await page.getByRole('button', { name: 'Add your first one' }).click();
  const name = catalogue.name('first');
  await home.field('Name').fill(name);
  await home.save.click();
  await expect(home.card(name).root).toBeVisible();
  await expect(page.getByRole('heading', { name: 'No services yet' })).toBeHidden();
});

test('the page says how many of all are shown', async ({ home, catalogue }) => {
  const names = ['one', 'two', 'three'].map((text) => catalogue.name(text));
  for (const name of names) await catalogue.add({ name });
  await home.open();
  const total = await catalogue.size();
  await expect(home.count).toHaveText(`${total} services`);
  await home.only(names[0]);
  await expect(home.count).toHaveText(`1 of ${total} services`);
  await expect(home.count).toHaveAttribute('aria-live', 'polite');
});

test('a click right after the last letter applies it', async ({ home, page, catalogue }) => {
  const mine = await catalogue.add({ name: catalogue.name('mine'), status: 'down' });
  const other = await catalogue.add({ name: catalogue.name('other'), status: 'down' });
  await page.clock.install();
  await home.open();
  await expect(home.card(mine.name).root).toBeVisible();
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000));
  await home.search.fill(mine.name);
  await home.chip('status', 'down').click();
  await page.clock.runFor(500);
  await expect(home.search).toHaveValue(mine.name);
  await expect(home.card(other.name).root).toHaveCount(0);
  await expect(home.card(mine.name).root).toBeVisible();
  await expect(page).toHaveURL((url) => url.searchParams.get('q') === mine.name);
  await page.clock.resume();
  await page.goBack();
  await expect(home.search, 'Back undoes the filter, not the search').toHaveValue(mine.name);
  await expect(home.chip('status', 'down')).toHaveAttribute('aria-pressed', 'false');
});

test('the page and the API find the same, by words in any order', async ({ home, portal, catalogue }) => {
  const { mark } = catalogue;
  await catalogue.add({ name: `${mark} Café`, team: 'Größe' });
  await catalogue.add({ name: `${mark} STRASSE`, tags: ['ΟΔΟΣ'] });
  await home.open();
  for (const [text, n] of Object.entries({
    [`${mark} cafe\u0301`]: 1,
    [`straße ${mark}`]: 1,
    [`οδος\u00a0 strasse\u200b ${mark}`]: 1,
    [`GRÖSSE ${mark} ＣＡＦÉ`]: 1,
    [`${mark} cafe`]: 0,
    [`${mark} \u200b`]: 2,
  })) {
    await home.only(text);
    await expect(home.cards, text).toHaveCount(n);
    const answer = await fetch(`${portal.url}/api/services?q=${encodeURIComponent(text)}`);
    expect((await answer.json()).total, text).toBe(n);
  }
});
