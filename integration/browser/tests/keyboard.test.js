import { expect, test } from '../portal/test.js';

async function row(home, catalogue) {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((letter) => catalogue.name(letter));
  await catalogue.all(names.map((name) => ({ name, status: 'healthy' })));
  await home.open(`/?q=${catalogue.mark}`);
  await expect(home.cards).toHaveCount(names.length);
  return names;
}

test('/ goes to the search, and types no slash', async ({ home, page }) => {
  await home.open();
  await page.keyboard.press('/');
  await expect(home.search).toBeFocused();
  await expect(home.search).toHaveValue('');
  await page.keyboard.type('a/n?');
  await expect(home.search, 'in the field, they are letters').toHaveValue('a/n?');
  await expect(home.form).toBeHidden();
  await expect(home.help).toBeHidden();
});

test('Escape clears the search, then leaves it', async ({ home, page }) => {
  await home.open();
  await home.only('billing');
  await page.keyboard.press('Escape');
  await expect(home.search).toHaveValue('');
  await expect(page).toHaveURL('/');
  await page.keyboard.press('Escape');
  await expect(home.search).not.toBeFocused();
});

test('n opens the form for a new service, and Escape gives the focus back', async ({ home, page }) => {
  await home.open();
  await home.helpButton.focus();
  await page.keyboard.press('n');
  await expect(home.field('Name')).toBeFocused();
  await expect(home.field('Name'), 'the n itself is not typed').toHaveValue('');
  await page.keyboard.press('Escape');
  await expect(home.form).toBeHidden();
  await expect(home.helpButton).toBeFocused();
});

test('? opens the help, which lists every key', async ({ home, page }) => {
  await home.open();
  await page.keyboard.press('?');
  await expect(home.help).toBeVisible();
  const keys = await home.help.locator('kbd').allTextContents();
  expect(keys).toEqual(expect.arrayContaining(['/', 'n', '?', '←', '↑', '→', '↓', 'Enter', 'Esc']));
  await page.keyboard.press('Escape');
  await expect(home.help).toBeHidden();
});

test('keys with Ctrl, Alt or Meta stay the browser’s', async ({ home, page }) => {
  await home.open();
  for (const key of ['Control+/', 'Alt+n', 'Meta+n']) await page.keyboard.press(key);
  await expect(home.search).not.toBeFocused();
  await expect(home.form).toBeHidden();
});

test('arrows, Home and End move between cards', async ({ home, page, catalogue }) => {
  const names = await row(home, catalogue);
  const focused = async (i) => expect(home.card(names[i]).open, names[i]).toBeFocused();
  const tops = await home.cards.evaluateAll((cards) => cards.map((card) => card.getBoundingClientRect().top));
  const wide = tops.filter((top) => top === tops[0]).length;
  expect(wide, 'cards side by side').toBeGreaterThan(1);

  await page.keyboard.press('ArrowDown');
  await focused(0);
  await page.keyboard.press('ArrowRight');
  await focused(1);
  await page.keyboard.press('ArrowDown');
  await focused(1 + wide);
  await page.keyboard.press('ArrowUp');
  await focused(1);
  await page.keyboard.press('ArrowLeft');
  await focused(0);
  await page.keyboard.press('ArrowLeft');
  await focused(0);
  await page.keyboard.press('End');
  await focused(names.length - 1);
  await page.keyboard.press('Home');
  await focused(0);
});

test('Enter on a card opens it, and Escape leads back to the card', async ({ home, page, catalogue }) => {
  const names = await row(home, catalogue);
  await home.search.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: names[1] })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(home.card(names[1]).open).toBeFocused();
});

test('e edits the service with the focus, or the one that is open', async ({ home, page, catalogue }) => {
  const names = await row(home, catalogue);
  await page.keyboard.press('e');
  await expect(home.form, 'no service has the focus').toBeHidden();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('e');
  await expect(home.field('Name')).toHaveValue(names[0]);
  await page.keyboard.press('Escape');
  await expect(home.card(names[0]).open).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: names[0] })).toBeFocused();
  await page.keyboard.press('e');
  await expect(home.field('Name')).toHaveValue(names[0]);
  await page.keyboard.press('Escape');
  await expect(home.form).toBeHidden();
  await expect(page.getByRole('region', { name: names[0] }), 'Escape closed the form alone').toBeVisible();
});

test('a service can be added, found, edited and deleted without a pointer', async ({ home, page, catalogue }) => {
  const name = catalogue.name('by keys');
  await home.open();
  await page.keyboard.press('n');
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await expect(home.card(name).root).toBeVisible();

  await page.keyboard.press('/');
  await page.keyboard.type(catalogue.mark);
  await expect(home.cards).toHaveCount(1);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('e');
  await home.field('Description').focus();
  await page.keyboard.type('edited');
  await home.save.press('Enter');
  await expect(home.card(name).description).toHaveText('edited');

  await expect(home.card(name).open).toBeFocused();
  await page.keyboard.press('e');
  await home.form.getByRole('button', { name: 'Delete' }).press('Enter');
  await home.confirm.getByRole('button', { name: 'Delete' }).press('Enter');
  await expect(home.card(name).root).toHaveCount(0);
  expect(await page.evaluate(() => document.activeElement === document.body), 'the focus is somewhere').toBe(false);
});

test('the first Tab offers to skip to the services', async ({ home, page }) => {
  await home.open();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the services' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});
