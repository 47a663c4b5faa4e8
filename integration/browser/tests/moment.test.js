// The portal at a moment: what it was then, in the address, read only, and the way back.
import { flaws } from '../portal/axe.js';
import { expect, test } from '../portal/test.js';

class Past {
  constructor(page) {
    this.page = page;
    this.bar = page.getByRole('region', { name: 'The portal at a moment' });
    this.choose = this.bar.getByTitle('Choose another time');
    this.time = this.choose.locator('time');
    this.slider = this.bar.getByRole('slider', { name: 'Moment' });
    this.copy = this.bar.getByRole('button', { name: 'Copy link' });
    this.back = this.bar.getByRole('button', { name: 'Back to now' });
    this.said = this.bar.locator('.moment-said');
  }

  // open resolves when the page shows what was.
  async open(path) {
    await this.page.goto(path);
    await this.shown();
  }

  async shown() {
    await expect(this.bar).toBeVisible();
    await expect(this.said).toHaveText('');
  }
}

// exactly is the moment of the newest change of some services, as the portal says.
function exactly(...services) {
  const last = services.map((service) => service.updated_at).sort((a, b) => Date.parse(a) - Date.parse(b));
  return new Date(Date.parse(last.at(-1)) + 1).toISOString();
}

// at is the moment in the address of a page, in ms.
const at = (page) => Date.parse(new URL(page.url()).searchParams.get('at') ?? '');

// changed adds services, and changes all of them after the moment that it returns.
async function changed(catalogue) {
  const renamed = await catalogue.add({
    name: catalogue.name('billing'),
    team: 'Payments',
    status: 'down',
    tags: ['go'],
  });
  const deleted = await catalogue.add({ name: catalogue.name('gone'), status: 'healthy' });
  const moment = exactly(renamed, deleted);
  const name = catalogue.name('invoices');
  const now = await catalogue.change(renamed.id, { name, team: 'Web', status: 'healthy', tags: [] });
  await catalogue.remove(deleted.id);
  return { renamed, deleted, now, moment, path: `/?q=${catalogue.mark}&at=${moment}` };
}

test('an address with a moment shows the services as they were, marked, and read only', async ({
  home,
  page,
  catalogue,
}) => {
  const { renamed, deleted, now, path } = await changed(catalogue);
  const past = new Past(page);
  await past.open(path);
  await expect(home.cards).toHaveCount(2);
  await expect(home.card(renamed.name).status).toHaveText('Down');
  await expect(home.card(renamed.name).team).toHaveText('Payments');
  await expect(home.card(deleted.name).root).toBeVisible();
  await expect(past.time).toHaveText(/^\w{3} \d+ \w{3,4}, \d\d:\d\d:\d\d$/);
  await expect(past.bar).toContainText(/\d+ s ago, read only/);
  await expect(page.locator('connection-status')).toHaveText('Past');
  await expect(page).toHaveTitle(/^\w{3} \d+ \w{3,4}, \d\d:\d\d:\d\d · Dev Portal$/);
  await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', '/favicons/past.svg');

  await expect(home.addButton).toBeHidden();
  await home.card(renamed.name).open.focus();
  await expect(home.card(renamed.name).edit).toBeHidden();
  await page.keyboard.press('e');
  await page.keyboard.press('n');
  await expect(home.form).toBeHidden();

  // What happens now does not show.
  await catalogue.change(now.id, { description: 'later', status: 'degraded' });
  await catalogue.add({ name: catalogue.name('later') });
  await expect.poll(async () => (await catalogue.named(catalogue.name('later')))?.name).toBeTruthy();
  await expect(home.cards).toHaveCount(2);
  await expect(home.card(renamed.name).status).toHaveText('Down');
  await expect(home.news).toHaveText('');

  await past.back.click();
  await expect(past.bar).toBeHidden();
  await expect(page).toHaveURL(`/?q=${catalogue.mark}`);
  await expect(home.cards).toHaveCount(2);
  await expect(home.card(now.name).status).toHaveText('Degraded');
  await expect(home.card(catalogue.name('later')).root).toBeVisible();
  await expect(home.connection).toHaveText('Live');
  await expect(home.addButton).toBeVisible();
  await expect(page.locator('link[rel=icon]')).not.toHaveAttribute('href', '/favicons/past.svg');
  await expect(page.getByRole('main')).toBeFocused();

  await page.goBack();
  await expect(home.card(renamed.name).status).toHaveText('Down');
});

test('the moment stays while one goes on, also to a service, and by its name of then', async ({
  home,
  page,
  catalogue,
  watch,
}) => {
  const { renamed, deleted, moment, path } = await changed(catalogue);
  const past = new Past(page);
  await past.open(path);
  await home.chip('status', 'down').click();
  await expect(page).toHaveURL((url) => url.searchParams.has('at') && url.searchParams.get('status') === 'down');
  await expect(home.cards).toHaveCount(1);
  await page.keyboard.press('Escape');
  await home.card(renamed.name).open.click();
  await expect(page).toHaveURL((url) => url.pathname !== '/' && url.searchParams.get('at') === moment);
  const service = page.locator('#servicePage');
  await expect(service.getByRole('heading', { level: 2, name: renamed.name })).toBeVisible();
  await expect(service.locator('.status-badge')).toHaveText('Down');
  await expect(service.getByRole('button', { name: /^Edit / })).toBeHidden();
  await expect(service.getByText('Added by')).toBeVisible();
  await expect(service.getByText('Changed by'), 'that came later').toHaveCount(0);
  await expect(service.getByRole('button', { name: 'Undo' })).toHaveCount(0);

  for (const who of [renamed.name, renamed.id, catalogue.name('invoices')]) {
    await past.open(`/services/${encodeURIComponent(who)}?at=${moment}`);
    await expect(service.getByRole('heading', { level: 2, name: renamed.name })).toBeVisible();
  }
  await past.open(`/services/${encodeURIComponent(deleted.name)}?at=${moment}`);
  await expect(service.locator('.status-badge')).toHaveText('Healthy');
  await service.getByRole('link', { name: 'All services', exact: true }).click();
  await expect(page).toHaveURL(`/?at=${moment}`);
  await expect(home.card(deleted.name).root).toBeVisible();
  watch.expect({ method: 'GET', status: 404, path: /by-name/ });
  await page.goto(`/services/${encodeURIComponent(catalogue.name('never'))}?at=${moment}`);
  await expect(page.getByText('There was none of that name at this moment.')).toBeVisible();
  await past.back.click();
  await expect(page.getByText('It may have been deleted')).toBeVisible();
});

test('the slider moves by keys, asks only when one stays, and takes one history entry', async ({
  home,
  page,
  catalogue,
}) => {
  const { renamed, now, moment, path } = await changed(catalogue);
  const past = new Past(page);
  await home.open(`/?q=${catalogue.mark}`);
  await past.open(path);
  const asked = [];
  page.on('request', (request) => request.url().includes('/api/services?at=') && asked.push(request.url()));
  await past.slider.focus();
  // The slider is one of whole seconds: it ends before the change until the next one, and begins before
  // a record that is younger than two.
  const ends = async () => {
    const [min, max] = await past.slider.evaluate((slider) => [slider.min * 1000, slider.max * 1000]);
    return max > Date.parse(now.updated_at) && max - min > 1000 && max - min < 6 * 86_400_000;
  };
  await expect.poll(ends).toBe(true);
  await expect(past.slider).toHaveAttribute('aria-valuetext', /^\w{3} \d+ \w{3,4}, \d\d:\d\d:\d\d$/);
  // In one go: however busy the machine is, a person moves on before the moment is asked for.
  await past.slider.evaluate((slider) => {
    for (const key of ['Home', 'ArrowRight', 'PageDown', 'End']) {
      slider.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    }
  });
  await expect(past.bar).toContainText(/\b\d s ago, read only/);
  await expect.poll(() => at(page) > Date.parse(moment)).toBe(true);
  await expect(home.card(now.name).root).toBeVisible();
  await expect(page).toHaveURL((url) => url.searchParams.get('q') === catalogue.mark);
  expect(asked).toHaveLength(1);
  await expect(past.slider).toBeFocused();
  const last = await past.slider.getAttribute('aria-valuetext');
  const begin = Number(await past.slider.getAttribute('min')) * 1000; // of the record, which may be as young as the moment
  await page.keyboard.press('Home');
  await expect(past.slider).not.toHaveAttribute('aria-valuetext', last);
  await expect.poll(() => at(page)).toBe(begin);

  // Typed, in the reader's zone.
  const whole = Math.ceil(Date.parse(moment) / 1000) * 1000;
  await expect.poll(() => Date.now()).toBeGreaterThan(whole);
  await past.choose.click();
  const typed = await page.evaluate(
    (time) => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 19),
    whole,
  );
  // fill takes no whole minutes: the browser shortens them.
  await page
    .getByLabel('Date and time, in your time zone')
    .evaluate((input, value) => Object.assign(input, { value }), typed);
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await expect.poll(() => at(page)).toBe(whole);

  // Who goes back to now is not taken back to a moment that was chosen just before.
  await page.goto(path);
  await expect(home.card(renamed.name).root).toBeVisible();
  await past.slider.evaluate((slider) => {
    slider.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true, cancelable: true }));
    slider.closest('section').querySelector('[data-do=now]').click();
  });
  await expect(home.card(now.name).root).toBeVisible();
  await page.waitForTimeout(500); // longer than the slider waits
  await expect(past.bar).toBeHidden();
});

test('a service beside the list stays there from one moment to another, and closes to the list of that moment', async ({
  home,
  page,
  catalogue,
}) => {
  const { renamed, now, path } = await changed(catalogue);
  const past = new Past(page);
  await past.open(path);
  await home.card(renamed.name).open.click();
  const panel = page.locator('#servicePage.beside');
  await expect(panel.getByRole('heading', { level: 2, name: renamed.name })).toBeVisible();
  await past.back.click();
  await expect(panel.getByRole('heading', { level: 2, name: now.name })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  await expect(page).toHaveURL(`/?q=${catalogue.mark}`);
  await expect(home.card(now.name).root).toBeVisible();
});

test('fall by fall', async ({ home, page, catalogue, target }) => {
  const service = await catalogue.add({ status_url: target.url });
  await home.open(`/?q=${catalogue.mark}`);
  const card = home.card(service.name);
  await expect(card.status).toHaveText('Healthy');
  for (const [code, status] of [
    [503, 'Degraded'],
    [200, 'Healthy'],
  ]) {
    target.answers(code);
    await page.waitForTimeout(1100); // the moment of a fall is a whole second
    await card.check.click();
    await expect(card.status).toHaveText(status);
  }
  await page.waitForTimeout(1100);
  const past = new Past(page);
  await past.open(`/?q=${catalogue.mark}&at=${new Date().toISOString()}`);
  await expect(card.status).toHaveText('Healthy');
  await past.bar.getByRole('button', { name: 'The fall before' }).click();
  await expect(card.status).toHaveText('Degraded');
  await expect(card.root).toContainText('HTTP 503');
  await expect(card.root).toContainText('for 0 s');
  await expect(past.bar.getByRole('button', { name: 'The fall after' })).toHaveAttribute('aria-disabled', 'true');
  // Where many fell, those of half an hour share a mark, of the worst of them.
  await expect(page.locator('.moment-picture :is(.degraded, .down)[d^=M]').first()).toBeAttached();

  await past.back.click();
  await card.open.click();
  const happened = page.locator('#servicePage').getByRole('region', { name: 'What happened' });
  await happened
    .getByRole('listitem')
    .filter({ hasText: 'Degraded: HTTP 503' })
    .getByRole('link', { name: /^The portal at \d\d:\d\d$/ })
    .click();
  await past.shown();
  await expect(page).toHaveURL((url) => url.pathname === '/' && url.searchParams.has('at'));
  await expect(card.status).toHaveText('Degraded');
});

test('the ways in: a button at the list, and the palette', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add();
  await home.open(`/?q=${catalogue.mark}`);
  const past = new Past(page);
  await page.getByRole('button', { name: 'The portal at a moment' }).click();
  await expect(past.slider).toBeFocused();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('back to now');
  await page.keyboard.press('Enter');
  await expect(past.bar).toBeHidden();
  await expect(home.card(name).root).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('portal moment');
  await page.keyboard.press('Enter');
  await expect(past.bar).toBeVisible();
});

test('the link that is copied means the same in every zone', async ({ page, context, catalogue }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { updated_at: updated } = await catalogue.add();
  const past = new Past(page);
  const local = await page.evaluate((text) => {
    const date = new Date(text);
    return new Date(date.getTime() + 1 - date.getTimezoneOffset() * 60_000).toISOString().replace('Z', '');
  }, updated);
  await page.goto(`/?at=${local}`);
  await expect(page).toHaveURL(/at=[\d-]+T[\d:.]+Z$/);
  await past.copy.click();
  await expect(page.locator('toast-list').getByText('The link was copied.')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
});

test('what is no time is said, and leads back', async ({ home, page, catalogue }) => {
  const { name } = await catalogue.add();
  await page.goto('/?at=yesterday');
  const past = new Past(page);
  await expect(past.said).toHaveText('What the address names is not a time such as 2026-03-14T02:10.');
  await expect(page.getByRole('heading', { name: 'This moment cannot be shown' })).toBeVisible();
  await expect(home.cards).toHaveCount(0);
  await past.back.click();
  await expect(home.card(name).root).toBeVisible();
});

for (const [name, options] of Object.entries({
  'a window': {},
  'a phone': { viewport: { width: 390, height: 800 }, hasTouch: true },
})) {
  test.describe(`in ${name}`, () => {
    test.use(options);

    test('the past has no accessibility problem, and fits', async ({ page, catalogue }) => {
      const { renamed, moment, path } = await changed(catalogue);
      const past = new Past(page);
      for (const where of [path, `/services/${renamed.id}?at=${moment}`]) {
        await past.open(where);
        expect(await flaws(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        if (!options.hasTouch) continue;
        for (const control of [past.choose, past.slider, past.copy, past.back]) {
          const box = await control.boundingBox();
          expect(box.height, 'a finger hits it').toBeGreaterThanOrEqual(36);
          expect(box.x + box.width).toBeLessThanOrEqual(390);
        }
        expect((await past.bar.boundingBox()).height, 'two lines').toBeLessThan(130);
      }
    });
  });
}

test('on paper the moment is there', async ({ page, catalogue }) => {
  const { path } = await changed(catalogue);
  const past = new Past(page);
  await past.open(path);
  await page.emulateMedia({ media: 'print' });
  await expect(past.time).toBeVisible();
  await expect(past.back).toBeHidden();
});
