import { expect, test } from '../portal/test.js';

test('somebody else’s change shows in an open form with both values', async ({ home, another, catalogue }) => {
  const { name, id } = await catalogue.add({ team: catalogue.name('Payments') });
  await home.open();
  await another.open();
  await home.card(name).edit.click();
  await home.field('Description').fill('mine');

  await another.card(name).edit.click();
  await another.field('Description').fill('theirs');
  await another.retag('their-tag');
  await another.save.click();
  await expect(another.form).toBeHidden();

  await expect(home.conflict, 'both values').toContainText(/Description\s*Theirs theirs\s*Yours mine/);
  await expect(home.conflict, 'which only they changed is no question').not.toContainText('their-tag');
  await expect(home.formTags).toHaveText(['their-tag']);
  await expect(home.field('Description'), 'what was typed stays').toHaveValue('mine');
  await home.save.click();
  await expect(home.form, 'a person chooses first').toBeVisible();
  await expect(home.conflict.getByRole('button', { name: 'Take their changes' }), 'and is led there').toBeFocused();
  expect(await catalogue.read(id)).toMatchObject({ description: 'theirs', tags: ['their-tag'] });
});

// met opens a form with the change "mine" and a notice of the change "theirs".
async function met(home, catalogue) {
  const { name, id } = await catalogue.add();
  await home.open();
  await home.card(name).edit.click();
  await home.field('Description').fill('mine');
  await catalogue.change(id, { description: 'theirs', tags: ['their-tag'] });
  await expect(home.conflict).toBeVisible();
  return id;
}

test('Keep mine overwrites their change', async ({ home, catalogue }) => {
  const id = await met(home, catalogue);
  await home.conflict.getByRole('button', { name: 'Keep mine and overwrite' }).click();
  await expect(home.form).toBeHidden();
  expect(await catalogue.read(id)).toMatchObject({ description: 'mine', tags: ['their-tag'] });
});

test('Take their changes shows them in the form, to go on from there', async ({ home, catalogue }) => {
  const id = await met(home, catalogue);
  await home.conflict.getByRole('button', { name: 'Take their changes' }).click();
  await expect(home.conflict).toBeHidden();
  await expect(home.field('Description')).toHaveValue('theirs');
  await expect(home.formTags).toHaveText(['their-tag']);
  await home.field('Description').fill('theirs and mine');
  await home.save.click();
  await expect(home.form).toBeHidden();
  expect(await catalogue.read(id)).toMatchObject({ description: 'theirs and mine', tags: ['their-tag'] });
});

test('a change at the moment of saving is refused by the server and shown @way', async ({
  home,
  page,
  catalogue,
  watch,
}) => {
  const { name, id } = await catalogue.add();
  await home.open();
  await home.card(name).edit.click();
  await home.field('Description').fill('mine');
  let changed = false;
  await page.route(`**/api/services/${id}`, async (route) => {
    if (route.request().method() === 'PATCH' && !changed) {
      changed = true;
      await catalogue.change(id, { description: 'theirs' });
    }
    await route.continue();
  });
  watch.expect({ method: 'PATCH', status: 412, path: new RegExp(`/api/services/${id}$`) });
  await home.save.click();
  await expect(home.conflict).toContainText('theirs');
  expect(await catalogue.read(id)).toMatchObject({ description: 'theirs' });
  await home.conflict.getByRole('button', { name: 'Keep mine and overwrite' }).click();
  await expect(home.form).toBeHidden();
  await expect(home.card(name).description).toHaveText('mine');
  expect(await catalogue.read(id)).toMatchObject({ description: 'mine' });
});

test('changes of different fields are both kept, and nobody is asked', async ({ home, page, catalogue, watch }) => {
  const { name, id } = await catalogue.add({ team: catalogue.name('Payments'), tags: ['go'] });
  await home.open();
  await home.edit({ id, name });
  await home.field('Description').fill('mine');
  await catalogue.change(id, { docs_url: 'https://docs.example.com/' });
  await expect(home.field('Docs URL'), 'theirs, as soon as it is known').toHaveValue('https://docs.example.com/');
  await expect(home.field('Description')).toHaveValue('mine');

  // Again at the moment of saving.
  let changed = false;
  await page.route(`**/api/services/${id}`, async (route) => {
    if (route.request().method() === 'PATCH' && !changed) {
      changed = true;
      await catalogue.change(id, { tags: ['a, b'], team: null });
    }
    await route.continue();
  });
  watch.expect({ method: 'PATCH', status: 412, path: new RegExp(`/api/services/${id}$`) });
  await home.save.click();
  await expect(home.form).toBeHidden();
  const both = { description: 'mine', docs_url: 'https://docs.example.com/', tags: ['a, b'], team: null };
  expect(await catalogue.read(id)).toMatchObject(both);
});

test('a form without changes takes over somebody else’s change', async ({ home, catalogue }) => {
  const { name, id } = await catalogue.add();
  await home.open();
  await home.card(name).edit.click();
  await catalogue.change(id, { description: 'theirs' });
  await expect(home.field('Description')).toHaveValue('theirs');
  await expect(home.conflict).toBeHidden();
});

test('a probe meanwhile is no conflict @probes', async ({ home, catalogue, target }) => {
  const { name, id } = await catalogue.add({ status_url: target.url });
  await home.open();
  await expect(home.card(name).status).toHaveText('Healthy');
  await home.card(name).edit.click();
  await home.field('Description').fill('mine');
  target.answers(503);
  await fetch(`${new URL(home.page.url()).origin}/api/services/${id}/check`, { method: 'POST' });
  await home.save.click();
  await expect(home.form).toBeHidden();
  await expect(home.card(name).description).toHaveText('mine');
  await expect(home.card(name).status).toHaveText('Degraded');
});

test('a service that somebody deleted meanwhile is not saved, and the form says so', async ({
  home,
  catalogue,
  watch,
}) => {
  const { name, id } = await catalogue.add();
  await home.open();
  await home.edit({ id, name });
  await home.field('Description').fill('a long text');
  await catalogue.remove(id);
  await expect(home.card(name).root).toHaveCount(0);
  watch.expect({ method: 'PATCH', status: 404, path: new RegExp(`/api/services/${id}$`) });
  await home.save.click();
  await expect(home.form.getByRole('alert').filter({ hasText: 'deleted' })).toBeVisible();
  await expect(home.field('Description'), 'what was typed can be copied').toHaveValue('a long text');
  await home.cancel.click();
  await expect(home.form).toBeHidden();
});
