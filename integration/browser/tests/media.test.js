import { expect, test } from '../portal/test.js';

// four adds one service in each status, and returns them by status.
async function four(catalogue) {
  const all = {};
  for (const status of ['healthy', 'degraded', 'down', 'unknown']) {
    const fields = { name: catalogue.name(status), status, docs_url: 'https://docs.example.com/', tags: ['go'] };
    all[status] = await catalogue.add(fields);
  }
  return all;
}

test('in forced colours each part of the overview bar is there and unlike the others', async ({
  home,
  page,
  catalogue,
}) => {
  await four(catalogue);
  await page.emulateMedia({ forcedColors: 'active' });
  await home.open();
  const looks = await page.locator('.overview-bar span').evaluateAll((parts) =>
    parts.map((part) => {
      const { backgroundImage, borderTopStyle, borderTopWidth, width } = getComputedStyle(part);
      return { look: `${backgroundImage} ${borderTopStyle}`, edge: borderTopWidth, width: Number.parseFloat(width) };
    }),
  );
  expect(new Set(looks.map(({ look }) => look)).size).toBe(4);
  for (const { edge, width } of looks) {
    expect(edge).toBe('1px');
    expect(width).toBeGreaterThan(7);
  }
  const ground = (chip) => chip.evaluate((element) => getComputedStyle(element).backgroundColor);
  await home.chip('status', 'down').click();
  expect(await ground(home.chip('status', 'down')), 'a chosen filter').not.toBe(
    await ground(home.chip('status', 'healthy')),
  );
});

test('on paper the services are a list, with addresses and without controls', async ({ home, page, catalogue }) => {
  const { down, healthy } = await four(catalogue);
  await page.emulateMedia({ colorScheme: 'dark' });
  await home.open(`/?q=${catalogue.mark}`);
  await page.emulateMedia({ media: 'print' });
  for (const control of [home.sidebar, home.search, home.addButton, home.clearButton, home.card(down.name).edit]) {
    await expect(control).toBeHidden();
  }
  await expect(home.count).toBeVisible();
  const place = (service) => home.card(service.name).root.boundingBox();
  const [first, last] = [await place(down), await place(healthy)];
  expect(first.x).toBe(last.x);
  expect(last.y).toBeGreaterThanOrEqual(first.y + first.height);
  const link = home.card(down.name).link('Docs');
  expect(await link.evaluate((a) => getComputedStyle(a, '::after').content)).toContain('Docs');
  const ink = await home.card(down.name).open.evaluate((name) => getComputedStyle(name).color);
  expect(Math.max(...ink.match(/\d+/g).map(Number)), 'dark on white, whatever the theme').toBeLessThan(128);
});

test('on paper an open service is alone', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add({ status: 'down' });
  const other = await catalogue.add({ name: catalogue.name('other') });
  await home.open(`/?q=${catalogue.mark}`);
  await home.card(name).open.click();
  const panel = page.getByRole('region', { name });
  await expect(panel).toBeVisible();
  await page.emulateMedia({ media: 'print' });
  await expect(home.card(other.name).root).toBeHidden();
  await expect(panel).toContainText('What happened');
  await expect(panel.getByRole('button', { name: 'Close' })).toBeHidden();
  const { x } = await panel.boundingBox();
  expect(x).toBe(0);
});

test('a very wide screen is used to its end', async ({ home, page, catalogue }) => {
  await catalogue.all(Array.from({ length: 12 }, (_, i) => ({ name: catalogue.name(`service ${i}`) })));
  await page.setViewportSize({ width: 2560, height: 1200 });
  await home.open(`/?q=${catalogue.mark}`);
  await expect(home.cards).toHaveCount(12);
  const ends = await home.cards.evaluateAll((cards) => cards.map((card) => card.getBoundingClientRect().right));
  expect(Math.max(...ends)).toBeGreaterThan(2560 - 40);
});

test('whatever can be pressed is at least 24 px high and wide', async ({ home, page, catalogue }) => {
  await catalogue.add({
    tags: Array.from({ length: 50 }, (_, i) => `tag-${i}`),
    docs_url: 'https://docs.example.com/',
  });
  await home.open();
  const small = () =>
    page.evaluate(() => {
      const all = [...document.querySelectorAll('button, a, select, textarea, input, label:has(input)')];
      const alone = all.filter((one) => !one.matches('label input, .skip-link') && one.checkVisibility());
      const sizes = alone.map((one) => ({ html: one.outerHTML, box: one.getBoundingClientRect() }));
      return sizes.filter(({ box }) => box.width < 24 || box.height < 24).map(({ html }) => html);
    });
  // The brand and the labelled checkbox are lines of text with space around them.
  expect((await small()).filter((html) => !/view-group|href="\/"/.test(html))).toEqual([]);
  await home.card(catalogue.name('service')).edit.click();
  await expect(home.form).toBeVisible();
  expect((await small()).filter((html) => !/view-group|href="\/"/.test(html))).toEqual([]);
});

for (const width of [360, 390, 1280]) {
  test(`nothing jumps while the page loads at ${width} px`, async ({ home, page, catalogue }) => {
    await four(catalogue);
    await page.setViewportSize({ width, height: 800 });
    await page.addInitScript(() => {
      globalThis.shift = 0;
      const add = (list) => {
        for (const { value, hadRecentInput } of list.getEntries()) globalThis.shift += hadRecentInput ? 0 : value;
      };
      globalThis.shifts = new PerformanceObserver(add);
      globalThis.shifts.observe({ type: 'layout-shift', buffered: true });
    });
    // Delayed answers delay rendering: first without the script, then without services.
    for (const late of ['**/app.js', '**/api/services']) {
      await page.route(late, async (route) => {
        await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
        await route.continue();
      });
    }
    await home.open();
    await expect(home.card(catalogue.name('down')).root).toBeVisible();
    const shift = await page.evaluate(async () => {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      return globalThis.shift;
    });
    expect(shift).toBeLessThan(0.02);
  });
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the page says so, and hides controls that need it', async ({ page, watch }) => {
    watch.outage(); // Chromium reports each preloaded module that it may not load
    await page.goto('/');
    const said = page.locator('.noscript');
    await expect(said).toBeVisible();
    await expect(said).toContainText('needs JavaScript');
    await expect(said.locator('a')).toHaveAttribute('href', '/api/services');
    await expect(page.getByRole('button')).toHaveCount(0);
    await expect(page.getByRole('searchbox')).toHaveCount(0);
    await expect(page.locator('.skeleton')).toBeHidden();
  });
});
