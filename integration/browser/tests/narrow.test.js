import { expect, test } from '../portal/test.js';

test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

const wide = {
  name: 'W',
  description: 'D'.repeat(400),
  tags: ['a-rather-long-tag-of-some-forty-letters', 'go', 'postgres'],
};

// outside returns what a person cannot reach: the page scrolls sideways, or a control is
// outside of the screen.
function outside(page) {
  return page.evaluate(() => {
    const found = document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : [];
    for (const control of document.querySelectorAll('a, button, input, select, textarea, h1, h2, h3')) {
      const { left, right, width } = control.getBoundingClientRect();
      const hidden = width === 0 || control.closest('.visually-hidden, .skip-link');
      if (!hidden && (left < 0 || right > innerWidth)) found.push(control.outerHTML);
    }
    return found;
  });
}

test('at 360 px nothing sticks out, and every control can be used', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add({ ...wide, name: `${catalogue.mark}${'W'.repeat(92)}`, status: 'down' });
  await catalogue.add({ ...wide, name: catalogue.name('probed'), status_url: 'http://127.0.0.1:1/', interval: '1h' });
  await home.open();
  expect(await outside(page)).toEqual([]);
  await page.keyboard.press('?'); // the button for it is shown only on devices with a keyboard
  await expect(home.help).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Escape');

  await home.filters();
  await expect(home.chip('status', 'down')).toBeVisible();
  expect(await outside(page), 'with the filters').toEqual([]);
  await home.chip('status', 'down').tap();
  await expect(home.card(name).root).toBeVisible();
  await home.clearButton.tap();
  await home.search.fill(catalogue.mark);
  await expect(home.cards).toHaveCount(2);
  for (const control of [home.card(name).open, page.getByLabel('Sort'), page.getByLabel('Group by team')]) {
    await control.scrollIntoViewIfNeeded();
    await expect(control).toBeInViewport({ ratio: 1 });
  }
  await home.card(name).open.tap();
  await expect(home.card(name).edit, 'a tap shows what a pointer shows over a card').toBeInViewport({ ratio: 1 });
  expect(await outside(page), 'on the page of a service').toEqual([]);
});

test('at 360 px the form fits, scrolls inside, and saves', async ({ home, page, catalogue }) => {
  const name = catalogue.name('small');
  await home.open();
  await home.addButton.tap();
  await expect(home.form).toBeInViewport({ ratio: 1 });
  expect(await outside(page)).toEqual([]);
  for (const control of await home.form.getByRole('textbox').all()) {
    await control.scrollIntoViewIfNeeded();
    await expect(control).toBeInViewport({ ratio: 1 });
  }
  await expect(home.save, 'at hand wherever the form is scrolled to').toBeInViewport({ ratio: 1 });
  await home.field('Name').fill(name);
  await home.save.tap();
  await expect(home.card(name).root).toBeVisible();

  await home.card(name).open.tap();
  await home.card(name).edit.tap();
  await expect(home.form.getByRole('button', { name: 'Delete' })).toBeInViewport({ ratio: 1 });
  await home.form.getByRole('button', { name: 'Delete' }).tap();
  await expect(home.confirm).toBeInViewport({ ratio: 1 });
  expect(await outside(page), 'with the question').toEqual([]);
  await home.confirm.getByRole('button', { name: 'Delete' }).tap();
  await expect(home.card(name).root).toHaveCount(0);
});

test('at 360 px a toast fits, and can be dismissed', async ({ home, page, catalogue }) => {
  const name = `${catalogue.mark}${'W'.repeat(92)}`;
  await catalogue.add({ name });
  await home.open();
  await home.card(name).open.tap();
  await home.card(name).edit.tap();
  await home.save.tap();
  const toast = home.told.getByText(`${name} was saved.`);
  await expect(toast).toBeInViewport({ ratio: 1 });
  expect(await outside(page)).toEqual([]);
  await home.told.getByRole('button', { name: 'Dismiss' }).tap();
  await expect(toast).toBeHidden();
});

test('at 360 px the filters say how many services they find, and lead to them', async ({ home, page, catalogue }) => {
  const names = ['one', 'two', 'three'].map((text) => catalogue.name(text));
  for (const name of names) await catalogue.add({ name, status: 'down', team: catalogue.name('Payments') });
  await home.open();
  await home.filters();
  await home.chip('team', catalogue.name('Payments')).tap();
  const results = home.sidebar.getByRole('button', { name: 'Show 3 services' });
  await expect(results).toBeInViewport({ ratio: 1 });
  await results.tap();
  await expect(results).toBeHidden();
  await expect(page.getByRole('main')).toBeFocused();
  await expect(home.count).toBeInViewport();
  await expect(home.cards.first()).toBeInViewport();
});
