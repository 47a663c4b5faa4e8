import { expect, test } from '../portal/test.js';

test('the statistics count every service by its status', async ({ home, catalogue }) => {
  await home.open();
  const before = await home.figures();
  for (const status of ['healthy', 'healthy', 'degraded', 'down', 'unknown', 'unknown', 'unknown']) {
    await catalogue.add({ name: catalogue.name(`${status} ${Math.random()}`), status });
  }
  const expected = {
    Total: before.Total + 7,
    Down: before.Down + 1,
    Degraded: before.Degraded + 1,
    Unknown: before.Unknown + 3,
    Healthy: before.Healthy + 2,
  };
  await expect.poll(() => home.figures()).toEqual(expected);
});

test('the statistics count all services, whatever a person filters or looks for', async ({ home, catalogue }) => {
  const team = catalogue.name('Payments');
  await catalogue.add({ name: catalogue.name('one'), status: 'down', team });
  await catalogue.add({ name: catalogue.name('two'), status: 'healthy', tags: [catalogue.mark] });
  await home.open();
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

test('the statistics follow an edit and a deletion', async ({ home, catalogue }) => {
  const { id } = await catalogue.add({ status: 'healthy' });
  await home.open();
  const { Total, Healthy, Down } = await home.figures();
  await catalogue.change(id, { status: 'down' });
  await expect.poll(() => home.figures()).toMatchObject({ Total, Healthy: Healthy - 1, Down: Down + 1 });
  await catalogue.remove(id);
  await expect.poll(() => home.figures()).toMatchObject({ Total: Total - 1, Healthy: Healthy - 1, Down });
});
