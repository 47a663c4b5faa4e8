import { expect, test } from '../portal/test.js';

const posted = /\/api\/services$/;

for (const [what, text] of Object.entries({ 'an empty name': '', 'a name of spaces': '   ' })) {
  test(`${what} is stopped at the field, and nothing is sent`, async ({ home, page }) => {
    const sent = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
    await home.open();
    await home.addButton.click();
    await home.field('Name').fill(text);
    await home.field('Team').focus();
    await home.save.click();
    await expect(await home.fault('Name')).not.toBeEmpty();
    await expect(home.field('Name')).toBeFocused();
    await expect(home.form).toBeVisible();
    expect(sent).toEqual([]);
  });
}

test('the message at a field disappears as soon as a person types there', async ({ home }) => {
  await home.open();
  await home.addButton.click();
  await home.save.click();
  const fault = await home.fault('Name');
  await expect(fault).toBeVisible();
  await home.field('Name').pressSequentially('b');
  await expect(fault).toBeHidden();
  await expect(home.field('Name')).not.toHaveAttribute('aria-invalid', 'true');
});

// Errors that only the server finds: its messages show at the fields that it names.
const refused = {
  'a health URL with a password': {
    fill: { 'Health URL': 'https://me:secret@billing.example.com/' },
    at: 'Health URL',
    says: /password/,
  },
  'a link of 2,001 characters': {
    fill: { 'Docs URL': `https://docs.example.com/${'a'.repeat(1976)}` },
    at: 'Docs URL',
    says: /At most 2000 characters/,
  },
  'a description of 2,001 characters': {
    fill: { Description: 'a'.repeat(2001) },
    at: 'Description',
    says: /At most 2000 characters/,
  },
  '51 tags': {
    fill: { Tags: Array.from({ length: 51 }, (_, i) => `tag${i}`).join(',') },
    at: 'Tags',
    says: /At most 50 tags/,
  },
  'a tag of 64 characters': { fill: { Tags: `go, ${'a'.repeat(64)}` }, at: 'Tags', says: /At most 63 characters/ },
};
for (const [what, { fill, at, says }] of Object.entries(refused)) {
  test(`${what} is refused by the server, which says why at the field`, async ({ home, catalogue, watch }) => {
    const name = catalogue.name('refused');
    await home.open();
    await home.addButton.click();
    await home.field('Name').fill(name);
    for (const [label, text] of Object.entries(fill)) await home.field(label).fill(text);
    watch.expect({ method: 'POST', status: 422, path: posted });
    await home.save.click();
    await expect(await home.fault(at)).toHaveText(says);
    await expect(home.field(at)).toBeFocused();
    await expect(home.field('Name'), 'what was typed stays').toHaveValue(name);
    expect(await catalogue.named(name)).toBeUndefined();
  });
}

test('a name that is taken, in any case, is reported at the name', async ({ home, catalogue, watch }) => {
  const { name } = await catalogue.add({ name: catalogue.name('Billing') });
  await home.open();
  await home.addButton.click();
  await home.field('Name').fill(name.toUpperCase());
  watch.expect({ method: 'POST', status: 409, path: posted });
  await home.save.click();
  await expect(await home.fault('Name')).toHaveText(/has this name/);
  await home.field('Name').fill(catalogue.name('Billing two'));
  await home.save.click();
  await expect(home.form).toBeHidden();
  await expect(home.card(catalogue.name('Billing two')).root).toBeVisible();
});

test('a name of 100 emoji is a name of 100 characters', async ({ home, catalogue }) => {
  const name = `${catalogue.mark}${'🦊'.repeat(100 - catalogue.mark.length)}`;
  await home.open();
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.save.click();
  await expect(home.card(name).root).toBeVisible();
  expect((await catalogue.named(name)).name).toBe(name);
});

test('when the portal fails, the form says so and keeps what was typed', async ({ home, page, catalogue, watch }) => {
  const name = catalogue.name('patient');
  await home.open();
  await page.route('**/api/services', (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    return route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'about:blank', status: 503, title: 'Unavailable', detail: 'Try again shortly.' }),
    });
  });
  await home.addButton.click();
  await home.field('Name').fill(name);
  watch.expect({ method: 'POST', status: 503, path: posted });
  await home.save.click();
  await expect(home.form.getByRole('alert').filter({ hasText: 'Try again shortly.' })).toBeVisible();
  await page.unroute('**/api/services');
  await home.save.click();
  await expect(home.form).toBeHidden();
  await expect(home.card(name).root).toBeVisible();
});

test('Save pressed twice adds one service', async ({ home, catalogue, page }) => {
  const name = catalogue.name('once');
  const sent = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  await home.open();
  await home.addButton.click();
  await home.field('Name').fill(name);
  await home.save.dblclick();
  await expect(home.form).toBeHidden();
  await expect(home.card(name).root).toHaveCount(1);
  expect(sent).toHaveLength(1);
});
