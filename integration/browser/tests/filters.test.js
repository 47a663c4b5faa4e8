import { expect, test } from '../portal/test.js';

// fill adds two teams with five services in every status; a search for the mark finds all.
async function fill(catalogue) {
  const [payments, search] = [catalogue.name('Payments'), catalogue.name('Search')];
  const tag = `${catalogue.mark}-go`;
  const add = (text, fields) => catalogue.add({ name: catalogue.name(text), ...fields });
  await add('one', { team: payments, status: 'down', tags: [tag] });
  await add('two', { team: payments, status: 'healthy', tags: [tag] });
  await add('three', { team: payments, status: 'healthy' });
  await add('four', { team: search, status: 'degraded', tags: [tag] });
  await add('five', { team: search, status: 'unknown' });
  return { payments, search, tag, named: (...texts) => texts.map((text) => catalogue.name(text)) };
}

const titles = (home) => home.cards.getByRole('heading', { level: 3 });

test('a team narrows to its services, and a second click widens again', async ({ home, catalogue }) => {
  const { payments, named } = await fill(catalogue);
  await home.open();
  await home.only(catalogue.mark);
  await expect(home.cards).toHaveCount(5);
  const chip = home.chip('team', payments);
  await expect(chip).toHaveAttribute('aria-pressed', 'false');
  await chip.click();
  await expect(chip).toHaveAttribute('aria-pressed', 'true');
  await expect(titles(home)).toHaveText(named('one', 'three', 'two'));
  await chip.click();
  await expect(chip).toHaveAttribute('aria-pressed', 'false');
  await expect(home.cards).toHaveCount(5);
});

test('several teams and tags: or within a kind, and between kinds; each can be taken away', async ({
  home,
  page,
  catalogue,
}) => {
  const { payments, search, tag, named } = await fill(catalogue);
  const chosen = (name) => page.locator('view-bar').getByRole('button', { name: `Remove filter ${name}`, exact: true });
  await home.open();
  await home.only(catalogue.mark);
  await home.chip('team', payments).click();
  await home.chip('team', search).click();
  await expect(home.cards).toHaveCount(5);
  await home.chip('tag', tag).click();
  await expect(titles(home)).toHaveText(named('one', 'four', 'two'));
  await expect(page).toHaveURL((url) => url.searchParams.getAll('team').join() === `${payments},${search}`);
  await expect(page.locator('view-bar').getByRole('group', { name: 'Filter by team' }).getByRole('button')).toHaveCount(
    2,
  );

  await chosen(payments).click();
  await expect(titles(home)).toHaveText(named('four'));
  await expect(chosen(search), 'the next one has the focus').toBeFocused();
  await expect(home.chip('team', payments)).toHaveAttribute('aria-pressed', 'false');
  await page.keyboard.press('Enter');
  await expect(titles(home)).toHaveText(named('one', 'four', 'two'));
  await page.keyboard.press('Enter');
  await expect(home.cards).toHaveCount(5);
  await page.goBack();
  await expect(chosen(tag)).toBeVisible();
});

test('status, team and tag narrow together, and each says how many are behind it', async ({ home, catalogue }) => {
  const { payments, search, tag, named } = await fill(catalogue);
  const number = (kind, value) => home.chip(kind, value).locator('.filter-count');
  await home.open();
  await home.only(catalogue.mark);
  await expect(number('team', payments)).toHaveText('3');
  await expect(number('team', search)).toHaveText('2');
  await expect(number('tag', tag)).toHaveText('3');
  await expect(number('status', 'healthy')).toHaveText('2');

  await home.chip('tag', tag).click();
  await expect(number('team', payments), 'with the tag').toHaveText('2');
  await expect(number('status', 'healthy')).toHaveText('1');
  await home.chip('team', payments).click();
  await expect(number('status', 'degraded'), 'none in the team').toHaveText('0');
  await home.chip('status', 'healthy').click();
  await expect(titles(home)).toHaveText(named('two'));
  await expect(number('tag', tag)).toHaveText('1');
});

for (const [status, texts] of Object.entries({
  down: ['one'],
  degraded: ['four'],
  unknown: ['five'],
  healthy: ['three', 'two'],
})) {
  test(`the filter ${status} shows the services that are ${status}`, async ({ home, catalogue }) => {
    const { named } = await fill(catalogue);
    await home.open();
    await home.only(catalogue.mark);
    await home.chip('status', status).click();
    await expect(titles(home)).toHaveText(named(...texts));
  });
}

test('a tag on a card is a filter too', async ({ home, catalogue }) => {
  const { tag, named } = await fill(catalogue);
  await home.open();
  await home.only(catalogue.mark);
  await home.card(named('two')[0]).tags.getByText(tag).click();
  await expect(home.chip('tag', tag)).toHaveAttribute('aria-pressed', 'true');
  await expect(titles(home)).toHaveText(named('one', 'four', 'two'));
});

test('the address holds the view: Back, Forward, reload and a friend see it', async ({
  home,
  page,
  catalogue,
  another,
}) => {
  const { payments, tag, named } = await fill(catalogue);
  await home.open(`/?q=${catalogue.mark}`);
  await expect(home.search).toHaveValue(catalogue.mark);
  await home.chip('team', payments).click();
  await expect(page).toHaveURL((url) => url.searchParams.get('team') === payments);
  await home.chip('tag', tag).click();
  await expect(titles(home)).toHaveText(named('one', 'two'));
  const shared = page.url();

  await page.goBack();
  await expect(titles(home)).toHaveText(named('one', 'three', 'two'));
  await expect(home.chip('tag', tag)).toHaveAttribute('aria-pressed', 'false');
  await page.goBack();
  await expect(home.cards).toHaveCount(5);
  await page.goForward();
  await page.goForward();
  await expect(titles(home)).toHaveText(named('one', 'two'));
  await page.reload();
  await expect(titles(home)).toHaveText(named('one', 'two'));

  await another.open(shared);
  await expect(titles(another)).toHaveText(named('one', 'two'));
  await expect(another.search).toHaveValue(catalogue.mark);
});

test('an invalid address shows everything', async ({ home, catalogue }) => {
  const { name } = await catalogue.add();
  await home.open('/?status=on-fire&sort=sideways&group=colour&unheard=of');
  await expect(home.card(name).root).toBeVisible();
});

test('a filter without results can be cleared', async ({ home, page, catalogue }) => {
  const { id, name } = await catalogue.add({ team: catalogue.name('Gone') });
  const other = await catalogue.add({ name: catalogue.name('other') });
  await home.open();
  await home.chip('team', catalogue.name('Gone')).click();
  await expect(titles(home)).toHaveText([name]);
  await catalogue.remove(id);
  await expect(page.getByRole('heading', { name: 'No services match' })).toBeVisible();
  await home.chip('team', catalogue.name('Gone')).click();
  await expect(home.card(other.name).root).toBeVisible();
});

test('the worst comes first; the order and groups can be chosen', async ({ home, page, catalogue }) => {
  const { payments, search, named } = await fill(catalogue);
  await home.open();
  await home.only(catalogue.mark);
  await expect(titles(home)).toHaveText(named('one', 'four', 'five', 'three', 'two'));
  await page.getByLabel('Sort').selectOption('Name');
  await expect(titles(home)).toHaveText(named('five', 'four', 'one', 'three', 'two'));

  await page.getByLabel('Group by team').check();
  const groups = page.locator('service-grid').getByRole('heading', { level: 2 });
  await expect(groups).toHaveText([
    new RegExp(`^\\s*${payments}\\s*3 services`),
    new RegExp(`^\\s*${search}\\s*2 services`),
  ]);
  await expect(titles(home)).toHaveText(named('one', 'three', 'two', 'five', 'four'));
  await page.goBack();
  await expect(page.getByLabel('Group by team')).not.toBeChecked();
  await expect(page.getByLabel('Sort')).toHaveValue('name');
});
