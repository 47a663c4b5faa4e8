import { expect, onlyByEvents, test } from '../portal/test.js';

// Two intervals of 10 s, and a margin for a slow machine.
const twoIntervals = { timeout: 30_000 };

test('a status turns by itself, there and back, without a click or a reload @probes @way', async ({
  home,
  page,
  catalogue,
  target,
}) => {
  const { name } = await catalogue.add({ status_url: target.url, interval: '10s' });
  const card = home.card(name);
  await home.open();
  await expect(card.status).toHaveText('Healthy');
  await onlyByEvents(page);
  target.answers(503);
  await expect(card.status).toHaveText('Degraded', twoIntervals);
  await expect(card.health).toContainText(/HTTP 503 for \d+ s/);
  target.answers(200);
  await expect(card.status).toHaveText('Healthy', twoIntervals);
  await expect(card.health).not.toContainText('HTTP 503');
});

test('a new health URL is probed at once @probes @way', async ({ home, catalogue, target }) => {
  const { name } = await catalogue.add({ status_url: 'http://127.0.0.1:1/', interval: '1h' });
  const card = home.card(name);
  await home.open();
  await expect(card.status).toHaveText('Down');
  await card.edit.click();
  await home.field('Health URL').fill(target.url);
  await home.save.click();
  await expect(card.status).toHaveText('Healthy');
});
