import { expect, test } from '../portal/test.js';

// The mark comes first, so that each name is unique to this test.
const hostile = {
  'a script': '<script>window.hacked = true</script>',
  'an event handler': '<img src=x onerror="window.hacked = true">',
  'what ends an attribute and a tag': `"'></textarea></template><svg onload=window.hacked=true>`,
  'a character reference': '&lt;b&gt; &amp; &#60;i>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text must stay unexpanded.
  'a template’s words': '{{constructor.constructor("window.hacked=true")()}} ${window.hacked=true}',
  'text in two directions': 'exe.png (שלום) 12',
  'right-to-left text': 'שירות חיובים خدمة الفوترة',
  'emoji and combining marks': '👩🏽‍🚀🏳️‍🌈 Z̷̧͇a̶͎͝l̸̻̈́g̸̛͜o',
  'one very long word': 'W'.repeat(80),
  'what a prototype has': '__proto__ constructor',
};

for (const [what, text] of Object.entries(hostile)) {
  const tag = what === 'a script' ? '@way' : []; // one of them, under the policy that the page has there
  test(`${what} is text, wherever a service shows it`, { tag }, async ({ home, page, catalogue }) => {
    const name = `${catalogue.mark} ${text}`;
    const tag = `${catalogue.mark} ${text}`.slice(0, 63).trim();
    const { id } = await catalogue.add({ name, team: name, description: `${name}\n${text}`, tags: [tag] });
    await home.open();
    const card = home.card(name);
    await expect(card.root).toBeVisible();
    expect(await card.open.textContent()).toBe(name);
    expect(await card.team.textContent()).toBe(name);
    expect(await card.description.textContent()).toBe(`${name}\n${text}`);
    expect(await card.tags.textContent()).toBe(tag);
    const chips = page.locator('filter-sidebar .filter-chip .filter-name');
    expect((await chips.allTextContents()).filter((words) => words.startsWith(catalogue.mark))).toEqual([name, tag]);

    await card.edit.click();
    await expect(home.field('Name')).toHaveValue(name);
    expect(await home.formTags.allTextContents()).toEqual([tag]);
    await home.field('Description').fill(text);
    await home.save.click();
    await expect(home.form).toBeHidden();
    expect(await home.told.locator('p').textContent()).toBe(`${name} was saved.`);

    await card.edit.click();
    await home.form.getByRole('button', { name: 'Delete' }).click();
    expect(await home.confirm.getByRole('heading').textContent()).toBe(`Delete ${name}?`);
    await home.confirm.getByRole('button', { name: 'Cancel' }).click();
    await home.cancel.click();

    expect(await page.evaluate(() => globalThis.hacked)).toBeUndefined();
    const foreign = page
      .locator('main, dialog, toast-list, aside')
      .locator('script, img, svg:not(status-strip > svg, graph-drawing svg), b, i, iframe');
    await expect(foreign).toHaveCount(0);
    expect(await catalogue.read(id)).toMatchObject({ name, tags: [tag], description: text });
  });
}

test('hostile text in the address is text too @way', async ({ home, page }) => {
  const text = '"><img src=x onerror=window.hacked=true>';
  await home.open(`/?${new URLSearchParams({ q: text, team: text, tag: text })}`);
  await expect(home.search).toHaveValue(text);
  await expect(page.getByRole('heading', { name: /^No services/ })).toBeVisible();
  expect(await page.evaluate(() => globalThis.hacked)).toBeUndefined();
});

test('very long words stay inside of their card', async ({ home, catalogue }) => {
  const long = `${catalogue.mark}${'W'.repeat(92)}`;
  const description = 'D'.repeat(2000);
  const tags = Array.from({ length: 50 }, (_, i) => `${i}${'T'.repeat(38)}`);
  await catalogue.add({ name: long, team: long, description, tags });
  await home.open();
  const card = home.card(long);
  const right = await card.root.evaluate((root) => root.getBoundingClientRect().right);
  const sticksOut = await card.root.evaluate(
    (root, edge) =>
      [...root.querySelectorAll('*')].filter((part) => part.getBoundingClientRect().right > edge + 1).length,
    right,
  );
  expect(sticksOut).toBe(0);
  expect(await home.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});

test('right-to-left text does not affect the text beside it', async ({ home, catalogue }) => {
  const name = `שלום ${catalogue.mark} (`;
  await catalogue.add({ name, team: name });
  await home.open();
  const card = home.card(name);
  for (const part of [card.open, card.team]) {
    const isolation = await part.evaluate((element) => getComputedStyle(element).unicodeBidi);
    const display = await part.evaluate((element) => getComputedStyle(element).display);
    expect(display !== 'inline' || /isolate|plaintext/.test(isolation), `${display}, ${isolation}`).toBe(true);
  }
  // On one line with other text: in the sidebar, and in a toast's sentence.
  const chip = home.chip('team', name);
  const [nameBox, countBox] = [
    await chip.locator('.filter-name').boundingBox(),
    await chip.locator('.filter-count').boundingBox(),
  ];
  expect(countBox.x, 'the number stays after the name').toBeGreaterThanOrEqual(nameBox.x + nameBox.width);
});
