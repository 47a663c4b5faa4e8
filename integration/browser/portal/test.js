// The base of all tests: Playwright's test with fixtures for the portal, and a watch that
// fails a test on errors in the browser.
import { test as base, expect } from '@playwright/test';
import { Catalogue } from './catalogue.js';
import { DeployedPortal } from './deployed.js';
import { Home } from './home.js';
import { OwnPortal } from './own.js';
import { settings } from './settings.js';
import { Target } from './target.js';
import { Watch } from './watch.js';

export { expect };

export const test = base.extend({
  // portal is the portal of one worker's tests.
  portal: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from it.
    async ({}, use, { parallelIndex }) => {
      const { urls, binary, ...how } = settings;
      const url = urls[parallelIndex];
      const portal = url ? new DeployedPortal({ url, ...how }) : new OwnPortal(binary, ['--timeout', '2s']);
      try {
        await portal.start();
        await use(portal);
      } finally {
        await portal.close();
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  baseURL: async ({ portal }, use) => use(portal.url),

  // catalogue is the test's access to the API. It deletes the services of the test.
  catalogue: async ({ portal }, use) => {
    const catalogue = new Catalogue(portal.url, portal.key);
    if (portal.owned) expect(await catalogue.size(), 'services that an earlier test left').toBe(0);
    await use(catalogue);
    await catalogue.clear();
  },

  // target is a probed service; it answers 200 by default.
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  target: async ({}, use) => {
    const target = new Target();
    await target.start();
    await use(target);
    await target.stop();
  },

  // watch collects the browser's errors, and checks them after the test.
  watch: async ({ portal }, use, testInfo) => {
    const watch = new Watch();
    await use(watch);
    const verdict = watch.verdict();
    if (verdict.length > 0 || testInfo.errors.length > 0) await testInfo.attach('portal.log', { body: portal.log() });
    expect(verdict, 'what the browser complained of').toEqual([]);
  },

  // The catalogue is cleared after the watch has left, because an open form would request
  // a deleted service.
  context: async ({ watch, catalogue, context }, use) => {
    void catalogue;
    await watch.follow(context);
    await use(context);
    watch.leave(context);
  },

  // home is the page. It is not opened yet, so that a test can fill the catalogue first.
  home: async ({ page }, use) => use(new Home(page)),

  // another is the page in another browser context.
  another: async ({ browser, baseURL, watch, catalogue }, use) => {
    void catalogue;
    const context = await browser.newContext({ baseURL });
    await watch.follow(context);
    await use(new Home(await context.newPage()));
    watch.leave(context);
    await context.close();
  },
});

// onlyByEvents answers all further reads of the page as unchanged, so that it gets other
// people's changes only by the live connection.
export async function onlyByEvents(page) {
  await page.route(
    (url) => url.pathname === '/api/services',
    (route) => {
      if (route.request().method() !== 'GET') return route.continue();
      const some = new URL(route.request().url()).searchParams.has('id');
      return some ? route.fulfill({ json: { items: [], total: 0 } }) : route.fulfill({ status: 304 });
    },
  );
}

// hold keeps the page's requests for a URL waiting until the returned function is called.
export async function hold(page, url) {
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  await page.route(url, async (route) => {
    await held;
    await route.continue();
  });
  return release;
}
