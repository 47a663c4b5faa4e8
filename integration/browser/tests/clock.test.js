import { expect, test } from '../portal/test.js';

const hour = 3_600_000;

// setClock shifts the browser's clock by ms, before the page's first script.
function setClock(page, ms) {
  return page.addInitScript((off) => {
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...args) {
        super(...(args.length === 0 ? [Real.now() + off] : args));
      }

      static now() {
        return Real.now() + off;
      }
    };
  }, ms);
}

for (const [what, off] of Object.entries({ 'an hour ahead': hour, 'an hour behind': -hour })) {
  test(`a browser whose clock is ${what} shows ages by the server’s @probes`, async ({
    home,
    page,
    catalogue,
    target,
  }) => {
    target.answers(503);
    const { id, name } = await catalogue.add({ status_url: target.url, interval: '1h' });
    await expect.poll(async () => (await catalogue.read(id)).status).toBe('degraded');
    await setClock(page, off);
    await home.open();
    // In seconds: neither the hour nor the "just now" of a future time matches.
    await expect(home.card(name).checked).toHaveText(/checked [1-9]\d? s ago/);
    await expect(home.card(name).health).toContainText(/HTTP 503 for [1-9]\d? s/);
    await home.card(name).check.click();
    await expect(home.card(name).checked).toHaveText(/checked (just now|\d s ago)/);
    await expect(home.card(name).health).toContainText(/HTTP 503 for [1-9]\d? s/);
  });
}
