import { flaws } from '../portal/axe.js';
import { expect, test } from '../portal/test.js';

// fill adds services with everything that a card can show.
async function fill(catalogue) {
  const common = { team: catalogue.name('Payments'), description: 'Takes the money.', tags: ['go', 'money'] };
  for (const status of ['healthy', 'degraded', 'down', 'unknown']) {
    await catalogue.add({ name: catalogue.name(status), status, ...common, docs_url: 'https://docs.example.com/' });
  }
  const probed = { status_url: 'http://127.0.0.1:1/', github_url: 'https://github.com/example/billing' };
  return catalogue.add({ name: catalogue.name('probed'), ...probed });
}

// Each scene leaves the page in the state to check.
const scenes = {
  'the catalogue': async ({ home }) => expect(home.cards.first()).toBeVisible(),
  'the catalogue in groups, filtered': async ({ home, page, catalogue }) => {
    await home.only(catalogue.mark);
    await page.getByLabel('Group by team').check();
    await home.chip('status', 'down').click();
  },
  'the form for a new service': async ({ home }) => {
    await home.addButton.click();
    await expect(home.form).toBeVisible();
  },
  'the form with messages at its fields': async ({ home }) => {
    await home.addButton.click();
    await home.field('Docs URL').fill('javascript:1');
    await home.save.click();
    await expect(await home.fault('Docs URL')).toBeVisible();
  },
  'the form with a conflict': async ({ home, service, catalogue }) => {
    await home.card(service.name).edit.click();
    await home.field('Description').fill('mine');
    await catalogue.change(service.id, { description: 'theirs' });
    await expect(home.conflict).toBeVisible();
  },
  'the question before a deletion': async ({ home, service }) => {
    await home.card(service.name).edit.click();
    await home.form.getByRole('button', { name: 'Delete' }).click();
    await expect(home.confirm).toBeVisible();
  },
  'the help': async ({ home }) => {
    await home.helpButton.click();
    await expect(home.help).toBeVisible();
  },
  'a toast': async ({ home, service }) => {
    await home.card(service.name).edit.click();
    await home.save.click();
    await expect(home.told.getByText('was saved')).toBeVisible();
  },
  'a search without a result': async ({ home, page }) => {
    await home.only('no service has this name');
    await expect(page.getByRole('heading', { name: 'No services match' })).toBeVisible();
  },
  'the first run': async ({ home, page }) => {
    await page.route('**/api/services', (route) => route.fulfill({ json: { items: [], total: 0 } }));
    await home.open();
    await expect(page.getByRole('heading', { name: 'No services yet' })).toBeVisible();
  },
  'the catalogue on a narrow screen': async ({ home, page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await home.filters();
  },
};

for (const [scene, arrange] of Object.entries(scenes)) {
  test(`axe finds nothing wrong with ${scene}`, async ({ home, page, catalogue }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const service = await fill(catalogue);
    await home.open();
    await arrange({ home, page, catalogue, service });
    expect(await flaws(page)).toEqual([]);
  });
}

test('a status is shown by its word, not only by colour', async ({ home, catalogue }) => {
  await fill(catalogue);
  await home.open();
  for (const status of ['Healthy', 'Degraded', 'Down', 'Unknown']) {
    await expect(home.card(catalogue.name(status.toLowerCase())).status).toHaveText(status);
  }
});

test('buttons that look alike have names of their own', async ({ home, catalogue }) => {
  const service = await fill(catalogue);
  await home.open();
  await expect(home.card(service.name).check).toHaveAccessibleName(`Check now for ${service.name}`);
  await expect(home.card(service.name).edit).toHaveAccessibleName(`Edit ${service.name}`);
  await expect(home.card(service.name).link('GitHub')).toHaveAccessibleName(`GitHub for ${service.name}`);
});
