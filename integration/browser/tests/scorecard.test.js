// Catalogue health: on the page of a service, on that of its team, and on a page of its own.
import { flaws } from '../portal/axe.js';
import { pageOf } from '../portal/home.js';
import { expect, test } from '../portal/test.js';

const whole = {
  description: 'Sends invoices.',
  status_url: 'http://127.0.0.1:1/',
  docs_url: 'https://docs.example.com/',
  github_url: 'https://code.example.com/',
  interval: '1h',
};
const ada = { kind: 'contact', contact: { name: 'Ada' } };

class Health {
  constructor(page) {
    this.page = page;
    this.card = page.locator('health-card');
    this.summary = this.card.locator('summary');
    this.failing = this.card.locator('.health-rule');
    this.team = page.getByRole('region', { name: 'Catalogue health' });
    this.main = page.getByRole('main', { name: 'Catalogue health' });
    this.rows = this.main.locator('.score-row');
  }

  chip(name) {
    return this.main.getByRole('button', { name });
  }

  // names are those of the services in the list, in its order.
  names() {
    return this.rows.locator('.score-name').allTextContents();
  }
}

// payments adds a team with a service of each level, and returns their names.
async function payments(catalogue) {
  const team = catalogue.name('Payments');
  const { slug } = await catalogue.addTeam({ name: team, on_call: ada });
  const names = {};
  for (const [level, fields] of Object.entries({
    none: { status: 'down' },
    bronze: { status_url: 'http://127.0.0.1:1/', interval: '1h' },
    silver: whole,
    gold: { ...whole, dashboard_url: 'https://numbers.example.com/' },
  })) {
    names[level] = (await catalogue.add({ name: catalogue.name(level), team, ...fields })).name;
  }
  return { team, slug, names };
}

test('the page of a service says what fails, and leads to where it is mended', async ({ home, page, catalogue }) => {
  const team = catalogue.name('Web');
  const { slug } = await catalogue.addTeam({ name: team });
  const service = await catalogue.add({ name: catalogue.name('shop'), team, ...whole });
  const health = new Health(page);
  await page.goto(pageOf(service));
  await expect(health.summary).toContainText('Bronze');
  await expect(health.failing).toHaveCount(2);
  await expect(health.failing.first()).toContainText(`Nobody is on call for ${team}.`);
  await expect(health.failing.first()).toContainText('Give the team a contact, a rotation or a calendar.');
  await expect(health.failing.first().getByRole('link', { name: 'Go to the team' })).toHaveAttribute(
    'href',
    `/teams/${slug}`,
  );
  expect(await flaws(page)).toEqual([]);

  await catalogue.changeTeam(slug, { on_call: ada });
  await expect(health.summary, 'after a change of the team').toContainText('Silver');
  await health.failing.getByRole('button', { name: /^Edit.*Dashboard/ }).click();
  await expect(home.field('Dashboard URL')).toBeFocused();
  await home.field('Dashboard URL').fill('https://numbers.example.com/');
  await home.save.click();
  await expect(health.summary, 'after a change of the service').toContainText('Gold');
  await expect(health.failing, 'what is gold is folded').toHaveCount(0);
});

test('a service that is gold is folded, and unfolds by keyboard', async ({ page, catalogue }) => {
  const { names } = await payments(catalogue);
  const health = new Health(page);
  await page.goto(pageOf({ name: names.gold }));
  await expect(health.summary).toContainText('Gold');
  const why = health.card.getByText('Its links were not checked yet.');
  await expect(why).toBeHidden();
  await health.summary.focus();
  await page.keyboard.press('Enter');
  await expect(why).toBeVisible();
});

test('the level of a service goes to other places as a badge', async ({ home, page, catalogue }) => {
  const service = await catalogue.add();
  const health = new Health(page);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(pageOf(service));
  await health.card.getByRole('button', { name: 'Copy level badge' }).click();
  await expect(home.told).toContainText('The badge was copied, as Markdown.');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const [, text, badge, link] = /^\[!\[(.*)\]\((.*)\)\]\((.*)\)$/.exec(copied);
  expect([text, link]).toEqual([`${service.name}: level`, new URL(`/services/${service.id}`, page.url()).href]);
  expect(await (await page.request.get(badge)).text()).toContain('none</title>');
});

test('who may not change a service is not offered to mend it', async ({ page, catalogue }) => {
  const service = await catalogue.add();
  const health = new Health(page);
  await page.route('**/api/me', (route) => route.fulfill({ json: { kind: 'anonymous', role: 'viewer', teams: [] } }));
  await page.goto(pageOf(service));
  await expect(health.failing.first()).toContainText('Nobody owns it');
  await expect(health.failing.getByRole('button', { name: /^Edit/ })).toHaveCount(0);
});

test('at a moment of the past there is no scorecard', async ({ page, catalogue }) => {
  const service = await catalogue.add();
  const health = new Health(page);
  await page.goto(pageOf(service));
  await expect(health.card).toBeVisible();
  const moment = Math.ceil(Date.parse(service.created_at) / 1000) * 1000;
  await expect.poll(() => Date.now()).toBeGreaterThan(moment + 1000);
  await page.goto(`${pageOf(service)}?at=${encodeURIComponent(new Date(moment).toISOString())}`);
  await expect(page.locator('#serviceName')).toHaveText(service.name);
  await expect(page.locator('service-head')).toBeVisible();
  await expect(health.card).toBeHidden();
});

test('the page of a team has its level, and leads to what fails', async ({ page, catalogue }) => {
  const { slug, names } = await payments(catalogue);
  const health = new Health(page);
  await page.goto(`/teams/${slug}`);
  await expect(health.team.locator('.level')).toHaveText('No level');
  await expect(health.team.getByRole('list', { name: 'Services by level' }).getByRole('listitem')).toHaveText([
    '1 gold',
    '1 silver',
    '1 bronze',
    '1 no level',
  ]);
  await health.team.getByRole('link', { name: '3 Dashboard' }).click();
  await expect(health.rows).toHaveCount(3);
  expect(await health.names()).toEqual([names.none, names.bronze, names.silver]);
});

test('the page of all scorecards has the worst first, and its filters in the address', async ({ page, catalogue }) => {
  const { team, names } = await payments(catalogue);
  const health = new Health(page);
  await page.goto('/scorecards');
  await health.main.getByLabel('Team').selectOption(team);
  await expect(page).toHaveURL(`/scorecards?${new URLSearchParams({ team })}`);
  await expect(health.rows).toHaveCount(4);
  expect(await health.names()).toEqual([names.none, names.bronze, names.silver, names.gold]);
  await expect(health.rows.first()).toContainText('Health URL');
  for (const [chip, n] of Object.entries({ Gold: 1, Dashboard: 3 })) {
    await expect(health.chip(chip).locator('.filter-count'), chip).toHaveText(String(n));
  }

  await health.chip('Silver').click();
  await expect(health.chip('Silver')).toHaveAttribute('aria-pressed', 'true');
  await expect(health.rows).toHaveCount(1);
  await health.chip('No level').focus();
  await page.keyboard.press('Enter');
  await expect(health.rows).toHaveCount(2);
  await expect(health.chip('No level'), 'the focus stays').toBeFocused();
  await health.chip('Documentation').click();
  await expect(health.rows).toHaveCount(1);
  await page.reload();
  await expect(health.rows).toHaveCount(1);
  expect(await health.names()).toEqual([names.none]);
  await page.goBack();
  await expect(health.rows).toHaveCount(2);
  await health.main.getByRole('button', { name: 'Clear filters' }).click();
  await expect(page).toHaveURL('/scorecards');
});

test('the palette leads to the scorecards', async ({ home, page }) => {
  await home.open();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('health');
  await page.getByRole('option', { name: 'Catalogue health' }).click();
  await expect(page).toHaveURL('/scorecards');
  await expect(new Health(page).main).toBeFocused();
});

test('scorecards that are not read say so, and are read again', async ({ page, catalogue, watch }) => {
  watch.expect({ method: 'GET', status: 503, path: /\/api\/scorecards\?/ });
  const { name } = await catalogue.add();
  const health = new Health(page);
  const url = (one) => one.pathname === '/api/scorecards';
  await page.route(url, (route) => route.fulfill({ status: 503, json: { detail: 'The database rests.' } }));
  await page.goto('/scorecards');
  await expect(page.getByRole('heading', { name: 'Catalogue health not loaded' })).toBeVisible();
  await expect(health.main.getByText('The database rests.')).toBeVisible();
  await page.unroute(url);
  await health.main.getByRole('button', { name: 'Try again' }).click();
  await expect(health.rows.getByRole('link', { name })).toBeVisible();
});

for (const width of [1280, 360]) {
  for (const where of ['all', 'a team', 'a service']) {
    test(`axe finds nothing wrong with scorecards of ${where} at ${width} px`, async ({ page, catalogue }) => {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 740 });
      const { slug, names } = await payments(catalogue);
      const health = new Health(page);
      const [address, ready] = {
        all: ['/scorecards?level=none', health.rows.first()],
        'a team': [`/teams/${slug}`, health.team.locator('.level')],
        'a service': [pageOf({ name: names.none }), health.failing.first()],
      }[where];
      await page.goto(address);
      await expect(ready).toBeVisible();
      expect(await flaws(page)).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect(wide, 'it scrolls sideways').toBe(false);
    });
  }
}
