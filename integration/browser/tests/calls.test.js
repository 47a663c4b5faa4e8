// What traces show of a service, on its page: calls that nobody declared, which a person declares or hides.
import { flaws } from '../portal/axe.js';
import { pageOf } from '../portal/home.js';
import { entry, parts, rows } from '../portal/needs.js';
import { expect, test } from '../portal/test.js';

const seen = (page) => page.getByRole('region', { name: 'Seen in traces, not declared' });

// shop adds a shop that was seen calling mail and a database, of which only the latter is declared.
async function shop(catalogue) {
  const [db, mail] = [
    await catalogue.add({ name: catalogue.name('db'), status: 'healthy' }),
    await catalogue.add({ name: catalogue.name('mail'), status: 'healthy' }),
  ];
  const front = await catalogue.add({ name: catalogue.name('shop'), depends_on: [{ id: db.id }] });
  await catalogue.see([
    { client: front.name, server: db.name, calls_per_minute: 3 },
    { client: front.name, server: mail.name, calls_per_minute: 12.34 },
  ]);
  return { db, mail, front };
}

test('calls that nobody declared are declared in the form', async ({ home, page, catalogue }) => {
  const { db, mail, front } = await shop(catalogue);
  await home.open(pageOf(front));
  await expect(rows(seen(page))).toHaveText(new RegExp(`Calls ${mail.name}.*12 times a minute · seen just now`, 's'));
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    expect(await flaws(page)).toEqual([]);
  }
  await seen(page)
    .getByRole('button', { name: `Declare that it needs ${mail.name}` })
    .click();
  await expect(entry(home, db.name).root).toBeVisible();
  await expect(entry(home, mail.name).kind).toBeFocused();
  await entry(home, mail.name).kind.selectOption('works without it');
  await home.save.click();
  await expect(rows(parts(page).needs).filter({ hasText: mail.name })).toContainText('works without it');
  await expect(seen(page)).toBeHidden();

  await catalogue.change(front.id, { depends_on: null });
  await expect(rows(seen(page))).toHaveCount(2);
  await home.open(pageOf(mail));
  await expect(rows(seen(page))).toHaveText(new RegExp(`Called by ${front.name}`));
  await expect(seen(page).getByRole('button')).toHaveCount(0);
});

test('calls that nobody wants to see are hidden, and shown again', async ({ home, page, catalogue }) => {
  const { mail, front } = await shop(catalogue);
  await home.open(pageOf(front));
  await seen(page)
    .getByRole('button', { name: `Hide ${mail.name}` })
    .click();
  await expect(home.told).toContainText(`Calls of ${front.name} to ${mail.name} are hidden.`);
  const all = seen(page).getByRole('button', { name: '1 hidden that were seen' });
  await expect(all).toBeFocused();
  await catalogue.see([{ client: front.name, server: mail.name, calls_per_minute: 99 }]);
  await page.reload();
  await expect(rows(seen(page))).toHaveCount(0);
  await all.click();
  await expect(rows(seen(page))).toContainText('99 times a minute');
  await seen(page)
    .getByRole('button', { name: `Show again ${mail.name}` })
    .click();
  await expect(seen(page).getByRole('button', { name: `Hide ${mail.name}` })).toBeVisible();
  await page.reload();
  await expect(rows(seen(page))).toHaveCount(1);
});
