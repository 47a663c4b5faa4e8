// The palette: Ctrl-K finds a service, a filter or an action.
import { flaws } from '../portal/axe.js';
import { pageOf } from '../portal/home.js';
import { expect, onlyByEvents, test } from '../portal/test.js';

class Palette {
  constructor(page) {
    this.page = page;
    this.root = page.getByRole('dialog', { name: 'Jump to a service or an action' });
    this.input = this.root.getByRole('combobox');
    this.options = this.root.getByRole('option');
    this.chosen = this.root.locator('[aria-selected="true"]');
    this.button = page.getByRole('button', { name: 'Jump to a service or an action' });
    this.told = this.root.getByRole('status');
  }

  async open() {
    await this.page.keyboard.press('Control+k');
    await expect(this.input).toBeFocused();
  }

  // group returns the options of a group.
  group(name) {
    return this.root.getByRole('group', { name, exact: true }).getByRole('option');
  }

  // names returns the names of the services found.
  names() {
    return this.group('Services').locator('.palette-label');
  }

  press(...keys) {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }
}

// three adds services of two teams.
async function three(catalogue) {
  const { mark } = catalogue;
  const [payments, search] = [`Payments ${mark}`, `On call ${mark}`];
  const db = await catalogue.add({ name: `Payments DB ${mark}`, team: payments, status: 'down', tags: [`pg-${mark}`] });
  const ledger = await catalogue.add({
    name: `Ledger ${mark}`,
    team: payments,
    status: 'healthy',
    tags: [`go-${mark}`],
  });
  const index = await catalogue.add({ name: `Index ${mark}`, team: search, status: 'degraded', tags: [`go-${mark}`] });
  return { mark, payments, search, db, ledger, index };
}

test('Ctrl-K opens the palette from anywhere, and closes it', async ({ home, page, catalogue }) => {
  const palette = new Palette(page);
  await catalogue.add();
  await home.open();
  await palette.open();
  await page.keyboard.type('n/?e k');
  await expect(palette.input, 'letters always type').toHaveValue('n/?e k');
  await page.keyboard.press('Control+k');
  await expect(palette.root).toBeHidden();

  await home.search.fill('bill');
  await palette.open();
  await expect(palette.input, 'it begins anew').toHaveValue('');
  await page.keyboard.press('Escape');
  await expect(palette.root).toBeHidden();
  await expect(home.search).toBeFocused();
  await expect(home.search).toHaveValue('bill');

  await page.keyboard.press('Meta+k');
  await expect(palette.input).toBeFocused();
  await page.keyboard.press('Escape');

  await home.addButton.click();
  await page.keyboard.press('Control+k');
  await expect(palette.root, 'over another dialog').toBeHidden();
  await page.keyboard.press('Escape');
});

test('the button in the header opens it, and gets the focus back', async ({ home, page }) => {
  const palette = new Palette(page);
  await home.open();
  await expect(palette.button).toHaveAttribute('title', 'Jump to a service or an action (Ctrl K)');
  await palette.button.click();
  await expect(palette.input).toBeFocused();
  await palette.root.getByRole('button', { name: 'Close' }).click();
  await expect(palette.button).toBeFocused();
  await palette.button.click();
  await page.mouse.click(5, 5);
  await expect(palette.root, 'after a click beside it').toBeHidden();
});

test('words in any order find services, the best first, and Enter opens the first', async ({
  home,
  page,
  catalogue,
}) => {
  const { mark, db, ledger } = await three(catalogue);
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  await page.keyboard.type(`${mark} PAY`);
  await expect(palette.names()).toHaveText([db.name, ledger.name]);
  await expect(palette.names().first().locator('mark')).toHaveText(['Pay', mark]);
  await expect(palette.group('Services').first()).toContainText(/Down.*Payments.*Down for/);
  await expect(palette.chosen).toContainText(db.name);
  await expect(palette.input).toHaveAttribute('aria-activedescendant', await palette.chosen.getAttribute('id'));
  await expect(palette.told).toHaveText('2 services, 1 team, 1 filter');
  await palette.input.fill(`db ${mark}`);
  await expect(palette.names()).toHaveText([db.name]);
  await page.keyboard.press('Enter');
  await expect(palette.root).toBeHidden();
  await expect(page).toHaveURL(pageOf(db));
  await expect(page.getByRole('region', { name: db.name })).toBeFocused();
});

test('Enter opens the page of a service also from the search field', async ({ home, page, catalogue }) => {
  const { db } = await three(catalogue);
  const palette = new Palette(page);
  await home.open();
  await home.search.focus();
  await palette.open();
  await page.keyboard.type(db.name);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: db.name })).toBeFocused();
});

test('team:, tag: and is: narrow', async ({ home, page, catalogue }) => {
  const { mark, search, db, ledger, index } = await three(catalogue);
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  for (const [text, want] of [
    [`team:payments ${mark}`, [db.name, ledger.name]],
    [`team:"on call ${mark}"`, [index.name]],
    [`tag:go-${mark}`, [index.name, ledger.name]],
    [`${mark} is:down`, [db.name]],
    [`is:healthy is:degraded ${mark} tag:go team:call`, [index.name]],
  ]) {
    await palette.input.fill(text);
    await expect(palette.names(), text).toHaveText(want);
  }
  await palette.input.fill(`${mark} is:`);
  await expect(palette.group('Teams and filters')).toHaveText([
    /Show what is down.*1 service/s,
    /Show what is degraded.*1 service/s,
    /Show what is unknown.*0 services/s,
    /Show what is healthy.*1 service/s,
  ]);
  await palette.input.fill('team:');
  await expect(palette.group('Teams and filters')).not.toHaveCount(0);
  await palette.input.fill(`call ${mark}`);
  const only = palette.group('Teams and filters').filter({ hasText: `Show only ${search}` });
  await expect(only).toContainText(`team:"${search}"`);
  await only.click();
  await expect(page).toHaveURL((url) => url.searchParams.get('team') === search && !url.searchParams.has('q'));
  await expect(home.cards).toHaveCount(1);
  await expect(page.getByRole('main')).toBeFocused();
});

test('what has no room is shown in the list, with the words and the filters', async ({ home, page, catalogue }) => {
  const team = catalogue.name('Payments');
  await catalogue.all(
    Array.from({ length: 10 }, (_, i) => ({ name: catalogue.name(`service ${i}`), team, status: 'down' })),
  );
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  await page.keyboard.type(`Service ${catalogue.mark} team:paym is:down`);
  await expect(palette.group('Services')).toHaveCount(9);
  await palette.group('Services').filter({ hasText: '2 more: show them in the list' }).click();
  await expect(page).toHaveURL(
    (url) => url.search === `?${new URLSearchParams({ q: `Service ${catalogue.mark}`, status: 'down', team })}`,
  );
  await expect(home.cards).toHaveCount(10);
  await expect(home.search).toHaveValue(`Service ${catalogue.mark}`);
});

test('arrows and pages choose, and the choice is in view', async ({ home, page, catalogue }) => {
  await three(catalogue);
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  const all = await palette.options.count();
  const chosen = () => palette.options.evaluateAll((lines) => lines.findIndex((line) => line.ariaSelected === 'true'));
  expect(await chosen()).toBe(0);
  await palette.press('ArrowDown', 'ArrowDown');
  expect(await chosen()).toBe(2);
  await palette.press('ArrowUp', 'ArrowUp', 'ArrowUp');
  expect(await chosen(), 'round').toBe((await palette.options.count()) - 1);
  await expect(palette.chosen).toBeInViewport({ ratio: 1 });
  await palette.press('PageUp', 'PageUp', 'PageUp');
  expect(await chosen()).toBe(0);
  await palette.press('PageDown', 'PageDown', 'PageDown');
  expect(await chosen(), 'no further').toBe((await palette.options.count()) - 1);
  expect(all).toBeGreaterThan(6);
});

test('→ leads to the actions of the chosen service, ← back, and Enter does one @probes', async ({
  home,
  page,
  catalogue,
  target,
}) => {
  const { name } = await catalogue.add({ status_url: target.url, interval: '1h' });
  const other = await catalogue.add({ name: catalogue.name('by hand') });
  const palette = new Palette(page);
  await home.open(`/?q=${encodeURIComponent(other.name)}`);
  await expect(home.card(name).root).toHaveCount(0);
  await palette.open();
  await page.keyboard.type(name);
  await expect(palette.group(`Do with ${name}`)).toHaveText([/Check now/, /Edit/, /Copy link/]);
  await palette.press('ArrowRight');
  await expect(palette.chosen).toContainText('Check now');
  await palette.press('ArrowLeft');
  await expect(palette.chosen).toContainText(name);
  await palette.press('ArrowLeft', 'ArrowRight');
  await expect(palette.chosen, 'within the text it moves the caret').toContainText(name);
  target.answers(503);
  await palette.press('ArrowRight', 'Enter');
  await expect(palette.root).toBeHidden();
  await expect(home.told).toContainText(`${name} is degraded (HTTP 503`, { timeout: 20_000 });
});

test('a check that cannot be done is said, also without a card of the service', async ({
  home,
  page,
  catalogue,
  watch,
}) => {
  const { name, id } = await catalogue.add({ status_url: 'http://127.0.0.1:1/', interval: '1h' });
  await home.open('/no-such-page');
  watch.expect({ method: 'POST', status: 503, path: /\/check$/ });
  await page.route(`**/api/services/${id}/check`, (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      json: { status: 503, detail: 'No worker.' },
    }),
  );
  const palette = new Palette(page);
  await palette.open();
  await page.keyboard.type(name);
  await palette.press('ArrowRight', 'Enter');
  await expect(home.warned).toContainText(`${name} was not checked: No worker.`);
});

test('Edit opens the form, and Copy link copies the address', async ({ home, page, catalogue }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const { ledger } = await three(catalogue);
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  await page.keyboard.type(ledger.name);
  await palette.press('ArrowRight', 'Enter');
  await expect(home.field('Name')).toHaveValue(ledger.name);
  await page.keyboard.press('Escape');
  await expect(home.form).toBeHidden();

  await palette.open();
  await page.keyboard.type(ledger.name);
  await palette.press('ArrowRight', 'ArrowDown', 'Enter');
  await expect(home.told).toContainText('The link was copied.');
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  expect(await copied()).toBe(new URL(`/services/${ledger.id}`, page.url()).href);

  await palette.open();
  await page.keyboard.type('just text');
  await palette.press('Control+a', 'Control+c');
  expect(await copied(), 'of the field, that is its text').toBe('just text');
});

test('it opens empty, also right after it was closed', async ({ home, page }) => {
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  await page.keyboard.type('shortcuts');
  // In one task, so that nothing tells the palette between both.
  await page.evaluate(() => {
    const key = () =>
      document.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true, cancelable: true }),
      );
    key();
    key();
  });
  await expect(palette.input).toBeFocused();
  await expect(palette.input).toHaveValue('');
  await expect(palette.group('Actions')).not.toHaveCount(1);
});

test('actions by their words: the theme, a new service, the help', async ({ home, page }) => {
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  await page.keyboard.type('dark theme');
  await expect(palette.group('Actions')).toHaveText([/Theme: dark/]);
  await palette.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('radio', { name: 'Dark' })).toBeChecked();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');

  await palette.open();
  await page.keyboard.type('of the system');
  await palette.press('Enter');
  await expect(page.locator('html')).not.toHaveAttribute('data-theme');

  await palette.open();
  await page.keyboard.type('shortcuts');
  await palette.press('Enter');
  await expect(home.help).toContainText('Ctrl K');
  await page.keyboard.press('Escape');

  await palette.open();
  await page.keyboard.type('new service');
  await palette.press('Enter');
  await expect(home.field('Name')).toBeFocused();
});

test('without a query it shows trouble, the newest first @own', async ({ home, page, catalogue }) => {
  const { db, index } = await three(catalogue);
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  await expect(palette.names()).toHaveText([index.name, db.name]);
  await expect(palette.group('Actions')).not.toHaveCount(0);
});

test('news changes what is in a line, and neither its place nor the choice', async ({ home, page, catalogue }) => {
  const { mark, db, ledger, index } = await three(catalogue);
  const palette = new Palette(page);
  await home.open();
  await onlyByEvents(page);
  await palette.open();
  await page.keyboard.type(mark);
  const lines = palette.group('Services');
  await expect(palette.names()).toHaveText([db.name, index.name, ledger.name]);
  await palette.press('ArrowDown', 'ArrowDown');
  await expect(palette.chosen).toContainText('Healthy');
  await catalogue.change(ledger.id, { status: 'down' });
  await expect(lines.nth(2)).toContainText(/Down for/);
  await expect(palette.names()).toHaveText([db.name, index.name, ledger.name]);
  await expect(palette.chosen).toContainText(ledger.name);
  await catalogue.remove(db.id);
  await expect(lines.first()).toContainText('deleted');
  await expect(lines.first()).toHaveAttribute('aria-disabled', 'true');
  await expect(palette.chosen).toContainText(ledger.name);
  await page.keyboard.type(' '); // a new query
  await expect(palette.names()).toHaveText([ledger.name, index.name]);
});

test('a pointer chooses when it moves, and not when something comes under it', async ({ home, page, catalogue }) => {
  const { mark, db, index, ledger } = await three(catalogue);
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  await page.keyboard.type(`${mark} `);
  await palette.group('Services').nth(1).hover();
  await page.mouse.move(600, 5);
  await palette.group('Services').nth(1).hover();
  await expect(palette.chosen).toContainText(index.name);
  await expect(palette.group(`Do with ${index.name}`), 'once it rests there').not.toHaveCount(0);
  await palette.input.fill(mark);
  await expect(palette.chosen).toContainText(db.name);
  await palette.group('Services').nth(2).hover();
  await palette.press('ArrowRight');
  await expect(palette.group(`Do with ${ledger.name}`).first(), 'a key does not wait').toHaveAttribute(
    'aria-selected',
    'true',
  );
  await palette.group('Services').nth(2).click();
  await expect(page).toHaveURL(pageOf(ledger));
});

test('a viewer is offered what they may do', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add({ status_url: 'http://127.0.0.1:1/', interval: '1h' });
  await page.route('**/api/me', (route) => route.fulfill({ json: { kind: 'anonymous', role: 'viewer', teams: [] } }));
  const palette = new Palette(page);
  await home.open();
  await expect(home.addButton).toBeHidden();
  await palette.open();
  await expect(palette.group('Actions').filter({ hasText: 'Add service' })).toHaveCount(0);
  await page.keyboard.type(name);
  await expect(palette.group(`Do with ${name}`)).toHaveText([/Copy link/]);
});

test('nothing that matches is said', async ({ home, page }) => {
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  await page.keyboard.type('no service has this name');
  await expect(palette.root.locator('.palette-none')).toBeVisible();
  await expect(palette.input).toHaveAttribute('aria-expanded', 'false');
  await expect(palette.told).toHaveText('Nothing matches');
  await palette.press('ArrowDown', 'PageDown', 'ArrowRight', 'Enter');
  await expect(palette.root).toBeVisible();
});

test('what people write is text', async ({ home, page, catalogue }) => {
  const name = `${catalogue.mark} <img src=x onerror="window.hacked = true">`;
  await catalogue.add({ name, team: name, tags: [`${catalogue.mark} "<b>`] });
  const palette = new Palette(page);
  await home.open();
  await palette.open();
  for (const text of ['team:', 'tag:"', 'is:', `${catalogue.mark} <img`, `team:"${catalogue.mark} <`, '"\\(.*[']) {
    await palette.input.fill(text);
    await expect(palette.root.locator('img, b')).toHaveCount(0);
  }
  await palette.input.fill(`${catalogue.mark} <img`);
  await expect(palette.names()).toHaveText([name]);
  expect(await page.evaluate(() => globalThis.hacked)).toBeUndefined();
});

for (const width of [1280, 360]) {
  test(`axe finds nothing wrong with the palette at ${width} px`, async ({ home, page, catalogue }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 740 });
    const { mark } = await three(catalogue);
    const long = 'W'.repeat(80);
    await catalogue.add({ name: `${mark} ${long}`, team: `${long} ${mark}`, tags: [`${mark} ${long}`.slice(0, 60)] });
    await catalogue.add({ name: `שלום ${mark} (`, team: `שלום ${mark} (`, status: 'unknown' });
    const palette = new Palette(page);
    await home.open();
    await palette.button.click();
    for (const text of [mark, '', `${mark} is:`, 'nothing matches this']) {
      await palette.input.fill(text);
      await expect(
        palette.root.locator(text.startsWith('nothing') ? '.palette-none' : '.palette-option').first(),
      ).toBeVisible();
      expect(await flaws(page), text).toEqual([]);
      const wide = await palette.root.evaluate(
        (dialog) =>
          [...dialog.querySelectorAll('.palette-option, .palette-title, button, input')].filter((part) => {
            const { left, right } = part.getBoundingClientRect();
            return left < dialog.getBoundingClientRect().left || right > dialog.getBoundingClientRect().right;
          }).length,
      );
      expect(wide, 'parts that stick out').toBe(0);
    }
    await expect(palette.root.getByRole('button', { name: 'Close' })).toBeInViewport({ ratio: 1 });
  });
}
