import { expect, onlyByEvents, test } from '../portal/test.js';

const titles = (home) => home.cards.getByRole('heading', { level: 3 });

// three opens the page with three healthy services, and the pointer over the second.
async function three(home, page, catalogue) {
  const named = (...texts) => texts.map((text) => catalogue.name(text));
  const all = [];
  for (const name of named('a', 'b', 'c'))
    all.push(await catalogue.add({ name, status: 'healthy', tags: [catalogue.mark] }));
  await home.open(`/?q=${catalogue.mark}`);
  await expect(titles(home)).toHaveText(named('a', 'b', 'c'));
  await onlyByEvents(page);
  await home
    .card(named('b')[0])
    .description.or(home.card(named('b')[0]).health)
    .first()
    .hover();
  return { all, named };
}

test('cards stay where they are under a pointer, and move when it is gone', async ({ home, page, catalogue }) => {
  const { all, named } = await three(home, page, catalogue);
  await catalogue.change(all[2].id, { status: 'down' });
  await expect(home.card(named('c')[0]).status, 'the news shows').toHaveText('Down');
  await expect(titles(home)).toHaveText(named('a', 'b', 'c'));
  await catalogue.add({ name: named('0')[0], status: 'down' });
  await expect(titles(home), 'what is new comes last').toHaveText(named('a', 'b', 'c', '0'));
  await home.search.hover();
  await expect(titles(home)).toHaveText(named('0', 'c', 'a', 'b'));
});

test('a card that a filter no longer fits stays until the pointer is gone', async ({ home, page, catalogue }) => {
  const { all, named } = await three(home, page, catalogue);
  await home.chip('status', 'healthy').click();
  await home.card(named('b')[0]).health.hover();
  await catalogue.change(all[0].id, { status: 'down' });
  await expect(home.card(named('a')[0]).status).toHaveText('Down');
  await expect(home.count).toHaveText(/^2 of/);
  await expect(titles(home)).toHaveText(named('a', 'b', 'c'));
  await home.search.hover();
  await expect(titles(home)).toHaveText(named('b', 'c'));
});

test('a person’s own actions take effect under the pointer', async ({ home, page, catalogue }) => {
  const { all, named } = await three(home, page, catalogue);
  await catalogue.change(all[2].id, { status: 'down', tags: [] });
  await expect(home.card(named('c')[0]).status).toHaveText('Down');
  await home.card(named('a')[0]).tags.first().click();
  await expect(titles(home)).toHaveText(named('a', 'b'));
});
