import { expect, test } from '../portal/test.js';

// A redirect target that a probe must not follow.
const elsewhere = 'http://login.example.com/';

const outcomes = {
  'an answer of 200 is healthy @way': { when: (target) => target.answers(200), status: 'Healthy', says: /\d+ ms/ },
  'an answer of 204 is healthy': { when: (target) => target.answers(204), status: 'Healthy', says: /\d+ ms/ },
  'an answer of 503 is degraded': { when: (target) => target.answers(503), status: 'Degraded', says: /HTTP 503/ },
  'an answer of 404 is degraded': { when: (target) => target.answers(404), status: 'Degraded', says: /HTTP 404/ },
  'a redirect to another host is degraded': {
    when: (target) => target.redirects(elsewhere),
    status: 'Degraded',
    says: /Redirects elsewhere/,
  },
  'a refused connection is down @way': {
    when: (target) => target.refuses(),
    status: 'Down',
    says: /Connection refused/,
  },
  'no answer in time is down @way': { when: (target) => target.hangs(), status: 'Down', says: /No answer in time/ },
};
for (const [what, { when, status, says }] of Object.entries(outcomes)) {
  test(`Check now: ${what} @probes`, async ({ home, catalogue, target }) => {
    const before = status === 'Healthy' ? 503 : 200;
    target.answers(before);
    const { name } = await catalogue.add({ status_url: target.url, interval: '1h' });
    const card = home.card(name);
    await home.open();
    await expect(card.status, 'after the first probe').toHaveText(before === 200 ? 'Healthy' : 'Degraded');

    await when(target);
    await card.check.click();
    await expect(card.status).toHaveText(status, { timeout: 20_000 });
    await expect(card.health).toHaveText(says);
    const word = status.toLowerCase();
    await expect(home.told).toContainText(new RegExp(`${name} is ${word} \\(.*${says.source}`));
    await expect(card.check).toBeFocused();
    expect((await catalogue.named(name)).status).toBe(word);
  });
}

test('a service without a health URL has nothing to check, and the server agrees @way', async ({
  home,
  catalogue,
  page,
}) => {
  const { name, id } = await catalogue.add({ status: 'healthy' });
  await home.open();
  await expect(home.card(name).root).toBeVisible();
  await expect(home.card(name).check).toHaveCount(0);
  const answer = await page.request.post(`/api/services/${id}/check`);
  expect(answer.status()).toBe(422);
  expect((await answer.json()).detail).toContain('health URL');
});

test('several clicks start only one check @probes', async ({ home, catalogue, target, page }) => {
  const { name } = await catalogue.add({ status_url: target.url, interval: '1h' });
  const card = home.card(name);
  await home.open();
  await expect(card.status).toHaveText('Healthy');
  const asked = [];
  page.on('request', (request) => request.url().endsWith('/check') && asked.push(request.url()));
  target.hangs();
  const probe = target.asked();
  await card.check.click();
  await probe;
  await expect(card.check).toHaveAttribute('aria-busy', 'true');
  await card.check.click({ force: true }); // the button is marked as disabled, but can still be clicked
  await expect(card.status).toHaveText('Down', { timeout: 20_000 });
  await expect(card.check).toHaveAttribute('aria-busy', 'false');
  expect(asked).toHaveLength(1);
});

test('without a health worker, Check now says so', async ({ home, catalogue, page, watch }) => {
  const { name, id } = await catalogue.add({ status_url: 'http://127.0.0.1:1/' });
  const detail = 'No health-worker replies, so nothing can be checked now.';
  await home.open();
  await page.route(`**/api/services/${id}/check`, (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({ status: 503, detail }),
    }),
  );
  watch.expect({ method: 'POST', status: 503, path: /\/check$/ });
  await home.card(name).check.click();
  await expect(home.warned).toContainText(`${name} was not checked: ${detail}`);
});
