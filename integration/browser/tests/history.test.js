// What was of a service: on its page, beside the list, and as a strip on its card.
import { flaws } from '../portal/axe.js';
import { pageOf, titled } from '../portal/home.js';
import { expect, test } from '../portal/test.js';

// fallen adds a service that was degraded for a moment, and is healthy again.
async function fallen(home, page, catalogue, target) {
  const service = await catalogue.add({ status_url: target.url, team: 'Payments' });
  await home.open(`/services/${service.id}`);
  const card = home.card(service.name);
  await expect(card.status).toHaveText('Healthy');
  for (const [code, status] of [
    [503, 'Degraded'],
    [200, 'Healthy'],
  ]) {
    target.answers(code);
    await page.waitForTimeout(1100); // so that there is some time to count
    await card.check.click();
    await expect(card.status).toHaveText(status);
  }
  return service;
}

const part = (page, name) => page.getByRole('region', { name, exact: true });

test('the page of a service tells what was', async ({ home, page, catalogue, target }) => {
  const { id, name } = await fallen(home, page, catalogue, target);
  const happened = part(page, 'What happened')
    .getByRole('listitem')
    .filter({ has: page.locator('time') });
  await expect(happened.nth(0)).toContainText(/Healthy after \d+ s degraded/);
  await expect(happened.nth(1)).toContainText(/Degraded: HTTP 503 for \d+ s/);
  await expect(happened.last()).toContainText('Added by');

  await page.reload();
  await expect(part(page, 'Last 24 hours').getByRole('img')).toHaveAccessibleName(
    'Last 24 hours: degraded in 1 half hour, not observed in 47 half hours',
  );
  const uptime = part(page, 'Uptime');
  await expect(uptime.getByRole('term')).toHaveText(['24 hours', '7 days', '30 days', '90 days']);
  await expect(uptime.locator('.uptime').first()).toHaveText(/^\d[\d.]* %$/);
  await expect(uptime.locator('.uptime').first()).not.toHaveText('100 %');
  await expect(uptime.getByRole('definition').first()).toContainText(/of 0(\.\d)? % observed/);
  await expect(uptime.getByRole('img')).toHaveAccessibleName(
    /^Last 90 days: degraded in 1 day, not observed in 89 days$/,
  );

  const latency = part(page, 'Latency');
  await expect(latency.locator('canvas')).toBeVisible();
  await latency.getByText('As a table').click();
  await expect(latency.getByRole('row').nth(1)).toContainText(/degraded \d+ s, healthy \d+ s\s+\d+ ms\s+\d+ ms/);
  for (const [range, rows] of [
    ['90 d', 91],
    ['7 d', 169],
  ]) {
    await latency.getByRole('button', { name: range }).click();
    await expect(latency.getByRole('row')).toHaveCount(rows + 1, { timeout: 10_000 });
  }

  await part(page, 'What happened').getByRole('button', { name: 'Edits' }).click();
  await expect(happened).toHaveCount(1);
  await part(page, 'What happened').getByRole('button', { name: 'All' }).click();
  await catalogue.change(id, { team: 'Search' });
  await expect(happened.first()).toContainText('Changed by');

  await page.goto(`/services/${encodeURIComponent(name.toUpperCase())}`);
  await expect(page).toHaveTitle(titled(name));
  await expect(happened.first()).toContainText('Changed by');
});

test('since when it is so, and its link', async ({ home, page, catalogue, target }) => {
  const { id, name } = await catalogue.add({ status_url: target.url });
  await home.open(`/services/${id}`);
  const { health, root, check } = home.card(name);
  await expect(health).toContainText(/Healthy for \d+ s\s+since \d\d:\d\d/);
  await expect(health.locator('.now-healthy')).toBeHidden();
  target.answers(503);
  await check.click();
  await expect(health).toContainText(/HTTP 503 for \d+ s\s+since \d\d:\d\d, last healthy \d\d:\d\d/);
  const since = (await catalogue.read(id)).status_since;
  for (const time of [0, 1]) await expect(health.locator('time').nth(time)).toHaveAttribute('datetime', since);

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await root.getByRole('button', { name: 'Copy link' }).click();
  await expect(home.told).toContainText('The link was copied.');
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  expect(await copied()).toBe(new URL(`/services/${id}`, page.url()).href);

  await page.evaluate(() => getSelection().selectAllChildren(document.querySelector('#service .card-trouble')));
  await page.keyboard.press('Control+c');
  expect(await copied(), 'what is selected, and not the link').toBe('HTTP 503');
});

test('a former name leads to the service, in the address too', async ({ home, page, catalogue, watch }) => {
  const service = await catalogue.add({ name: catalogue.name('before / 100%') });
  const name = catalogue.name('after');
  await catalogue.change(service.id, { name });
  await home.open(pageOf(service));
  await expect(page).toHaveURL(pageOf({ name }));
  await expect(page).toHaveTitle(titled(name));
  await page.reload();
  await expect(home.card(name).root).toBeVisible();

  watch.expect({ method: 'GET', status: 404, path: /by-name/ });
  await catalogue.remove(service.id);
  await page.goto(pageOf(service));
  await expect(page.getByRole('heading', { name: 'Service not found' })).toBeVisible();
});

test('a service goes to other places as a badge and as CSV', async ({ home, page, catalogue, target }) => {
  const service = await catalogue.add({ status_url: target.url });
  await home.open(pageOf(service));
  const elsewhere = part(page, 'For other places');
  await elsewhere.scrollIntoViewIfNeeded();
  const picture = elsewhere.getByRole('img', { name: 'Badge with the status' });
  await expect.poll(() => picture.evaluate((img) => img.naturalHeight)).toBe(20);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await elsewhere.getByRole('button', { name: 'Copy badge' }).click();
  await expect(home.told).toContainText('The badge was copied, as Markdown.');
  const [, text, badge, link] = /^\[!\[(.*)\]\((.*)\)\]\((.*)\)$/.exec(
    await page.evaluate(() => navigator.clipboard.readText()),
  );
  expect([text, link]).toEqual([`${service.name}: status`, new URL(`/services/${service.id}`, page.url()).href]);
  expect(await (await page.request.get(badge)).text()).toContain('healthy</title>');
  for (const [name, column] of [
    ['Measurements as CSV', 'latency_p95_ms'],
    ['What happened as CSV', 'reason'],
  ]) {
    const download = page.waitForEvent('download');
    await elsewhere.getByRole('link', { name }).click();
    expect(
      await (await download)
        .createReadStream()
        .then((stream) => stream.toArray())
        .then(String),
    ).toContain(column);
  }
});

test('a service that nobody measures has no uptime', async ({ home, page, catalogue }) => {
  const { id } = await catalogue.add({ status: 'healthy' });
  await home.open(`/services/${id}`);
  await expect(part(page, 'What happened')).toContainText('Added by');
  for (const name of ['Last 24 hours', 'Uptime', 'Latency']) await expect(part(page, name)).toBeHidden();
});

test('a wide screen shows a service beside the list', async ({ home, page, catalogue }) => {
  const names = ['a', 'b', 'c', 'd'].map((letter) => catalogue.name(letter));
  await catalogue.all(names.map((name) => ({ name, status: 'healthy' })));
  const list = `/?q=${catalogue.mark}`;
  await page.setViewportSize({ width: 1440, height: 900 });
  await home.open(list);
  const card = (name) => page.locator('service-grid').getByRole('heading', { name, level: 3 }).getByRole('button');
  await card(names[0]).click();
  const panel = page.getByRole('region', { name: names[0] });
  await expect(panel).toBeFocused();
  await expect(page).toHaveTitle(titled(names[0]));
  await expect(page).toHaveURL(pageOf({ name: names[0] }));
  await expect(page.getByRole('main')).toHaveCount(1);
  await expect(card(names[1]), 'the list is still there').toBeVisible();

  await catalogue.change((await catalogue.named(names[1])).id, { name: `${names[1]} renamed` });
  await expect(card(`${names[1]} renamed`), 'and live').toBeVisible();

  const column = await page.locator('service-grid service-card').evaluateAll((cards) => {
    const left = cards[0].getBoundingClientRect().left;
    return cards.filter((one) => one.getBoundingClientRect().left === left).map((one) => one.service.name);
  });
  await card(column[1]).click();
  await expect(page.getByRole('region', { name: column[1] })).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(page, 'the panel is one step of the history').toHaveURL(list);
  await expect(card(column[1])).toBeFocused();
  await page.goForward();
  await expect(page.getByRole('region', { name: column[1] })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('main', { name: column[1] }), 'by link it is a page').toBeVisible();
  await expect(page.locator('service-grid')).toBeHidden();
});

test('a narrow screen shows a service in place of the list', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add();
  await page.setViewportSize({ width: 390, height: 844 });
  await home.open(`/?q=${catalogue.mark}`);
  await home.card(name).open.click();
  await expect(page.getByRole('main', { name })).toBeFocused();
  await expect(page.locator('service-grid')).toBeHidden();
  await page.goBack();
  await expect(home.card(name).open).toBeFocused();
});

test('cards show the last day, of all in view with one request', async ({ home, page, catalogue, target }) => {
  const names = ['a', 'b', 'c'].map((letter) => catalogue.name(letter));
  await catalogue.all(names.map((name) => ({ name, status_url: target.url })));
  await expect(async () => {
    const all = await Promise.all(names.map((name) => catalogue.named(name)));
    expect(all.map(({ status }) => status)).toEqual(['healthy', 'healthy', 'healthy']);
  }).toPass();
  const asked = [];
  page.on('request', (request) => request.url().includes('/api/strips') && asked.push(request.url()));
  await home.open(`/?q=${catalogue.mark}`);
  for (const name of names) {
    await expect(home.card(name).root.getByRole('img')).toHaveAccessibleName(
      'Last 24 hours: not observed in 47 half hours',
    );
  }
  expect(asked).toHaveLength(1);

  target.answers(500);
  await home.card(names[0]).check.click();
  await expect(home.card(names[0]).root.getByRole('img')).toHaveAccessibleName(
    /^Last 24 hours: degraded in 1 half hour/,
  );
  expect(asked, 'events say what happens meanwhile').toHaveLength(1);
});

for (const width of [360, 1280]) {
  test(`axe finds nothing wrong with what was at ${width} px`, async ({ home, page, catalogue, target }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 740 });
    const { name } = await fallen(home, page, catalogue, target);
    await expect(part(page, 'What happened')).toContainText('Degraded: HTTP 503');
    await part(page, 'Latency').getByText('As a table').click();
    expect(await flaws(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    if (width < 1280) return;
    await home.open(`/?q=${catalogue.mark}`);
    await home.card(name).open.click();
    await expect(page.getByRole('region', { name }).first()).toBeVisible();
    await expect(part(page, 'Latency').locator('canvas')).toBeVisible();
    expect(await flaws(page)).toEqual([]);
  });
}
