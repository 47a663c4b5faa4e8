// Deployments on the page of a service, and what a change of its status came after.
import { flaws } from '../portal/axe.js';
import { pageOf } from '../portal/home.js';
import { expect, test } from '../portal/test.js';

const happened = (page) =>
  page
    .getByRole('region', { name: 'What happened' })
    .getByRole('listitem')
    .filter({ has: page.locator('time') });

test('a deployment shows at once, and a fall after it says so @probes', async ({ home, page, catalogue, target }) => {
  const service = await catalogue.add({ status_url: target.url, interval: '1h' });
  await home.open(pageOf(service));
  const card = home.card(service.name);
  await expect(card.status).toHaveText('Healthy');
  await expect(happened(page)).toHaveCount(2); // added, and healthy

  const by = 'payments <b>pipeline</b> صباح';
  const run = 'https://ci.example.com/runs/4417';
  await catalogue.deployed(service.id, { version: 'v1.8.2', environment: 'production', by, url: run });
  const deployment = happened(page).filter({ hasText: 'v1.8.2 deployed to production' });
  await expect(deployment).toContainText(`by ${by}`);
  await expect(deployment.getByRole('link', { name: 'Details of v1.8.2' })).toHaveAttribute('href', run);
  await expect(deployment.getByRole('link')).toHaveAttribute('rel', 'noopener noreferrer');

  target.answers(503);
  await card.check.click();
  const cause = /(just|\d+ s) after v1\.8\.2 was deployed by payments <b>pipeline<\/b>/;
  await expect(card.root.locator('.now-after')).toContainText(cause);
  await expect(card.root.getByRole('link', { name: 'Details' })).toHaveAttribute('href', run);
  await expect(happened(page).first()).toContainText('Degraded: HTTP 503');
  await expect(happened(page).first()).toContainText(cause);
  expect(await flaws(page)).toEqual([]);

  target.answers(200);
  await card.check.click();
  await expect(happened(page).first()).toContainText('Healthy after');
  await expect(happened(page).first(), 'the fall has said it').not.toContainText('was deployed');
  await expect(card.root.locator('.now-after')).toBeHidden();
});

test('the timeline can be of deployments alone', async ({ home, page, catalogue }) => {
  const service = await catalogue.add();
  const ago = (hours) => new Date(Date.now() - hours * 3_600_000).toISOString();
  await catalogue.deployed(service.id, {
    version: 'v2',
    action: 'rolledback',
    environment: 'staging',
    deployed_at: ago(1),
  });
  await catalogue.deployed(service.id, { version: 'v3', deployed_at: ago(2) });
  await home.open(pageOf(service));
  await expect(happened(page)).toHaveCount(3);
  await page.getByRole('button', { name: 'Deploys' }).click();
  await expect(happened(page)).toHaveCount(2);
  await expect(happened(page).nth(0)).toContainText('Rolled back to v2 in staging');
  await expect(happened(page).nth(1)).toContainText('v3 deployed');
});
