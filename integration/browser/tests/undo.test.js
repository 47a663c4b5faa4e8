// What a person did can be taken back: from the toast, and from the changes of a service.
import { flaws } from '../portal/axe.js';
import { expect, test } from '../portal/test.js';

const change = (page, text) => page.getByRole('listitem').filter({ hasText: text });
const toast = (home, text) => home.told.locator('.toast').filter({ hasText: text });

test('a deletion is taken back from its toast', async ({ home, catalogue, another }) => {
  const { id, name } = await catalogue.add({ team: 'Core', tags: ['go'] });
  await home.open();
  await another.open();
  await home.edit({ id, name });
  await home.form.getByRole('button', { name: 'Delete' }).click();
  await home.confirm.getByRole('button', { name: 'Delete' }).click();
  await expect(another.card(name).root).toHaveCount(0);
  await toast(home, 'was deleted').getByRole('button', { name: 'Undo' }).click();
  await expect(toast(home, `${name} was restored.`)).toBeVisible();
  await expect(home.card(name).root).toBeVisible();
  await expect(another.card(name).root, 'for everybody').toBeVisible();
  expect(await catalogue.read(id)).toMatchObject({ id, name, team: 'Core', tags: ['go'] });
});

test('an edit is taken back from its toast, and nothing else', async ({ home, catalogue }) => {
  const { id, name } = await catalogue.add({ team: 'Core', description: 'before' });
  await home.open();
  await home.edit({ id, name });
  await home.field('Description').fill('after');
  await home.field('Team').fill('');
  await home.save.click();
  await toast(home, 'was saved').getByRole('button', { name: 'Undo' }).click();
  await expect(toast(home, `${name} is as it was before.`)).toBeVisible();
  expect(await catalogue.read(id)).toMatchObject({ team: 'Core', description: 'before', version: 3 });
});

test('an edit that somebody built on is not taken back from its toast', async ({ home, catalogue }) => {
  const { id, name } = await catalogue.add({ description: 'before' });
  await home.open();
  await home.edit({ id, name });
  await home.field('Description').fill('after');
  await home.save.click();
  await expect(toast(home, 'was saved')).toBeVisible();
  await catalogue.change(id, { description: 'theirs' });
  await toast(home, 'was saved').getByRole('button', { name: 'Undo' }).click();
  await expect(home.warned.getByText('was changed again since')).toBeVisible();
  expect(await catalogue.read(id)).toMatchObject({ description: 'theirs' });
});

test('the page of a service lists its changes, and takes them back', async ({ home, page, catalogue, watch }) => {
  watch.expect({ method: 'POST', status: 409, path: /\/undo$/ });
  const { id, name } = await catalogue.add({ team: 'Core' });
  await home.open(`/services/${id}`);
  await expect(change(page, 'Added by')).toContainText(/\d\d:\d\d/);
  await expect(change(page, 'Added by').getByRole('button')).toBeHidden();
  await catalogue.change(id, { team: 'Payments' });
  await expect(change(page, 'Changed by')).toContainText('Team');
  await expect(change(page, 'Changed by')).toContainText('Core');
  await change(page, 'Changed by').getByRole('button', { name: 'Undo' }).click();
  await expect(home.told.getByText(`${name} was changed back.`)).toBeVisible();
  await expect(home.card(name).root).toContainText('Core');
  await expect(change(page, 'Changed by')).toHaveCount(2);

  await change(page, 'Changed by').last().getByRole('button', { name: 'Undo' }).click();
  await expect(home.warned.getByText('this was changed again since: team')).toBeVisible();
});

test('a deleted service is restored from its address', async ({ home, page, catalogue }) => {
  const { id, name } = await catalogue.add();
  await catalogue.remove(id);
  await home.open(`/services/${id}`);
  await expect(page.getByRole('heading', { name: 'Service not found' })).toBeVisible();
  await change(page, 'Deleted by').getByRole('button', { name: 'Restore' }).click();
  await expect(home.card(name).root).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Service not found' })).toBeHidden();
  await expect(change(page, 'Restored by')).toBeVisible();
});

test('a viewer sees the changes, and is offered nothing', async ({ home, page, catalogue }) => {
  const { id } = await catalogue.add({ team: 'Core' });
  await catalogue.change(id, { team: 'Payments' });
  await page.route('**/api/me', (route) => route.fulfill({ json: { kind: 'anonymous', role: 'viewer', teams: [] } }));
  await home.open(`/services/${id}`);
  await expect(change(page, 'Changed by')).toBeVisible();
  await expect(change(page, 'Changed by').getByRole('button')).toBeHidden();
});

for (const width of [360, 1280]) {
  test(`axe finds nothing wrong with the changes at ${width} px`, async ({ home, page, catalogue }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 740 });
    const { id } = await catalogue.add({ team: 'Core' });
    await catalogue.change(id, { team: 'Payments', tags: ['a', 'b'], description: 'x'.repeat(300) });
    await home.open(`/services/${id}`);
    await expect(change(page, 'Changed by')).toBeVisible();
    expect(await flaws(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}
