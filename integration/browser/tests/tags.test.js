import { expect, test } from '../portal/test.js';

test('tags are added by Enter and by a comma, and once each', async ({ home, page }) => {
  await home.open();
  await home.addButton.click();
  await home.field('Tags').focus();
  await page.keyboard.type('go');
  await page.keyboard.press('Enter');
  await page.keyboard.type('two words,');
  await expect(home.formTags).toHaveText(['go', 'two words']);
  await home.field('Tags').fill('x, go, y');
  await page.keyboard.press('Enter');
  await expect(home.formTags).toHaveText(['go', 'two words', 'x', 'y']);
  await expect(home.field('Tags')).toHaveValue('');
  await expect(home.field('Tags')).toBeFocused();
});

test('tags are removed by their buttons, and from the keyboard', async ({ home, page, catalogue }) => {
  const { id, name } = await catalogue.add({ tags: ['one', 'a, b', 'three', 'four'] });
  await home.open();
  await home.edit({ id, name });
  const remove = (tag) => home.form.getByRole('button', { name: `Remove tag ${tag}`, exact: true });
  await remove('one').click();
  await expect(remove('a, b'), 'the next one can be removed at once').toBeFocused();
  await home.field('Tags').focus();
  await page.keyboard.press('Backspace');
  await expect(remove('four')).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(remove('three')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(home.formTags).toHaveText(['a, b']);
  await home.save.click();
  await expect(home.form).toBeHidden();
  expect((await catalogue.read(id)).tags).toEqual(['a, b']);
});

test('a limit shows before it is reached, and does not stop typing', async ({ home, catalogue, watch }) => {
  await home.open();
  await home.addButton.click();
  await expect(home.field('Name')).not.toHaveAccessibleDescription(/characters/);
  await home.field('Name').fill('a'.repeat(98));
  await expect(home.field('Name')).toHaveAccessibleDescription('2 characters left');
  await home.field('Name').fill(`${catalogue.mark}${'🦊'.repeat(93)}`);
  await expect(home.field('Name')).toHaveAccessibleDescription('1 character too many');
  watch.expect({ method: 'POST', status: 422, path: /\/api\/services$/ });
  await home.save.click();
  await expect(await home.fault('Name')).toContainText('At most 100');
});
