import { expect, test } from '../portal/test.js';

async function ask(home, { id, name }) {
  await home.edit({ id, name });
  await home.form.getByRole('button', { name: 'Delete' }).click();
  await expect(home.confirm.getByRole('heading', { name: `Delete ${name}?` })).toBeVisible();
}

test('a service is deleted after a question that names it @way', async ({ home, catalogue, another }) => {
  const service = await catalogue.add();
  const { name } = service;
  await home.open();
  await another.open();
  await ask(home, service);
  await home.confirm.getByRole('button', { name: 'Delete' }).click();
  await expect(home.card(name).root).toHaveCount(0);
  await expect(another.card(name).root, 'for everybody').toHaveCount(0);
  await expect(home.told).toContainText(`${name} was deleted.`);
  expect(await catalogue.named(name)).toBeUndefined();
});

const ways = {
  Cancel: (home) => home.confirm.getByRole('button', { name: 'Cancel' }).click(),
  Escape: (home) => home.page.keyboard.press('Escape'),
};
for (const [way, leave] of Object.entries(ways)) {
  test(`${way} deletes nothing, and leads back to the form as it was`, async ({ home, catalogue }) => {
    const service = await catalogue.add();
    const { name } = service;
    await home.open();
    await home.card(name).edit.click();
    await home.field('Description').fill('half a sent');
    await home.form.getByRole('button', { name: 'Delete' }).click();
    await leave(home);
    await expect(home.confirm).toBeHidden();
    await expect(home.form).toBeVisible();
    await expect(home.field('Description')).toHaveValue('half a sent');
    await home.cancel.click();
    await expect(home.card(name).root).toBeVisible();
    expect(await catalogue.named(name)).toBeDefined();
  });
}

test('the question begins at Cancel, so that Enter alone deletes nothing', async ({ home, page, catalogue }) => {
  const service = await catalogue.add();
  const { name } = service;
  await home.open();
  await ask(home, service);
  await expect(home.confirm.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(home.confirm).toBeHidden();
  expect(await catalogue.named(name)).toBeDefined();
});

test('deleting a service that is gone already succeeds @way', async ({ home, page, catalogue, watch }) => {
  const service = await catalogue.add();
  const { name, id } = service;
  await home.open();
  await ask(home, service);
  await page.route(`**/api/services/${id}`, async (route) => {
    await catalogue.remove(id);
    await route.continue();
  });
  watch.expect({ method: 'DELETE', status: 404, path: new RegExp(`/api/services/${id}$`) });
  await home.confirm.getByRole('button', { name: 'Delete' }).click();
  await expect(home.told).toContainText(`${name} was deleted.`);
  await expect(home.card(name).root).toHaveCount(0);
  await expect(home.warned).toBeEmpty();
});

test('a service that others need is deleted after a second question that names them @way', async ({
  home,
  catalogue,
  watch,
}) => {
  const service = await catalogue.add();
  const needs = [{ id: service.id, kind: 'soft' }];
  const others = await Promise.all(
    ['b', 'a', 'c'].map((name) => catalogue.add({ name: catalogue.name(name), depends_on: needs })),
  );
  const named = others.map(({ name }) => name).sort();
  await home.open();
  watch.expect({ method: 'DELETE', status: 409, path: new RegExp(`/api/services/${service.id}$`) });
  const again = home.confirm.getByRole('heading', { name: `Delete ${service.name} anyway?` });
  const refused = async () => {
    await ask(home, service);
    await home.confirm.getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(again).toBeVisible();
    await expect(home.confirm).toContainText(`3 services need it: ${named[0]}, ${named[1]} and ${named[2]}.`);
    await expect(home.confirm.getByRole('button', { name: 'Cancel' })).toBeFocused();
  };
  await refused();
  await home.page.keyboard.press('Enter');
  await expect(home.form, 'Cancel leads back to the form').toBeVisible();
  await home.cancel.click();
  expect(await catalogue.named(service.name)).toBeDefined();

  await refused();
  await home.confirm.getByRole('button', { name: 'Delete anyway' }).click();
  await expect(home.told).toContainText(`${service.name} was deleted.`);
  await expect(home.card(service.name).root).toHaveCount(0);
  await expect(home.warned).toBeEmpty();
  const [left] = (await catalogue.read(others[0].id)).depends_on;
  expect([left.name, left.missing]).toEqual([service.name, true]);
});

test('the form for a new service offers no Delete', async ({ home }) => {
  await home.open();
  await home.addButton.click();
  await expect(home.form.getByRole('button', { name: 'Delete' })).toHaveCount(0);
});

test('the name of a deleted service is free again', async ({ home, catalogue }) => {
  const service = await catalogue.add();
  const { name } = service;
  await home.open();
  await ask(home, service);
  await home.confirm.getByRole('button', { name: 'Delete' }).click();
  await expect(home.card(name).root).toHaveCount(0);
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.save.click();
  await expect(home.card(name).root).toBeVisible();
});
