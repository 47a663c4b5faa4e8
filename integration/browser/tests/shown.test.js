import { expect, test } from '../portal/test.js';

async function add(home, name) {
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.save.click();
  await expect(home.form).toBeHidden();
}

test('a new service that a filter hides is said to be hidden, and can be shown', async ({ home, page, catalogue }) => {
  await catalogue.add({ status: 'down' });
  await home.open('/?status=down');
  const name = catalogue.name('hidden');
  await add(home, name);
  await expect(home.told).toContainText(`${name} was added. The search or a filter hides it.`);
  await expect(home.card(name).root).toHaveCount(0);
  await home.told.getByRole('button', { name: 'Show it' }).click();
  await expect(home.card(name).open).toBeFocused();
  await expect(home.card(name).open).toBeInViewport();
  await page.goBack();
  await expect(home.card(name).root, 'Back has the filter again').toHaveCount(0);
});

test('the toast of a new service leads to its card', async ({ home, catalogue }) => {
  const others = Array.from({ length: 60 }, (_, i) => ({ name: catalogue.name(`service ${i}`), status: 'down' }));
  await catalogue.all(others);
  await home.open();
  const name = catalogue.name('far down');
  await add(home, name);
  await expect(home.told).not.toContainText('hides it');
  await home.told.getByRole('button', { name: 'Show it' }).click();
  await expect(home.card(name).open).toBeFocused();
  await expect(home.card(name).open).toBeInViewport();
});

test('an edited service that a filter hides is said to be hidden too', async ({ home, catalogue }) => {
  const { name } = await catalogue.add({ status: 'down' });
  await home.open('/?status=down');
  await home.card(name).edit.click();
  await home.field('Status').selectOption('Healthy');
  await home.save.click();
  await expect(home.told).toContainText(`${name} was saved. The search or a filter hides it.`);
  await home.told.getByRole('button', { name: 'Show it' }).click();
  await expect(home.card(name).open).toBeFocused();
});

test('many tags take a line of a card, and a button shows the rest', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add({ tags: Array.from({ length: 50 }, (_, i) => `tag-${i}`) });
  const few = await catalogue.add({ name: catalogue.name('few'), tags: ['go', 'payments', 'tier-1'] });
  await home.open(`/?q=${catalogue.mark}`);
  const card = home.card(name);
  const more = card.root.getByRole('button', { name: /^\+\d+ more tags$/ });
  const shown = await card.tags.count();
  await expect(more).toHaveText(`+${50 - shown} more tags`);
  const rows = () => card.tags.evaluateAll((tags) => new Set(tags.map((tag) => tag.getBoundingClientRect().top)).size);
  for (const width of [320, 360, 800, 1280, 2560]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await rows(), `${width} px`).toBe(1);
  }
  await expect(home.card(few.name).tags).toHaveCount(3);
  await more.click();
  await expect(card.tags).toHaveCount(50);
  const fewer = card.root.getByRole('button', { name: 'Fewer tags' });
  await expect(fewer).toBeFocused();
  await fewer.click();
  await expect(card.tags).toHaveCount(shown);
});

test('the button of a card’s name says the status too', async ({ home, catalogue }) => {
  const { name, id } = await catalogue.add({ status: 'degraded' });
  await home.open();
  await expect(home.card(name).open).toHaveAccessibleName(`${name}, Degraded`);
  await catalogue.change(id, { status: 'down' });
  await expect(home.card(name).open).toHaveAccessibleName(`${name}, Down`);
});
