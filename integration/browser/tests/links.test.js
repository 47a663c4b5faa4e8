import { expect, test } from '../portal/test.js';

const schemes = {
  'javascript:': 'javascript:window.hacked=true',
  'JavaScript: in any case': 'JaVaScRiPt:window.hacked=true',
  'javascript: that looks like http': 'javascript://example.com/%0awindow.hacked=true',
  'javascript: behind a tab': 'java\tscript:window.hacked=true',
  'javascript: behind a control character': '\u0001javascript:window.hacked=true',
  'data:': 'data:text/html,<script>window.hacked=true</script>',
  'vbscript:': 'vbscript:msgbox(1)',
  'file:': 'file:///etc/passwd',
  'ftp:': 'ftp://example.com/',
  'no scheme': 'example.com/docs',
  'a relative path': '/docs',
  'another host’s path': '//example.com/docs',
};
const urls = {
  status_url: 'Health URL',
  docs_url: 'Docs URL',
  github_url: 'GitHub URL',
  dashboard_url: 'Dashboard URL',
};

test('the server refuses every URL that is not http or https, and names its field', async ({ catalogue }) => {
  for (const [what, url] of Object.entries(schemes)) {
    for (const field of Object.keys(urls)) {
      const { status, said } = await catalogue.send({ name: catalogue.name(what), [field]: url });
      expect(status, `${field} ${what}`).toBe(422);
      expect(
        said.errors.map((error) => error.field),
        `${field} ${what}`,
      ).toEqual([field]);
    }
  }
  expect(await catalogue.named(catalogue.name('javascript:'))).toBeUndefined();
});

for (const [field, label] of Object.entries(urls)) {
  test(`the form refuses javascript: and its like as ${label}, and sends nothing`, async ({
    home,
    page,
    catalogue,
  }) => {
    const sent = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
    await home.open();
    await home.addButton.click();
    await home.field('Name').fill(catalogue.name(field));
    for (const [what, url] of Object.entries(schemes)) {
      if (what.includes('behind')) continue; // such characters can't be typed into a field
      await home.field(label).fill(url);
      await home.save.click();
      await expect(await home.fault(label), url).toHaveText(/http/);
      await expect(home.field(label)).toBeFocused();
    }
    expect(sent).toEqual([]);
    expect(await catalogue.named(catalogue.name(field))).toBeUndefined();
  });
}

test('a javascript: URL in an answer does not become a link', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add({
    docs_url: 'https://docs.example.com/',
    github_url: 'https://github.com/example',
  });
  await page.route('**/api/services', async (route) => {
    const answer = await route.fetch();
    if (answer.status() === 304) return route.fulfill({ response: answer });
    const list = await answer.json();
    for (const service of list.items) if (service.name === name) service.docs_url = 'javascript:window.hacked=true';
    return route.fulfill({ response: answer, json: list });
  });
  await home.open();
  await expect(home.card(name).link('GitHub')).toBeVisible();
  await expect(home.card(name).link('Docs')).toHaveCount(0);
  await expect(page.locator('a[href^="javascript" i]')).toHaveCount(0);
  await page.unrouteAll({ behavior: 'wait' }); // the list may be read again just now
});
