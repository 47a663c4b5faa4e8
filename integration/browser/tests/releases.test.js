// The releases of a service, on its page. @own: with a forge of their own.
import { flaws } from '../portal/axe.js';
import { Forge } from '../portal/forge.js';
import { OwnPortal } from '../portal/own.js';
import { settings } from '../portal/settings.js';
import { test as base, expect } from '../portal/test.js';

const test = base.extend({
  forge: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from it.
    async ({}, use) => {
      const forge = new Forge();
      await forge.start();
      await use(forge);
      await forge.stop();
    },
    { scope: 'worker' },
  ],

  portal: [
    async ({ forge }, use) => {
      const portal = new OwnPortal(settings.binary, ['--releases-every', '1h', '--forges', `gitea=${forge.url}`]);
      try {
        await portal.start();
        await use(portal);
      } finally {
        await portal.close();
      }
    },
    { scope: 'worker', timeout: 180_000 },
  ],
});

const body = `## What's new

* **Invoices** in *two* seconds, see [#41](https://git.example/41)
  1. \`render\` in parallel

> quoted

\`\`\`
go run ./cmd/${'very-'.repeat(40)}long
\`\`\`

Then <script>window.hacked = true</script><img src=x onerror="window.hacked = true"> ![a graph](https://git.example/g.png) [run](javascript:window.hacked=true)`;

const hour = 3_600_000;

// released adds a service with four releases, and opens its page once they are there.
async function released({ home, page, catalogue, forge }) {
  const path = `example/billing-${catalogue.mark}`;
  const ago = (hours) => new Date(Date.now() - hours * hour).toISOString();
  for (const [tag, hours, more] of [
    ['v1.7.0', 2000, {}],
    ['v1.8.0', 300, {}],
    ['v1.8.1', 30, { name: 'v1.8.1', author: {} }],
    ['v1.9.0-rc.1', 2, { name: 'Faster <b>invoices</b>', prerelease: true, body }],
  ])
    forge.publish(path, { tag, published_at: ago(hours), ...more });
  const service = await catalogue.add({ github_url: `${forge.url}/${path}` });
  await known(catalogue, service);
  await home.open(`/services/${service.id}`);
  return { service, path, list: page.getByRole('region', { name: 'Releases', exact: true }) };
}

// known waits until the portal has asked the forge.
async function known(catalogue, { id }) {
  await expect.poll(async () => (await catalogue.releases(id)).checked_at, { timeout: 20_000 }).toBeTruthy();
}

test('the page shows the last three releases, with their notes folded @own', async ({
  home,
  page,
  catalogue,
  forge,
}) => {
  const { list, path } = await released({ home, page, catalogue, forge });
  const items = list.locator('.release');
  await expect(items).toHaveCount(3);
  await expect(items.nth(0)).toContainText(/v1\.9\.0-rc\.1\s+Faster <b>invoices<\/b>\s+pre-release/);
  await expect(items.nth(0)).toContainText(/by ada/);
  await expect(items.nth(1)).not.toContainText(/by|pre-release|Notes/, { useInnerText: true });
  const link = list.getByRole('link', { name: 'v1.9.0-rc.1' });
  await expect(link).toHaveAttribute('href', `${forge.url}/${path}/releases/tag/v1.9.0-rc.1`);
  await expect(list.getByRole('link', { name: 'All releases' })).toHaveAttribute(
    'href',
    `${forge.url}/${path}/releases`,
  );

  const notes = items.nth(0).locator('.notes');
  await expect(notes).toBeHidden();
  await list.locator('summary').first().focus();
  await page.keyboard.press('Enter');
  await expect(notes).toBeVisible();
  await expect(notes.getByRole('listitem')).toHaveCount(2);
  await expect(notes.locator('strong')).toHaveText('Invoices');
  await expect(notes.locator('pre')).toContainText('go run ./cmd/very-');
  await expect(notes.locator('blockquote')).toHaveText('quoted');
  expect(await notes.locator('a').evaluateAll((links) => links.map((a) => `${a.href} ${a.rel}`))).toEqual([
    'https://git.example/41 noopener noreferrer',
    'https://git.example/g.png noopener noreferrer',
  ]);
  await expect(notes.locator('img, script, h1, h2, h3, h4, iframe')).toHaveCount(0);
  await expect(notes).toContainText('window.hacked = true');
  expect(await page.evaluate(() => globalThis.hacked)).toBeUndefined();
});

test('the timeline has releases among what happened @own', async ({ home, page, catalogue, forge }) => {
  await released({ home, page, catalogue, forge });
  const happened = page.getByRole('region', { name: 'What happened' });
  await expect(happened).toContainText('v1.9.0-rc.1 pre-released: Faster <b>invoices</b> by ada');
  await happened.getByRole('button', { name: 'Releases' }).click();
  await expect(happened.getByRole('listitem')).toHaveCount(4);
  await expect(happened.getByRole('listitem').nth(1)).toContainText('v1.8.1 released');
});

test('why there are no releases is said, with what to do @own', async ({ home, page, catalogue, forge }) => {
  const list = page.getByRole('region', { name: 'Releases', exact: true });
  for (const [link, words] of [
    [`${forge.url}/example/none`, /^No repository was found at the code link\./],
    ['https://cvs.example/x', /^The code link does not lead to a repository/],
  ]) {
    const service = await catalogue.add({ name: catalogue.name(link), github_url: link });
    await known(catalogue, service);
    await home.open(`/services/${service.id}`);
    await expect(list.locator('.release-note')).toHaveText(words);
    await expect(list.getByRole('link')).toHaveCount(0);
  }
  const without = await catalogue.add({ name: catalogue.name('no link') });
  await home.open(`/services/${without.id}`);
  await expect(page.getByRole('region', { name: 'What happened' })).toBeVisible();
  await expect(list).toBeHidden();
});

for (const [width, dir] of [
  [1440, 'ltr'],
  [390, 'rtl'],
]) {
  test(`axe finds nothing wrong with releases at ${width} px, ${dir} @own`, async ({
    home,
    page,
    catalogue,
    forge,
  }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const { list } = await released({ home, page, catalogue, forge });
    await page.evaluate((way) => {
      document.documentElement.dir = way;
    }, dir);
    await list.locator('summary').first().click();
    await expect(list.locator('.notes').first()).toBeVisible();
    expect(await flaws(page)).toEqual([]);
    const outside = await page.evaluate(() =>
      [...document.querySelectorAll('#servicePage *')]
        .filter((element) => element.checkVisibility() && !element.closest('.visually-hidden, .chart'))
        .filter(
          (element) =>
            element.getBoundingClientRect().right > innerWidth + 1 || element.getBoundingClientRect().left < -1,
        )
        .map((element) => element.outerHTML.slice(0, 200)),
    );
    expect(outside).toEqual([]);
    const picture = `${width}-${dir}.png`;
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${picture}`, fullPage: true });
  });
}
