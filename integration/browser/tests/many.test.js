import { expect as patient, test } from '../portal/test.js';

// A long timeout, because hundreds of cards take a busy machine long.
const expect = patient.configure({ timeout: 60_000 });

const atFirst = 300; // cards in the page, of however many services

test('of many services the page holds the first, and more when their end comes near', async ({ page, catalogue }) => {
  test.slow();
  const all = atFirst + 10;
  const name = (i) => catalogue.name(`service ${i}`);
  await catalogue.all(Array.from({ length: all }, (_, i) => ({ name: name(i) })));
  const cards = page.locator('service-card'); // faster than by role, which checks every node
  const more = page.locator('#moreBtn');

  await page.goto(`/?q=${catalogue.mark}`);
  await expect(more).toHaveText('Show more of the other 10 services');
  await expect(cards).toHaveCount(atFirst);
  await expect(page.locator('#resultCount')).toContainText(`${all} services`);

  await test.step('a search finds what is not in the page', async () => {
    await page.locator('#searchInput').fill(name(all - 1));
    await expect(cards).toHaveCount(1);
    await expect(more).toBeHidden();
  });

  await test.step('the end brings the rest', async () => {
    await page.locator('#searchInput').fill(catalogue.mark);
    await expect(more).toBeVisible();
    await expect(cards).toHaveCount(atFirst);
    await more.scrollIntoViewIfNeeded();
    await expect(cards).toHaveCount(all);
    await expect(more).toBeHidden();
  });

  await test.step('paper has all', async () => {
    await page.evaluate(() => scrollTo(0, 0)); // away from the end, which would bring the rest again
    await page.locator('#searchInput').fill(`service ${catalogue.mark}`);
    await expect(more).toBeVisible();
    const printed = await page.evaluate(() => {
      dispatchEvent(new Event('beforeprint'));
      return document.querySelectorAll('service-card').length;
    });
    expect(printed).toBe(all);
  });
});
