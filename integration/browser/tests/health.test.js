import { flaws } from '../portal/axe.js';
import { expect, test } from '../portal/test.js';

const noticed = { timeout: 45_000 }; // the portal checks every 3 s, the page polls about every 15 s

test('what does not work is said in the page, with what to do, until it works again @own', async ({
  home,
  page,
  portal,
  watch,
}) => {
  test.setTimeout(150_000);
  await home.open();
  await expect(home.notice).toHaveCount(0);
  watch.expect({ method: 'GET', status: 503, path: /\/api\/health$/ });
  watch.allow({ method: 'GET', status: 503, path: /\/api\// }); // whatever else the page asks for meanwhile
  await portal.freeze();
  try {
    await expect(home.notice).toBeVisible(noticed);
    await expect(home.notice.getByRole('status')).toHaveText('The portal does not work');
    const fault = home.notice.getByRole('listitem').filter({ hasText: 'Postgres does not answer' });
    await expect(fault).toContainText('nothing can be read or changed until it is back');
    await expect(fault).toContainText('Start Postgres');
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await flaws(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    }
  } finally {
    await portal.thaw();
  }
  await expect(home.notice).toHaveCount(0, noticed);
  await expect(home.connection).toHaveText('Live', { timeout: 40_000 });
});
