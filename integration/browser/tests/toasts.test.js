import { expect, test } from '../portal/test.js';

test('a person’s action is announced politely, and its toast disappears by itself', async ({ home, catalogue }) => {
  const name = catalogue.name('announced');
  await home.open();
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.save.click();
  const toast = home.told.getByText(`${name} was added.`);
  await expect(toast).toBeVisible();
  await expect(toast).toBeHidden();
  await expect(home.card(name).root).toBeVisible();
});

test('an edit is announced too, and its toast can be dismissed', async ({ home, catalogue }) => {
  const { name } = await catalogue.add();
  await home.open();
  await home.card(name).edit.click();
  await home.field('Description').fill('edited');
  await home.save.click();
  await expect(home.told).toContainText(`${name} was saved.`);
  await home.told.getByRole('button', { name: 'Dismiss' }).click();
  await expect(home.told).toBeEmpty();
});

test('a toast stays while it has the pointer or the focus', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add();
  await page.clock.install();
  await home.open();
  await home.card(name).edit.click();
  await home.save.click();
  const toast = home.told.getByText(`${name} was saved.`);
  await toast.hover();
  await page.clock.runFor(8_000);
  await expect(toast).toBeVisible();
  await page.mouse.move(0, 0);
  await page.clock.runFor(6_000); // less than 15 s in all, the timeout of a running request
  await expect(toast).toBeHidden();
});

test('an error is announced at once', async ({ home, page, catalogue, watch }) => {
  const { name, id } = await catalogue.add();
  await home.open();
  const detail = 'The database cannot be reached at the moment.';
  await page.route(`**/api/services/${id}`, (route) => {
    if (route.request().method() !== 'DELETE') return route.fallback();
    return route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({ status: 503, detail }),
    });
  });
  watch.expect({ method: 'DELETE', status: 503, path: new RegExp(`/api/services/${id}$`) });
  await home.card(name).edit.click();
  await home.form.getByRole('button', { name: 'Delete' }).click();
  await home.confirm.getByRole('button', { name: 'Delete' }).click();
  await expect(home.warned).toContainText(`${name} was not deleted: ${detail}`);
  await expect(home.card(name).root).toBeVisible();
});

test('many toasts do not bury the page', async ({ home, catalogue }) => {
  const { name } = await catalogue.add();
  await home.open();
  for (let i = 0; i < 6; i++) {
    await home.card(name).edit.click();
    await home.field('Description').fill(`edit ${i}`);
    await home.save.click();
    await expect(home.form).toBeHidden();
  }
  expect(await home.told.getByText(`${name} was saved.`).count()).toBeLessThanOrEqual(4);
});
