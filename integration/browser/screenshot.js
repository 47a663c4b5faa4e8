// npm run screenshot -- FOLDER — pictures of the real portal with its examples:
// screenshot.png (1440×900, light), screenshot-dark.png, and
// screenshot-narrow.png (360×740). PORTAL_BIN names the binary.
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
};

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
  // Everything was probed, and has been as it is for a moment.
  await expect(home.page.getByText('not checked yet')).toHaveCount(0, { timeout: 30_000 });
  await expect(home.cards.first()).toHaveText(/ for ([5-9]|\d\d) s/, { timeout: 30_000 });
  await expect(home.cards.first().locator('status-strip path').first()).toBeAttached();
  await home.page.screenshot({ path });
  await context.close();
  process.stdout.write(`${path}\n`);
}
