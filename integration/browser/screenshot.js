// npm run screenshot -- FOLDER — pictures of the real portal with its examples, while their database is down:
// screenshot.png (1440×900, light), screenshot-dark.png, screenshot-narrow.png (360×740), and of what is around
// the database, graph.png and graph-dark.png. PORTAL_BIN names the binary.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, expect } from '@playwright/test';
import { launchOptions } from './portal/chromium.js';
import { Home } from './portal/home.js';
import { OwnPortal } from './portal/own.js';
import { provide } from './portal/setup.js';

const pictures = {
  'screenshot.png': { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  'screenshot-dark.png': { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  'screenshot-narrow.png': { viewport: { width: 360, height: 740 }, colorScheme: 'light', deviceScaleFactor: 2 },
  'graph.png': { viewport: { width: 1440, height: 560 }, colorScheme: 'light' },
  'graph-dark.png': { viewport: { width: 1440, height: 560 }, colorScheme: 'dark' },
};
const database = 'Payments DB'; // falls within two minutes, for three

const folder = process.argv[2];
if (!folder) throw new Error('Where to? npm run screenshot -- FOLDER');
await mkdir(folder, { recursive: true });

const { binary, remove } = await provide();
const portal = new OwnPortal(binary, ['--demo']);
let browser;
try {
  await portal.start();
  browser = await chromium.launch(launchOptions);
  for (const [name, options] of Object.entries(pictures)) await take(join(folder, name), options);
} finally {
  await browser?.close();
  await portal.close();
  await remove();
}

async function take(path, options) {
  const context = await browser.newContext({ ...options, baseURL: portal.url, locale: 'en-GB' });
  const home = new Home(await context.newPage());
  await home.open();
  const cause = home.page.locator('.cause').filter({ hasText: database });
  await expect(cause, 'all that it drags along').toContainText(/for ([2-9]\d s|\d min), and hits/, {
    timeout: 180_000,
  });
  if (path.includes('graph')) {
    const { items } = await (await context.request.get(`/api/services?q=${encodeURIComponent(database)}`)).json();
    await home.open(`/graph?focus=${items[0].id}&hops=2`);
    await expect(home.page.locator('.graph-edges .hit').first()).toBeAttached();
  } else {
    await expect(home.cards.first().locator('status-strip path').first()).toBeAttached();
  }
  await home.page.screenshot({ path });
  await context.close();
  process.stdout.write(`${path}\n`);
}
