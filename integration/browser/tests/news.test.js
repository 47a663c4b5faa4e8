// Screen reader announcements of changes made by others.
import { expect, test } from '../portal/test.js';

test('a status change is announced once, politely; the page load is not', async ({ home, catalogue }) => {
  const { id, name } = await catalogue.add({ status: 'healthy' });
  await home.open();
  await expect(home.card(name).root).toBeVisible();
  await catalogue.change(id, { description: 'another' });
  await expect(home.card(name).description).toHaveText('another');
  await expect(home.news).toHaveText('');
  await catalogue.change(id, { status: 'down' });
  await expect(home.news).toHaveText(`${name} is down.`);
  await expect(home.news).toHaveAttribute('role', 'status');
});

test('many changes at once are one sentence', async ({ home, page, catalogue, watch }) => {
  const names = Array.from({ length: 5 }, (_, i) => catalogue.name(`service ${i}`));
  await catalogue.all(names.map((name) => ({ name, status: 'healthy' })));
  watch.outage();
  await page.route('**/api/events**', (route) => route.abort()); // so that the next list has all of them
  await page.clock.install();
  await page.goto(`/?q=${catalogue.mark}`);
  await expect(home.cards).toHaveCount(5);
  await expect(home.connection).toHaveText('Refreshing every 30 s');
  for (const [i, name] of names.entries()) {
    const { id } = await catalogue.named(name);
    await catalogue.change(id, { status: i < 3 ? 'down' : 'degraded' });
  }
  await page.clock.runFor(31_000);
  await expect(home.news).toHaveText('5 services changed: 3 down, 2 degraded.');
});

test('a person’s own action is announced only by its toast @probes', async ({ home, page, catalogue, target }) => {
  const { id, name } = await catalogue.add({ status_url: target.url, interval: '1h' });
  await expect.poll(async () => (await catalogue.read(id)).status).toBe('healthy');
  await page.clock.install();
  await home.open();
  target.answers(503);
  await home.card(name).check.click();
  await expect(home.told).toContainText('is degraded');
  await page.clock.runFor(10_000);
  await expect(home.card(name).status).toHaveText('Degraded');
  await expect(home.news).toHaveText('');
});
