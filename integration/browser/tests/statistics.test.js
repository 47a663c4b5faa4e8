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

test('the statistics count all services, whatever a person filters or looks for', async ({ home, page, catalogue }) => {
  const team = catalogue.name('Payments');
  await catalogue.add({ name: catalogue.name('one'), status: 'down', team });
  await catalogue.add({ name: catalogue.name('two'), status: 'healthy', tags: [catalogue.mark] });
  // Without events, the page does not change for 30 seconds.
  await page.route('**/api/events', () => undefined);
  await page.goto('/');
  await expect(home.card(catalogue.name('one')).root).toBeVisible();
  const all = await home.figures();
  expect(all.Total).toBeGreaterThanOrEqual(2);

  await home.only(catalogue.name('one'));
  await expect(home.cards).toHaveCount(1);
  expect(await home.figures()).toEqual(all);

  await home.chip('status', 'healthy').click();
  await expect(home.cards).toHaveCount(0);
  expect(await home.figures()).toEqual(all);

  await home.clearButton.click();
  await home.chip('team', team).click();
  await home.chip('status', 'down').click();
  await expect(home.cards).toHaveCount(1);
  expect(await home.figures()).toEqual(all);
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
