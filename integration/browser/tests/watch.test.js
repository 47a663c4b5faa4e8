import { expect, test } from '../portal/test.js';
import { Watch } from '../portal/watch.js';

test('aborted requests of a page that is being left are not errors', async ({ home, page }) => {
  await home.open();
  await page.route('**/hangs', () => undefined);
  await page.evaluate(() => {
    setInterval(() => fetch('/hangs').catch(() => undefined), 20);
  });
  let late;
  await page.route('/', async (route) => {
    late = await page.waitForRequest('**/hangs'); // sent after the reload began
    await route.continue();
  });
  const broken = page.waitForEvent('requestfailed', (request) => request === late);
  await page.reload();
  expect((await broken).failure().errorText).toBe('net::ERR_ABORTED');
});

test('requests of a page that a test closes are not errors, those that a page gives up are', async ({
  browser,
  portal,
}) => {
  const [watch, context] = [new Watch(), await browser.newContext()];
  await watch.follow(context);
  await context.route('**/hangs', () => undefined);
  const [closed, open] = [await context.newPage(), await context.newPage()];
  for (const page of [closed, open]) {
    await page.goto(portal.url);
    const failed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/hangs'));
    await page.evaluate(() => {
      const patience = new AbortController();
      fetch('/hangs', { signal: patience.signal }).catch(() => undefined);
      setTimeout(() => patience.abort(), 50);
    });
    await failed;
  }
  await closed.close();
  watch.leave(context);
  expect(watch.verdict()).toEqual([`failed request: GET net::ERR_ABORTED ${portal.url}/hangs`]);
  await context.close();
});
