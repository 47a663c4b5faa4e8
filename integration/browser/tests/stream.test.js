// The event stream of a browser: when it dies silently, and when tabs share it.
import { Home } from '../portal/home.js';
import { expect, onlyByEvents, test } from '../portal/test.js';
import { Wire } from '../portal/wire.js';

test('a silent stream is not live, and missed changes show after the reconnect @way', async ({
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

// tabs opens n tabs in one browser, one after the other.
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
  test.slow(); // eight pages load, maybe on few cores
  const { id, name } = await catalogue.add({ status: 'healthy' });
  const wire = new Wire(portal.url);
  await wire.open();
  try {
    const all = await tabs(context, wire.url, 8); // a browser has six connections over HTTP/1.1
    // Two tabs may both have opened it, if each was too busy to receive the other's message; then one closes its own.
    await expect.poll(() => wire.streams).toBe(1);
    for (const { page } of all) await onlyByEvents(page);
    await catalogue.change(id, { status: 'down' });
    for (const tab of all) await expect(tab.card(name).status).toHaveText('Down');

    // The first tab holds it, then the quickest one: in the end, each tab is closed.
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

// seen sets the page's visibility, as the browser does.
function seen(page, visible) {
  return page.evaluate((shown) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => !shown });
    document.dispatchEvent(new Event('visibilitychange'));
  }, visible);
}

test('a hidden tab holds no stream, and catches up when it is shown', async ({ home, page, catalogue }) => {
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
