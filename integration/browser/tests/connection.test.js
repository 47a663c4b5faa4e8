import { DeployedPortal } from '../portal/deployed.js';
import { expect, test } from '../portal/test.js';

test('a portal that stops and starts again: the page says so, keeps what it has, and is live again by itself @way', async ({
  home,
  portal,
  catalogue,
  watch,
}) => {
  const { name, id } = await catalogue.add({ status: 'healthy' });
  await home.open();
  watch.outage();
  await portal.stop();
  try {
    await expect(home.connection).toHaveText(/^Offline, data from \d/);
    await expect(home.card(name).status).toHaveText('Healthy');
  } finally {
    await portal.start();
  }
  await expect(home.connection).toHaveText('Live', { timeout: 40_000 });
  await catalogue.change(id, { status: 'down' });
  await expect(home.card(name).status).toHaveText('Down');
});

test('changes during a disconnection show after the reconnect @way', async ({ home, portal, catalogue, watch }) => {
  const gone = await catalogue.add({ name: catalogue.name('gone') });
  const kept = await catalogue.add({ name: catalogue.name('kept') });
  const line = new DeployedPortal({ url: portal.url });
  await line.start();
  try {
    await home.open(line.url);
    watch.outage();
    await line.stop();
    await expect(home.connection).toHaveText(/^Offline, data from \d/);
    await catalogue.remove(gone.id);
    await catalogue.change(kept.id, { description: 'changed meanwhile' });
    await line.start();
    await expect(home.connection).toHaveText('Live', { timeout: 40_000 });
    await expect(home.card(kept.name).description).toHaveText('changed meanwhile');
    await expect(home.card(gone.name).root).toHaveCount(0);
  } finally {
    await line.close();
  }
});

test('without events, the page reads the list every 30 seconds, and says that it does', async ({
  home,
  page,
  catalogue,
  watch,
}) => {
  const { id, name } = await catalogue.add({ status: 'healthy' });
  watch.outage();
  await page.route('**/api/events', (route) => route.abort());
  await page.clock.install();
  await page.goto('/');
  await expect(home.connection).toHaveText('Refreshing every 30 s');
  await expect(home.card(name).status).toHaveText('Healthy');
  await catalogue.change(id, { status: 'down' });
  await page.clock.runFor(31_000);
  await expect(home.card(name).status).toHaveText('Down');
});

test('a page that is opened while the portal cannot be reached says so, and comes round', async ({
  home,
  page,
  catalogue,
  watch,
}) => {
  const { name } = await catalogue.add();
  watch.outage();
  await page.route('**/api/**', (route) => route.abort());
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Services not loaded' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'No services yet' })).toBeHidden();
  // Only the list: the live connection might bring the page back before the click.
  await page.route(/\/api\/services/, (route) => route.continue());
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(home.card(name).root).toBeVisible();
  await page.unrouteAll();
  await expect(home.connection).toHaveText('Live', { timeout: 40_000 });
});
