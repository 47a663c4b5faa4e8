// People who may only read are offered nothing that would be refused.
import { once } from 'node:events';
import http from 'node:http';
import { pageOf } from '../portal/home.js';
import { settings } from '../portal/settings.js';
import { expect, test } from '../portal/test.js';

async function as(page, role) {
  await page.route('**/api/me', (route) => route.fulfill({ json: { kind: 'anonymous', role, teams: [] } }));
}

test('a viewer reads, and is offered nothing to write', async ({ home, page, catalogue, target }) => {
  const { name } = await catalogue.add({ status_url: target.url });
  await as(page, 'viewer');
  await home.open();
  const card = home.card(name);
  await expect(card.root).toBeVisible();
  await expect(card.edit).toBeHidden();
  await expect(card.check).toBeHidden();
  await expect(home.addButton).toBeHidden();
  await expect(page.getByText('Read only', { exact: true })).toBeVisible();

  await page.keyboard.press('n');
  await expect(page.getByRole('dialog')).toBeHidden();
  await card.open.click();
  await expect(page).toHaveURL(pageOf({ name }));
  await expect(page.getByRole('dialog')).toBeHidden();
});

test('an editor is offered all of it', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add({});
  await as(page, 'editor');
  await home.open();
  await expect(home.card(name).edit).toBeVisible();
  await expect(page.getByText('Read only', { exact: true })).toBeHidden();
  await page.keyboard.press('n');
  await expect(page.getByRole('dialog')).toBeVisible();
});

test('a portal that does not say who is asking offers everything', async ({ home, page, catalogue, watch }) => {
  watch.expect({ method: 'GET', status: 404, path: /\/api\/me$/ });
  const { name } = await catalogue.add({});
  await page.route('**/api/me', (route) => route.fulfill({ status: 404, json: {} }));
  await home.open();
  await expect(home.card(name).edit).toBeVisible();
  await expect(home.addButton).toBeVisible();
});

test('a portal knows its own people', async ({ home, page }) => {
  const answered = page.waitForResponse('**/api/me');
  await home.open();
  expect(await (await answered).json()).toMatchObject({
    kind: settings.apiKey ? 'key' : 'anonymous',
    role: expect.stringMatching(/^(editor|admin)$/),
  });
});

test('a portal for people whom it knows says so to others', async ({ home, page, watch }) => {
  const denied = {
    type: '/api/docs#unauthenticated',
    title: 'Not signed in',
    status: 401,
    detail: 'This needs the role viewer.',
  };
  watch.expect({ method: 'GET', status: 401, path: /\/api\/services$/ });
  await as(page, 'none');
  await page.route('**/api/services', (route) =>
    route.fulfill({ status: 401, contentType: 'application/problem+json', json: denied }),
  );
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'No access' })).toBeVisible();
  await expect(home.addButton).toBeHidden();
});

test('what the portal says of a refusal is shown', async ({ home, page, watch }) => {
  watch.expect({ method: 'GET', status: 421, path: /\/api\/services$/ });
  const detail = 'This portal does not answer to the name portal.example.';
  await page.route('**/api/services', (route) =>
    route.fulfill({ status: 421, contentType: 'application/problem+json', json: { status: 421, detail } }),
  );
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Services not loaded' })).toBeVisible();
  await expect(page.getByText(detail)).toBeVisible();
  await expect(home.cards).toHaveCount(0);
});

// elsewhere serves an empty page of another site: localhost is another one than 127.0.0.1.
async function elsewhere(visit) {
  const server = http.createServer((_, res) =>
    res.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>'),
  );
  server.listen(0, 'localhost');
  await once(server, 'listening');
  try {
    await visit(`http://localhost:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a page of another site neither reads nor writes @own', async ({ browser, catalogue, portal }) => {
  const { id, name } = await catalogue.add({ status_url: 'http://127.0.0.1:1/' });
  const context = await browser.newContext(); // not the watched one, which would complain of each refusal
  await elsewhere(async (url) => {
    const page = await context.newPage();
    await page.goto(url);
    const tried = await page.evaluate(
      async ({ url, id }) => {
        const attempt = (path, init) =>
          fetch(url + path, init).then(
            ({ type }) => type,
            () => 'refused',
          );
        return [
          await attempt('/api/services'),
          await attempt(`/api/services/${id}`, { method: 'DELETE' }),
          await attempt(`/api/services/${id}/check`, { method: 'POST', mode: 'no-cors' }),
          await attempt('/api/services', { method: 'POST', mode: 'no-cors', body: '{"name":"from elsewhere"}' }),
        ];
      },
      { url: portal.url, id },
    );
    for (const told of tried) expect(['refused', 'opaque']).toContain(told); // nothing of the answer
  });
  await context.close();
  expect(await catalogue.named(name)).toMatchObject({ id, version: 1 });
  expect(await catalogue.named('from elsewhere')).toBeUndefined();
});
