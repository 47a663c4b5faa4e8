import { expect, test } from '../portal/test.js';

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
