import { expect, test } from '../portal/test.js';

// filled opens the form for a new service, and types a name.
async function filled(home, catalogue) {
  const name = catalogue.name('half a thought');
  await home.open();
  await home.addButton.click();
  await home.field('Name').fill(name);
  return name;
}

test('Escape asks before it throws a filled form away', async ({ home, page, catalogue }) => {
  const name = await filled(home, catalogue);
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Escape');
    await expect(home.question.getByRole('button', { name: 'Keep editing' })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(home.question).toBeHidden();
    await expect(home.form).toBeVisible();
  }
  await expect(home.field('Name')).toHaveValue(name);
  await expect(home.field('Name')).toBeFocused();
  await page.keyboard.press('Escape');
  await home.question.getByRole('button', { name: 'Discard' }).click();
  await expect(home.form).toBeHidden();
  expect(await catalogue.named(name)).toBeUndefined();
});

test('a tag that is typed but not added counts as a change', async ({ home, page }) => {
  await home.open();
  await home.addButton.click();
  await home.field('Tags').fill('go');
  await page.keyboard.press('Escape');
  await expect(home.question).toBeVisible();
});

test('a form in which nobody typed closes at once', async ({ home, page, catalogue }) => {
  const { id, name } = await catalogue.add({ tags: ['a, b'], description: 'one\r\ntwo' });
  await home.open();
  await home.edit({ id, name });
  await page.keyboard.press('Escape');
  await expect(home.form).toBeHidden();
  await expect(home.question).toBeHidden();
});

test('a draft that Cancel dropped can be restored', async ({ home, catalogue }) => {
  const { name, id } = await catalogue.add({ description: 'before' });
  await home.open();
  await home.edit({ id, name });
  await home.field('Description').fill('a long text');
  await home.field('Tags').fill('go,');
  await home.cancel.click();
  await expect(home.form).toBeHidden();
  await catalogue.change(id, { team: 'Payments' });
  await home.told.getByRole('button', { name: 'Restore' }).click();
  await expect(home.field('Description')).toHaveValue('a long text');
  await expect(home.field('Team'), 'what others changed meanwhile').toHaveValue('Payments');
  await home.save.click();
  await expect(home.form).toBeHidden();
  expect(await catalogue.read(id)).toMatchObject({ description: 'a long text', tags: ['go'], team: 'Payments' });
});

test('leaving the page with a filled form is asked about', async ({ home, page, catalogue }) => {
  await filled(home, catalogue);
  const asked = page.waitForEvent('dialog');
  const closed = page.close({ runBeforeUnload: true });
  const dialog = await asked;
  expect(dialog.type()).toBe('beforeunload');
  await dialog.accept();
  await closed;
});

test('Save says that it saves, and shows what went wrong', async ({ home, page, catalogue, watch }) => {
  const { name, id } = await catalogue.add();
  await home.open();
  await home.edit({ id, name });
  let answer;
  const held = new Promise((resolve) => {
    answer = resolve;
  });
  await page.route(`**/api/services/${id}`, async (route) => {
    if (route.request().method() !== 'PATCH') return route.fallback();
    await held;
    return route.fulfill({ status: 503, json: { status: 503, detail: 'The disk is full.' } });
  });
  watch.expect({ method: 'PATCH', status: 503, path: new RegExp(`/api/services/${id}$`) });
  await home.field('Description').fill('mine');
  await home.save.click();
  await expect(home.form.getByRole('button', { name: 'Saving…' })).toBeVisible();
  await page.keyboard.press('Escape');
  answer();
  await expect(home.form.getByRole('alert').filter({ hasText: 'The disk is full.' })).toBeInViewport();
  await expect(home.save).toBeVisible();
  await expect(home.field('Description')).toHaveValue('mine');
});

test('a form that could not read its service does not overwrite it blindly', async ({ home, page, catalogue }) => {
  const { name, id } = await catalogue.add();
  await home.open();
  await page.route(`**/api/services/${id}`, (route) =>
    route.request().method() === 'GET' ? route.fulfill({ status: 200, body: 'no JSON' }) : route.fallback(),
  );
  await home.card(name).edit.click();
  await home.field('Description').fill('mine');
  await home.save.click();
  await expect(home.form.getByRole('alert').filter({ hasText: /./ })).toBeVisible();
  expect((await catalogue.read(id)).description).toBeNull();
});
