import { titled } from '../portal/home.js';
import { expect, hold, test } from '../portal/test.js';

test('the page opens with its name, and says that it is live @way', async ({ home, page }) => {
  await home.open();
  await expect(page).toHaveTitle(titled());
  await expect(page.getByRole('heading', { level: 1, name: 'Dev Portal' })).toBeVisible();
  await expect(home.search).toBeVisible();
  await expect(home.addButton).toBeVisible();
  await expect(home.sidebar.getByRole('heading', { name: 'Status' })).toBeVisible();
});

test('the name leads back to the whole catalogue', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add();
  await home.open('/?q=nothing+has+this+name');
  await expect(home.card(name).root).toHaveCount(0);
  await page.getByRole('link', { name: 'Dev Portal' }).click();
  await expect(home.card(name).root).toBeVisible();
  await expect(page).toHaveURL('/');
});

test('everything on the page comes from the portal itself @way', async ({ home, page, portal }) => {
  const origins = new Set();
  page.on('request', (request) => origins.add(new URL(request.url()).origin));
  await home.open();
  expect([...origins]).toEqual([portal.url]);
});

test('the page shows at once, and says that it is loading until the services show', async ({
  home,
  page,
  catalogue,
}) => {
  const { name } = await catalogue.add();
  const release = await hold(page, '**/api/services');
  await page.goto('/');
  await expect(page.locator('service-grid')).toHaveAttribute('aria-busy', 'true');
  await expect(page.getByRole('heading', { name: 'No services yet' })).toBeHidden();
  release();
  await expect(home.card(name).root).toBeVisible();
  await expect(page.locator('service-grid')).toHaveAttribute('aria-busy', 'false');
});

test('the theme follows the system until a person chooses one, which is kept', async ({ home, page }) => {
  const ink = () => page.evaluate(() => getComputedStyle(document.body).color);
  await page.emulateMedia({ colorScheme: 'light' });
  await home.open();
  const onLight = await ink();
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(ink).not.toBe(onLight);

  await page.getByTitle('Light theme').click();
  await expect.poll(ink).toBe(onLight);
  await page.reload();
  await expect(page.getByRole('radio', { name: 'Light' })).toBeChecked();
  expect(await ink()).toBe(onLight);
});
