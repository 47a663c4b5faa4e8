// What every test file imports: Playwright's test with a portal to go to, and a
// watch over the browser that fails the test which made it complain.
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
  // portal is where the tests of one worker go.
  portal: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from it.
    async ({}, use, { parallelIndex }) => {
      const { urls, apiURL, host, binary } = settings;
      const url = urls[parallelIndex];
      const portal = url ? new DeployedPortal({ url, apiURL, host }) : new OwnPortal(binary, ['--timeout', '2s']);
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

  // catalogue is the test's way to the API. What the test added goes with it.
  catalogue: async ({ portal }, use) => {
    const catalogue = new Catalogue(portal.url);
    if (portal.owned) expect(await catalogue.size(), 'services that an earlier test left').toBe(0);
    await use(catalogue);
    await catalogue.clear();
  },

  // target is a service to be probed; it answers 200 until it is told otherwise.
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  target: async ({}, use) => {
    const target = new Target();
    await target.start();
    await use(target);
    await target.stop();
  },

  // watch judges when the test is over.
  watch: async ({ portal }, use, testInfo) => {
    const watch = new Watch();
    await use(watch);
    const verdict = watch.verdict();
    if (verdict.length > 0 || testInfo.errors.length > 0) await testInfo.attach('portal.log', { body: portal.log() });
    expect(verdict, 'what the browser complained of').toEqual([]);
  },

  // The catalogue is cleared after the watch has left: an open form would ask for
  // a service that is gone.
  context: async ({ watch, catalogue, context }, use) => {
    void catalogue;
    await watch.follow(context);
    await use(context);
    watch.leave(context);
  },

  // home is the page, not opened yet, so that a test can fill the catalogue first.
  home: async ({ page }, use) => use(new Home(page)),

  // another is the same page in the browser of somebody else.
  another: async ({ browser, baseURL, watch, catalogue }, use) => {
    void catalogue;
    const context = await browser.newContext({ baseURL });
    await watch.follow(context);
    await use(new Home(await context.newPage()));
    watch.leave(context);
    await context.close();
  },
});

// onlyByEvents has a page hear from now on that nothing has changed, whenever it
// asks: what it shows of others' changes came by the live connection.
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
