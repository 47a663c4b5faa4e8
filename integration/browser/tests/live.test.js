import { expect, onlyByEvents, test } from '../portal/test.js';

test('a page shows the additions, edits and deletions of another at once @way', async ({
  home,
  another,
  catalogue,
}) => {
  const name = catalogue.name('shared');
  await home.open();
  await another.open();
  await onlyByEvents(another.page);

  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.field('Status').selectOption('Healthy');
  await home.save.click();
  await expect(another.card(name).status).toHaveText('Healthy');

  await home.card(name).edit.click();
  await home.field('Status').selectOption('Down');
  await home.retag('shared-tag');
  await home.save.click();
  await expect(another.card(name).status).toHaveText('Down');
  await expect(another.card(name).tags).toHaveText(['shared-tag']);

  await home.card(name).edit.click();
  await home.form.getByRole('button', { name: 'Delete' }).click();
  await home.confirm.getByRole('button', { name: 'Delete' }).click();
  await expect(another.card(name).root).toHaveCount(0);
  await expect(another.connection).toHaveText('Live');
});

test('both ways: the second page’s changes show in the first', async ({ home, another, catalogue }) => {
  const { name } = await catalogue.add();
  await home.open();
  await another.open();
  await onlyByEvents(home.page);
  await another.card(name).edit.click();
  await another.field('Description').fill('from the other side');
  await another.save.click();
  await expect(home.card(name).description).toHaveText('from the other side');
});

test('a change through the API shows without a reload, and moves the figures and filters', async ({
  home,
  page,
  catalogue,
}) => {
  const team = catalogue.name('Payments');
  await home.open();
  await onlyByEvents(page);
  const { id, name } = await catalogue.add({ team, tags: [catalogue.mark] });
  await expect(home.card(name).root).toBeVisible();
  await expect(home.chip('team', team)).toBeVisible();
  await expect.poll(() => home.figures()).toMatchObject({ Total: await catalogue.size() });
  await catalogue.remove(id);
  await expect(home.card(name).root).toHaveCount(0);
  await expect(home.chip('team', team)).toHaveCount(0);
});

test('what a probe finds on somebody’s Check now, everybody sees @probes @way', async ({
  home,
  another,
  catalogue,
  target,
}) => {
  const { name } = await catalogue.add({ status_url: target.url, interval: '1h' });
  await home.open();
  await another.open();
  await expect(another.card(name).status).toHaveText('Healthy');
  await onlyByEvents(another.page);
  target.answers(503);
  await home.card(name).check.click();
  await expect(another.card(name).status).toHaveText('Degraded');
  await expect(another.card(name).health).toContainText('HTTP 503');
});

test('a change keeps the scroll position and the focus', async ({ home, page, catalogue }) => {
  const service = (i) => ({ name: catalogue.name(`service ${String(i).padStart(2, '0')}`), status: 'healthy' });
  await catalogue.all(Array.from({ length: 40 }, (_, i) => service(i)));
  await home.open(`/?q=${catalogue.mark}`);
  await expect(home.cards).toHaveCount(40);
  await onlyByEvents(page);

  const { edit } = home.card(service(30).name);
  await edit.scrollIntoViewIfNeeded();
  await edit.focus();
  const place = () => edit.evaluate((button) => button.getBoundingClientRect().top);
  const before = await place();
  const last = await catalogue.named(service(39).name);
  await catalogue.change(last.id, { description: 'changed below' });
  await expect(home.card(last.name).description).toHaveText('changed below');
  await expect(edit).toBeFocused();
  expect(await place()).toBe(before);

  // A new card above moves the others; the focused card keeps the focus.
  await catalogue.add({ name: catalogue.name('a new one'), status: 'down' });
  await expect(home.cards).toHaveCount(41);
  await expect(edit).toBeFocused();
});

test('a card that moves far by its new status keeps the focus', async ({ home, catalogue }) => {
  const name = catalogue.name('zz');
  const { id } = await catalogue.add({ name, status: 'down' });
  const others = Array.from({ length: 200 }, (_, i) => ({ name: catalogue.name(`service ${i}`), status: 'healthy' }));
  await catalogue.all(others);
  await home.open(`/?q=${catalogue.mark}`);
  await expect(home.cards).toHaveCount(201);
  const { edit, status } = home.card(name);
  await expect(home.cards.first()).toContainText(name);
  await edit.focus();
  await catalogue.change(id, { status: 'healthy' });
  await expect(status).toHaveText('Healthy');
  await expect(home.cards.last()).toContainText(name);
  await expect(edit).toBeFocused();
});

test('a change leaves an open form, what is typed in it, and the cursor', async ({ home, page, catalogue }) => {
  const { id, name } = await catalogue.add();
  await home.open();
  await onlyByEvents(page);
  await home.addButton.click();
  await home.field('Name').fill('half a na');
  await home.field('Name').evaluate((input) => input.setSelectionRange(2, 4));
  await catalogue.change(id, { status: 'down' });
  await expect(home.card(name).status).toHaveText('Down');
  await expect(home.form).toBeVisible();
  await expect(home.field('Name')).toHaveValue('half a na');
  await expect(home.field('Name')).toBeFocused();
  const cursor = await home.field('Name').evaluate((input) => [input.selectionStart, input.selectionEnd]);
  expect(cursor).toEqual([2, 4]);
});

test('a change that no longer fits the filter leaves it, and one that does comes in', async ({
  home,
  page,
  catalogue,
}) => {
  const { id, name } = await catalogue.add({ status: 'down' });
  await home.open(`/?q=${catalogue.mark}&status=down`);
  await expect(home.card(name).root).toBeVisible();
  await onlyByEvents(page);
  await catalogue.change(id, { status: 'healthy' });
  await expect(home.card(name).root).toHaveCount(0);
  await catalogue.change(id, { status: 'down' });
  await expect(home.card(name).root).toBeVisible();
});
