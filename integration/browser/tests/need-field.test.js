// What a service needs, said in its form.

import { pageOf } from '../portal/home.js';
import { entry, offered, parts, rows } from '../portal/needs.js';
import { expect, test } from '../portal/test.js';

const told = (list) => list.map(({ name, kind, note }) => [name, kind, note]);

test('what a service needs is said by keyboard alone', async ({ home, page, catalogue }) => {
  const [db, mail] = [catalogue.name('Payments DB'), catalogue.name('mail')];
  for (const name of [db, mail]) await catalogue.add({ name, team: catalogue.name('Payments') });
  const { id, name } = await catalogue.add({ name: catalogue.name('shop') });
  await home.open();
  await home.edit({ id, name });
  const needs = home.field('Needs');
  const options = offered(home);
  await needs.focus();
  await page.keyboard.type(`db ${catalogue.mark}`);
  await expect(needs).toHaveAttribute('aria-expanded', 'true');
  await expect(options).toHaveCount(1);
  await expect(options, 'also by its status and team').toHaveAccessibleName(/Payments DB.*Unknown.*Payments/);
  expect(await needs.getAttribute('aria-activedescendant')).toBe(await options.getAttribute('id'));
  await page.keyboard.press('Enter');
  await expect(entry(home, db).root).toBeVisible();
  await expect(needs).toBeFocused();
  await expect(needs).toHaveValue('');
  await expect(needs).toHaveAttribute('aria-expanded', 'false');

  await page.keyboard.type(catalogue.mark);
  await expect(options, 'neither itself nor what is there').toHaveText([new RegExp(mail)]);
  await page.keyboard.press('Escape');
  await expect(options).toHaveCount(0);
  await expect(home.question, 'Escape closed the list alone').toBeHidden();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab'); // to the first entry
  await page.keyboard.press('Tab');
  await page.keyboard.type('writes orders');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(entry(home, mail).kind).toBeFocused();
  await page.keyboard.type('works');
  await expect(entry(home, mail).kind).toHaveValue('soft');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // in a note it saves, as in any field
  await expect(home.form).toBeHidden();
  expect(told((await catalogue.read(id)).depends_on)).toEqual([
    [db, 'hard', 'writes orders'],
    [mail, 'soft', null],
  ]);

  await home.edit({ id, name });
  await needs.focus();
  await page.keyboard.press('Backspace');
  await expect(entry(home, mail).remove).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(entry(home, mail).root).toHaveCount(0);
  await expect(entry(home, db).remove).toBeFocused();
  await home.save.click();
  await expect(home.form).toBeHidden();
  expect(told((await catalogue.read(id)).depends_on)).toEqual([[db, 'hard', 'writes orders']]);

  await home.told.getByRole('button', { name: 'Undo' }).last().click();
  await expect(home.told.getByText('is as it was before')).toBeVisible();
  expect(told((await catalogue.read(id)).depends_on)).toEqual([
    [db, 'hard', 'writes orders'],
    [mail, 'soft', null],
  ]);
});

test('a name that is typed and not chosen is saved too, whatever its case', async ({ home, catalogue }) => {
  const db = await catalogue.add({ name: catalogue.name('Payments DB') });
  const name = catalogue.name('shop');
  await home.open();
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.field('Needs').fill(db.name.toUpperCase());
  await home.save.click();
  await expect(home.form).toBeHidden();
  expect(told((await catalogue.named(name)).depends_on)).toEqual([[db.name, 'hard', null]]);
});

test('what no service is called is said at once, and by the server at its entry', async ({
  home,
  page,
  catalogue,
  watch,
}) => {
  const db = await catalogue.add({ name: catalogue.name('Payments DB') });
  const name = catalogue.name('shop');
  const none = catalogue.name('Redis?');
  await home.open();
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.field('Needs').fill(none);
  await page.keyboard.press('Enter');
  await expect(await home.fault('Needs')).toContainText('No service is found by');
  await home.field('Needs').fill(db.name);
  await page.keyboard.press('Enter');
  await expect(home.field('Needs')).not.toHaveAttribute('aria-invalid', 'true');
  await entry(home, db.name).note.fill('n'.repeat(201));
  await expect(entry(home, db.name).note).toHaveAccessibleDescription('1 character too many');
  await home.field('Needs').fill(none);
  watch.expect({ method: 'POST', status: 422, path: /\/api\/services$/ });
  await home.save.click();
  await expect(entry(home, db.name).note).toHaveAccessibleDescription(/At most 200/);
  await expect(entry(home, db.name).note).toBeFocused();
  await entry(home, db.name).note.fill('orders');
  await expect(entry(home, db.name).note).not.toHaveAttribute('aria-invalid', 'true');
  await home.save.click();
  await expect(entry(home, none).kind).toHaveAccessibleDescription(/No service has the name/);
  await expect(entry(home, none).kind).toBeFocused();
  await entry(home, none).remove.click();
  await home.save.click();
  await expect(home.form).toBeHidden();
  expect(told((await catalogue.named(name)).depends_on)).toEqual([[db.name, 'hard', 'orders']]);
});

test('what it needs is one field: unsaved, in a draft, and where two people meet', async ({
  home,
  page,
  catalogue,
}) => {
  const [db, mail] = [
    await catalogue.add({ name: catalogue.name('db') }),
    await catalogue.add({ name: catalogue.name('mail') }),
  ];
  const { id, name } = await catalogue.add({ name: catalogue.name('shop'), depends_on: [{ id: db.id }] });
  await home.open();
  await home.edit({ id, name });
  await page.keyboard.press('Escape');
  await expect(home.form, 'nothing was changed').toBeHidden();

  await home.edit({ id, name });
  await entry(home, db.name).note.fill('mine');
  await home.cancel.click();
  await home.told.getByRole('button', { name: 'Restore' }).click();
  await expect(entry(home, db.name).note).toHaveValue('mine');

  await catalogue.change(id, {
    depends_on: [{ id: db.id }, { id: mail.id, kind: 'soft' }],
    team: catalogue.name('Web'),
  });
  await expect(home.conflict).toContainText(`${db.name} · ${mail.name} (soft)`);
  await expect(home.conflict).toContainText(`${db.name}: mine`);
  await expect(home.field('Team'), 'which only they changed').toHaveValue(catalogue.name('Web'));
  await home.conflict.getByRole('button', { name: 'Take their changes' }).click();
  await expect(entry(home, mail.name).kind).toHaveValue('soft');
  await expect(home.field('Needs')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(home.form).toBeHidden();
});

test('a service that is gone is said to be, and can be taken out', async ({ home, page, catalogue }) => {
  const db = await catalogue.add({ name: catalogue.name('Payments DB') });
  const { id, name } = await catalogue.add({ name: catalogue.name('shop'), depends_on: [{ id: db.id }] });
  await catalogue.remove(db.id);
  await home.open(pageOf({ name }));
  const { needs } = parts(page);
  await expect(rows(needs)).toContainText('(deleted)');
  await home.edit({ id, name });
  await expect(entry(home, db.name).root).toContainText('gone');
  await entry(home, db.name).note.fill('was here');
  await home.save.click();
  await expect(home.form).toBeHidden();
  await expect(rows(needs)).toContainText('was here');
  await home.edit({ id, name });
  await entry(home, db.name).remove.click();
  await home.save.click();
  await expect(needs).toContainText('Nothing declared.');
});
