import { flaws } from '../portal/axe.js';
import { DeployedPortal } from '../portal/deployed.js';
import { titled } from '../portal/home.js';
import { expect, onlyByEvents, test } from '../portal/test.js';

// Wall is the page at /?wall, in the terms of who looks at it.
class Wall {
  constructor(page) {
    this.root = page.getByRole('main');
    this.title = this.root.getByRole('heading', { level: 1 });
    this.stale = this.root.getByRole('heading', { name: /^Not live/ });
    this.band = this.root.getByRole('region', { name: / is.down$/ });
    this.tiles = this.root.locator('.wall-tile:not(.more)');
    this.tileNames = this.tiles.locator('h3 bdi');
    this.more = this.root.locator('.wall-tile.more');
    this.counts = this.root.locator('.wall-counts > li:visible');
    this.healthy = this.root.getByRole('region', { name: 'Healthy' }).getByRole('listitem');
    this.live = this.root.locator('.wall-live');
    this.footer = this.root.locator('.wall-footer');
    this.message = this.root.locator('.wall-message');
  }

  tile(name) {
    return this.tiles.filter({ has: this.root.page().getByText(name, { exact: true }) });
  }
}

// trouble adds services one after the other, so that it is known which trouble is the newest.
async function trouble(catalogue, team) {
  const add = (text, status) => catalogue.add({ name: catalogue.name(text), status, team });
  return {
    slow: await add('slow', 'degraded'),
    first: await add('first', 'down'),
    last: await add('last', 'down'),
    fine: await add('fine', 'healthy'),
    byHand: await add('by hand', 'unknown'),
  };
}

const only = (catalogue, more = '') => `/?wall&q=${catalogue.mark}${more}`;

test('the list leads to its wall, with its filters', async ({ home, page, catalogue }) => {
  const { last } = await trouble(catalogue, catalogue.name('Payments'));
  const wall = new Wall(page);
  await home.open(`/?q=${catalogue.mark}`);
  await home.chip('status', 'down').click();
  await page.getByRole('link', { name: 'Wall' }).click();
  await expect(wall.band).toContainText(`${last.name} is\u00a0down`);
  await expect(page).toHaveURL((url) => url.searchParams.has('wall') && url.searchParams.get('status') === 'down');
});

test('the newest trouble is the band, the rest are tiles, and what is healthy is named', async ({
  home,
  page,
  catalogue,
}) => {
  const team = catalogue.name('Payments');
  const { slow, first, last, fine, byHand } = await trouble(catalogue, team);
  const wall = new Wall(page);
  await home.open(only(catalogue));
  await expect(page).toHaveTitle(titled('Wall'));
  await expect(wall.title).toHaveText(`“${catalogue.mark}”`);
  await expect(wall.band).toContainText(`${last.name} is\u00a0down`);
  await expect(wall.band).toContainText(`Set by hand. Team: ${team}`);
  await expect(wall.band).toContainText(/\d+ s since \d\d:\d\d/);
  await expect(wall.tileNames).toHaveText([first.name, slow.name]);
  await expect(wall.tile(slow.name)).toContainText(/Set by hand · \d+ s/);
  await expect(wall.healthy).toHaveText([fine.name]);
  await expect(wall.counts).toHaveText(['2 down', '1 degraded', '1 unknown', '1 healthy']);
  await expect(wall.footer).toContainText(`Set by hand: ${byHand.name}`);
  await expect(wall.live).toHaveText(/^Live, last change (just now|\d+ s ago)$/);
  await expect(wall.root.getByRole('time')).toHaveText([/since/, /^\d\d:\d\d$/].toReversed());
});

test('the band names the cause, whom it hits and who is on call, also while what it drags along is newer', async ({
  home,
  page,
  catalogue,
}) => {
  const team = await catalogue.addTeam({
    on_call: { kind: 'contact', contact: { name: 'Ada', url: 'https://pager.example.com/' } },
  });
  const db = await catalogue.add({ name: catalogue.name('db'), status: 'down', team: team.name });
  const needs = (one) => ({ depends_on: [{ id: one.id, kind: 'hard' }] });
  const ledger = await catalogue.add({ name: catalogue.name('ledger'), status: 'down', ...needs(db) });
  const shop = await catalogue.add({ name: catalogue.name('shop'), status: 'healthy', ...needs(ledger) });
  const wall = new Wall(page);
  await home.open(only(catalogue));
  await expect(wall.band).toContainText(`${db.name} is\u00a0down`);
  await expect(wall.band).toContainText(`Team: ${team.name}. Hits 2 services. On call: Ada`);
  await expect(wall.tile(ledger.name)).toContainText(`Needs ${db.name} ·`);
  await catalogue.change(db.id, { status: 'healthy' });
  await expect(wall.band).toContainText(`${ledger.name} is\u00a0down`);
  await expect(wall.band).toContainText('Hits 1 service.');
  await catalogue.change(shop.id, { status: 'healthy', depends_on: [] });
  await expect(wall.band).not.toContainText('Hits');
});

test('filters narrow it, and Escape leads to the same view', async ({ home, page, catalogue }) => {
  const team = catalogue.name('Payments');
  await trouble(catalogue, team);
  const other = await catalogue.add({ name: catalogue.name('other'), status: 'down' });
  const wall = new Wall(page);
  await home.open(only(catalogue, `&team=${encodeURIComponent(team)}&status=degraded&status=healthy`));
  await expect(wall.title).toContainText(team);
  await expect(wall.tileNames).toHaveText([catalogue.name('slow')]);
  await expect(wall.band).toHaveCount(0);
  await expect(wall.counts).toHaveText(['1 degraded', '1 healthy']);
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL((url) => {
    const { searchParams: query } = url;
    return !query.has('wall') && query.get('team') === team && query.getAll('status').join() === 'degraded,healthy';
  });
  await expect(home.cards).toHaveCount(2);
  await expect(home.card(other.name).root).toHaveCount(0);
  await expect(home.search).toBeVisible();
  await page.goBack();
  await expect(wall.tileNames).toHaveText([catalogue.name('slow')]);
});

test('a change of a status moves by itself', async ({ home, page, catalogue }) => {
  const { last, fine, slow } = await trouble(catalogue);
  const wall = new Wall(page);
  await home.open(only(catalogue));
  await expect(wall.band).toContainText(last.name);
  await onlyByEvents(page);
  await catalogue.change(fine.id, { status: 'down' });
  await expect(wall.band).toContainText(fine.name);
  await expect(wall.tileNames.first()).toHaveText(last.name);
  await catalogue.change(slow.id, { status: 'healthy' });
  await expect(wall.healthy).toHaveText([slow.name]);
});

test('when all is well it says so, and when nothing matches too', async ({ home, page, catalogue }) => {
  const { id } = await catalogue.add({ status: 'healthy' });
  await catalogue.add({ name: catalogue.name('other'), status: 'healthy' });
  const wall = new Wall(page);
  await home.open(only(catalogue));
  await expect(wall.message).toHaveText(/All 2 services are healthy/);
  await expect(wall.healthy).toHaveCount(2);
  await catalogue.change(id, { status: 'down' });
  await expect(wall.message).toBeHidden();
  await expect(wall.band).toBeVisible();
  await home.open(only(catalogue, '&status=degraded'));
  await expect(wall.message).toHaveText(/None of 2 services is degraded/);
  await home.open(only(catalogue, '&team=nobody'));
  await expect(wall.message).toHaveText(/No service matches/);
});

test('what has no room is counted, and nothing scrolls on any screen', async ({ home, page, catalogue }) => {
  const list = (text, status, n) =>
    Array.from({ length: n }, (_, i) => ({ name: catalogue.name(`${text} with a longer name ${i}`), status }));
  await catalogue.all([...list('broken', 'down', 11), ...list('slow', 'degraded', 60), ...list('fine', 'healthy', 70)]);
  const wall = new Wall(page);
  await home.open(only(catalogue));
  for (const [width, height] of [
    [1280, 720],
    [1920, 1080],
    [3840, 2160],
    [1080, 1920],
  ]) {
    await test.step(`${width} × ${height}`, async () => {
      await page.setViewportSize({ width, height });
      const want = { width, counted: { tiles: 70, names: 70 }, over: [] };
      await expect.poll(() => whatFits(page)).toEqual(want);
      await expect(wall.more).toBeVisible();
      expect(await wall.tiles.count()).toBeGreaterThan(10);
    });
  }
  await test.step('on a phone it scrolls down only', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await expect(wall.tiles).toHaveCount(29);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await wall.footer.scrollIntoViewIfNeeded();
    await expect(wall.footer).toBeInViewport();
  });
});

// whatFits reads at once, because a layout may come in between: how many services are shown or
// counted, and what is wider or higher than its place.
function whatFits(page) {
  return page.evaluate(() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const counted = (selector) => {
      const more = all(`${selector}.more`).map((part) => Number(/and (\d+) more/.exec(part.textContent)[1]));
      return all(`${selector}:not(.more)`).length + more.reduce((sum, n) => sum + n, 0);
    };
    const over = (part) => part.scrollHeight > part.clientHeight + 1 || part.scrollWidth > part.clientWidth + 1;
    const boxes = [document.documentElement, ...all('.wall, .wall-body, .wall-tile')];
    const { bottom } = document.querySelector('.wall').getBoundingClientRect();
    const below = all('.wall-tile, wall-names li, .wall-footer').filter(
      (part) => part.getBoundingClientRect().bottom > bottom,
    );
    return {
      width: innerWidth,
      counted: { tiles: counted('.wall-tile'), names: counted('wall-names li') },
      over: [...boxes.filter(over), ...below].map((part) => part.outerHTML.slice(0, 200)),
    };
  });
}

test('of 10,000 services it holds as many as are seen', async ({ page }) => {
  const moment = new Date().toISOString();
  const rest = { tags: [], version: 1, status_url: 'http://127.0.0.1/', last_checked_at: moment, status_since: moment };
  const statuses = ['down', 'degraded', 'unknown', 'healthy', 'healthy'];
  const items = Array.from({ length: 10_000 }, (_, i) => ({
    id: String(i),
    name: `service ${i}`,
    status: statuses[i % 5],
    ...rest,
  }));
  await page.route(/\/api\/services(\?|$)/, (route) => route.fulfill({ json: { items, total: items.length } }));
  const wall = new Wall(page);
  await page.goto('/?wall');
  await expect(wall.counts).toHaveText(['2,000 down', '2,000 degraded', '2,000 unknown', '4,000 healthy']);
  await expect(wall.more).toContainText(/and 5,9\d\d more\s+1,9\d\d down, 2,000 degraded, 2,000 unknown/);
  expect(await page.locator('#wallPage *').count()).toBeLessThan(800);
  expect(await page.locator('service-card').count()).toBe(0);
});

test('a wall that is no longer live says so loudly, and shows what it has in grey', async ({
  home,
  page,
  portal,
  catalogue,
  watch,
}) => {
  const { last, fine } = await trouble(catalogue);
  const wall = new Wall(page);
  const line = new DeployedPortal({ url: portal.url });
  await line.start();
  try {
    await home.open(line.url + only(catalogue));
    await expect(wall.band).toContainText(last.name);
    await expect(wall.stale).toBeHidden();
    watch.outage();
    await line.stop();
    await expect(wall.stale).toHaveText(/^Not live: data from \d\d:\d\d$/);
    const [notice, main] = [await page.locator('.wall-stale').boundingBox(), await wall.root.boundingBox()];
    expect(notice.width).toBeGreaterThan(main.width * 0.9);
    const letters = await wall.stale.evaluate((heading) => Number.parseFloat(getComputedStyle(heading).fontSize));
    expect(letters).toBeGreaterThan(800 * 0.04);
    expect(await page.locator('wall-band').evaluate((band) => getComputedStyle(band).filter)).toBe('grayscale(1)');
    await expect(wall.band).toContainText(last.name);
    await expect(wall.live).toBeHidden();
    await catalogue.change(fine.id, { status: 'down' });
    await line.start();
    await expect(wall.stale).toBeHidden({ timeout: 40_000 });
    await expect(wall.band).toContainText(fine.name);
    await expect(wall.live).toContainText('Live');
  } finally {
    await line.close();
  }
});

test('a wall that never got any data says so', async ({ page, watch }) => {
  watch.outage();
  await page.route('**/api/**', (route) => route.abort());
  await page.goto('/?wall');
  await expect(new Wall(page).stale).toHaveText('Not live: no data yet');
});

test('there are no controls, and no keys but Escape and Tab', async ({ home, page, catalogue }) => {
  await trouble(catalogue);
  const wall = new Wall(page);
  const leave = wall.footer.getByRole('link', { name: 'Leave the wall' });
  await home.open(only(catalogue));
  await expect(wall.band).toBeVisible();
  await expect(page.getByRole('button')).toHaveCount(0);
  await expect(page.getByRole('searchbox')).toHaveCount(0);
  await expect(page.getByRole('link')).toHaveCount(1);
  expect((await leave.boundingBox()).width).toBeLessThan(2);
  for (const key of ['n', '?', '/', 'e']) await page.keyboard.press(key);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Tab');
  await expect(leave).toBeFocused();
  expect((await leave.boundingBox()).width).toBeGreaterThan(40);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/?q=${catalogue.mark}`);
  await expect(home.cards).toHaveCount(5);
});

test('it keeps the screen awake, also after it was hidden, until it is left', async ({ home, page, context }) => {
  await context.grantPermissions(['screen-wake-lock']);
  await page.addInitScript(() => {
    globalThis.locks = [];
    const { wakeLock } = navigator;
    const request = wakeLock.request.bind(wakeLock);
    wakeLock.request = async (kind) => {
      const lock = await request(kind);
      globalThis.locks.push(lock);
      return lock;
    };
  });
  // show sets the page's visibility, as the browser does, which also takes the lock.
  const show = (shown) =>
    page.evaluate(async (shown) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => !shown });
      if (!shown) for (const lock of globalThis.locks) await lock.release();
      document.dispatchEvent(new Event('visibilitychange'));
    }, shown);
  const held = () => page.evaluate(() => globalThis.locks.map(({ released }) => !released));
  const wall = new Wall(page);
  await home.open('/?wall');
  await expect.poll(held).toEqual([true]);
  await expect(wall.footer).not.toContainText('may fall asleep');
  await show(false);
  await expect.poll(held).toEqual([false]);
  await show(true);
  await expect.poll(held).toEqual([false, true]);
  await page.keyboard.press('Escape');
  await expect.poll(held).toEqual([false, false]);
});

test('where the browser refuses, it says that the screen may fall asleep', async ({ home, page }) => {
  await page.addInitScript(() => {
    navigator.wakeLock.request = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await home.open('/?wall');
  await expect(new Wall(page).footer).toContainText('This screen may fall asleep');
});

test('names in any direction and of any length are set as they are', async ({ home, page, catalogue }) => {
  const long = catalogue.name('A service of Payments with a name that is a sentence and goes on '.padEnd(91, '.'));
  const arabic = catalogue.name('خدمة المدفوعات');
  await catalogue.add({ name: arabic, status: 'degraded' });
  await catalogue.add({ name: '<img src=x onerror=alert(1)>'.concat(catalogue.mark), status: 'degraded' });
  await catalogue.add({ name: long, status: 'down' });
  const wall = new Wall(page);
  await home.open(only(catalogue));
  await expect(wall.band).toContainText(long);
  await expect(wall.tileNames.last()).toHaveText(arabic);
  await expect(wall.tileNames.last()).toHaveCSS('direction', 'rtl');
  expect((await whatFits(page)).over).toEqual([]);
});

test('axe finds nothing wrong with the wall', async ({ home, page, catalogue, watch }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await trouble(catalogue, catalogue.name('Payments'));
  const wall = new Wall(page);
  const check = async (what) => expect(await flaws(page), what).toEqual([]);
  await home.open(only(catalogue));
  await expect(wall.band).toBeVisible();
  await check('with trouble');
  await page.setViewportSize({ width: 360, height: 740 });
  await check('on a phone');
  await page.setViewportSize({ width: 1280, height: 800 });
  await home.open(only(catalogue, '&status=healthy'));
  await expect(wall.message).toBeVisible();
  await check('when all is well');
  watch.outage();
  await page.route('**/api/**', (route) => route.abort());
  await page.evaluate(() => dispatchEvent(new Event('offline')));
  await expect(wall.stale).toBeVisible();
  await check('when it is not live');
});
