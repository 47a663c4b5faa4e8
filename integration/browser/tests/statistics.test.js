import { expect, test } from '../portal/test.js';

// Others may change services meanwhile: the page must agree with the API in the end.
const agree = (home, catalogue) =>
  expect(async () => expect(await home.figures()).toEqual(await catalogue.figures())).toPass({ timeout: 10_000 });

test('the statistics count every service by its status', async ({ home, catalogue }) => {
  for (const status of ['healthy', 'healthy', 'degraded', 'down', 'unknown', 'unknown', 'unknown']) {
    await catalogue.add({ name: catalogue.name(`${status} ${Math.random()}`), status });
  }
  await home.open();
  await agree(home, catalogue);
  const { Total, Down, Degraded, Unknown, Healthy } = await home.figures();
  expect(Total).toBe(Down + Degraded + Unknown + Healthy);
  for (const [least, figure] of [
    [2, Healthy],
    [1, Degraded],
    [1, Down],
    [3, Unknown],
  ]) {
    expect(figure).toBeGreaterThanOrEqual(least);
  }
});

test('a figure is what its click shows, whatever else a person filters or looks for', async ({
  home,
  page,
  catalogue,
}) => {
  const team = catalogue.name('Payments');
  await catalogue.add({ name: catalogue.name('one'), status: 'down', team });
  await catalogue.add({ name: catalogue.name('two'), status: 'healthy', tags: [catalogue.mark] });
  // Without events, the page does not change for 30 seconds.
  await page.route('**/api/events', () => undefined);
  await page.goto('/');
  await expect(home.card(catalogue.name('one')).root).toBeVisible();
  const { Total } = await home.figures();

  await home.only(catalogue.mark);
  await expect(home.cards).toHaveCount(2);
  const found = { Total, Down: 1, Degraded: 0, Unknown: 0, Healthy: 1 };
  expect(await home.figures()).toEqual(found);
  await expect(home.count).toHaveText(Total === 2 ? '2 services' : `2 of ${Total.toLocaleString('en')} services`);

  await home.chip('status', 'healthy').click();
  await expect(home.cards).toHaveCount(1);
  expect(await home.figures(), 'a status does not hide the others').toEqual(found);

  await home.chip('team', team).click();
  await expect(home.cards).toHaveCount(0);
  expect(await home.figures()).toEqual({ ...found, Healthy: 0 });
});

test('the statistics follow an addition, an edit and a deletion', async ({ home, catalogue }) => {
  await home.open();
  await agree(home, catalogue);
  const { id } = await catalogue.add({ status: 'healthy' });
  await agree(home, catalogue);
  await catalogue.change(id, { status: 'down' });
  await agree(home, catalogue);
  await catalogue.remove(id);
  await agree(home, catalogue);
});
