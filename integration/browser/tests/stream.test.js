// The one event stream of a browser: when it dies without a word, and among tabs.
import { Home } from '../portal/home.js';
import { expect, onlyByEvents, test } from '../portal/test.js';
import { Wire } from '../portal/wire.js';

test('a stream that goes silent without an end is not live, and what it missed is shown', async ({
  home,
  page,
  portal,
  catalogue,
}) => {
  const wire = new Wire(portal.url);
  await wire.open();
  try {
    await page.clock.install();
    await home.open(wire.url);
    wire.cut();
    const { id, name } = await catalogue.add({ status: 'healthy' });
    await page.clock.runFor(45_000); // three heartbeats
    await expect(home.connection).toHaveText('Refreshing every 30 s');
    await expect(home.card(name).status).toHaveText('Healthy');
    expect(wire.asked).toBe(2);

    await onlyByEvents(page);
    await catalogue.change(id, { status: 'down' });
    wire.mend();
    await expect(home.connection).toHaveText('Live');
    await expect(home.card(name).status).toHaveText('Down');
    await page.clock.runFor(30_000);
    await expect(home.connection).toHaveText('Live');
    expect(wire.asked).toBe(2);
  } finally {
    await page.close();
    await wire.close();
  }
});

// tabs opens so many in one browser, one after the other.
async function tabs(context, url, n) {
  const all = [];
  for (let i = 0; i < n; i++) {
    const tab = new Home(await context.newPage());
    await tab.open(url);
    all.push(tab);
  }
  return all;
}

test('eight tabs share one stream, which goes on when the tab that holds it is closed', async ({
  context,
  portal,
  catalogue,
}) => {
  test.slow(); // eight pages load, on what may be few cores
  const { id, name } = await catalogue.add({ status: 'healthy' });
  const wire = new Wire(portal.url);
  await wire.open();
  try {
    const all = await tabs(context, wire.url, 8); // a browser has six connections over HTTP/1.1
    // Two tabs may both have taken it, if each was too busy to hear the other: one gives way.
    await expect.poll(() => wire.streams).toBe(1);
    for (const { page } of all) await onlyByEvents(page);
    await catalogue.change(id, { status: 'down' });
    for (const tab of all) await expect(tab.card(name).status).toHaveText('Down');

    // The first one holds it, then whichever was the quickest: in the end, each has gone.
    for (let left = all.length; left > 1; left--) {
      await all.shift().page.close();
      const description = `seen by ${left - 1}`;
      await catalogue.change(id, { description });
      for (const tab of all) await expect(tab.card(name).description).toHaveText(description);
      for (const tab of all) await expect(tab.connection).toHaveText('Live');
    }
    await all[0].page.close();
  } finally {
    await wire.close();
  }
});

// seen tells the page, as the browser does, whether anybody sees its tab.
function seen(page, visible) {
  return page.evaluate((shown) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => !shown });
    document.dispatchEvent(new Event('visibilitychange'));
  }, visible);
}

test('a tab that nobody sees holds no stream, and catches up when it is shown', async ({ home, page, catalogue }) => {
  const { id, name } = await catalogue.add({ status: 'healthy' });
  await home.open();
  const ended = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/api/events'));
  await seen(page, false);
  await ended;
  await catalogue.change(id, { status: 'down' });
  await onlyByEvents(page);
  await seen(page, true);
  await expect(home.card(name).status).toHaveText('Down');
  await expect(home.connection).toHaveText('Live');
});
