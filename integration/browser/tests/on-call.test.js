// Who is on call in a team, and the form of its plan.
import { flaws } from '../portal/axe.js';
import { pageOf } from '../portal/home.js';
import { expect, onlyByEvents, test } from '../portal/test.js';

const day = 86_400_000;

class OnCall {
  constructor(page) {
    this.page = page;
    this.box = page.getByRole('region', { name: 'On call' });
    this.now = this.box.getByRole('list', { name: 'On call now' }).getByRole('listitem');
    this.next = this.box.getByRole('list', { name: 'On call next' }).getByRole('listitem');
    this.add = this.box.getByRole('button', { name: 'Add on-call plan' });
    this.edit = this.box.getByRole('button', { name: 'Edit plan' });
    this.form = page.getByRole('dialog', { name: 'Edit on-call plan' });
    this.save = this.form.getByRole('button', { name: 'Save' });
    this.people = this.form.getByRole('group', { name: /^Person \d+$/ });
    this.conflict = this.form.getByRole('alert').filter({ hasText: 'Somebody else changed this on-call plan' });
  }

  kind(name) {
    return this.form.getByRole('radio', { name });
  }

  field(label) {
    return this.form.getByLabel(label, { exact: true });
  }

  // of returns a field of a person, or of an override.
  of(group, label) {
    return this.form.getByRole('group', { name: group, exact: true }).getByLabel(label, { exact: true });
  }

  button(group, name) {
    return this.form.getByRole('group', { name: group, exact: true }).getByRole('button', { name });
  }

  // open resolves when the form has read the team for its ETag.
  async open(button, slug) {
    const isRead = (answer) => answer.url().endsWith(`/api/teams/${slug}`) && answer.request().method() === 'GET';
    const first = this.page.waitForResponse(isRead);
    await button.click();
    await first;
    await expect(this.form).toBeVisible();
  }

  names() {
    return this.form.locator('#planPeople').getByLabel('Name', { exact: true });
  }
}

const pathOf = ({ slug }) => `/teams/${slug}`;

function person(name, fields) {
  return { name, email: null, phone: null, url: null, ...fields };
}

// local writes a moment as the local time of UTC.
function local(ms) {
  return new Date(ms).toISOString().slice(0, 16);
}

// rotation returns a plan in which Ada is on call, and Grace from tomorrow on.
function rotation(fields) {
  return {
    kind: 'rotation',
    rotation: {
      people: [
        person('Ada', { email: 'ada@example.com', phone: '+41 (0)44 123 45 67', url: 'https://page.example.com/ada' }),
        person('Grace'),
      ],
      zone: 'UTC',
      starts: local(Date.now() - day),
      shift_days: 2,
      overrides: [],
      ...fields,
    },
  };
}

const contact = { kind: 'contact', contact: person('Duty desk', { phone: '+41 44 000 00 00' }) };

const without = 'datalist'; // of hundreds of time zones

// outside returns what a person cannot reach: the page scrolls sideways, or a control is outside of it.
function outside(page) {
  return page.evaluate(() => {
    const found = document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : [];
    for (const control of document.querySelectorAll('a, button, input, summary, h3, td, .on-call-name')) {
      const { left, right, width } = control.getBoundingClientRect();
      const hidden = width === 0 || control.closest('.visually-hidden, .skip-link');
      if (!hidden && (left < 0 || right > innerWidth)) found.push(control.outerHTML);
    }
    return found;
  });
}

test('a team without a plan says so, and gets one by its form', async ({ home, page, catalogue }) => {
  const onCall = new OnCall(page);
  const team = await catalogue.addTeam({ page_url: 'https://page.example.com/team' });
  await home.open(pathOf(team));
  await expect(onCall.box).toContainText('No on-call plan');
  await onCall.open(onCall.add, team.slug);
  await expect(onCall.kind(/^No plan/)).toBeChecked();
  await onCall.kind(/^Rotation/).check();
  await expect(onCall.field('Time zone'), 'that of the browser').not.toHaveValue('');
  await expect(onCall.field('First handover')).toHaveValue(/T09:00$/);
  await expect(onCall.field('Days per shift')).toHaveValue('7');
  await onCall.field('Time zone').fill('UTC');
  await onCall.field('First handover').fill(local(Date.now() - day));
  await onCall.form.getByRole('button', { name: '2 weeks' }).click();
  await expect(onCall.field('Days per shift')).toHaveValue('14');
  await onCall.of('Person 1', 'Name').fill('Ada');
  await onCall.of('Person 1', 'Mail').fill('ada@example.com');
  await onCall.of('Person 1', 'Phone').fill('+41 (0)44 123 45 67');
  await onCall.form.getByRole('button', { name: 'Add person' }).click();
  await expect(onCall.of('Person 2', 'Name')).toBeFocused();
  await page.keyboard.type('Grace');
  await onCall.save.click();
  await expect(home.told).toContainText(`The on-call plan of ${team.name} was saved.`);
  await expect(onCall.form).toBeHidden();
  const { on_call: plan } = await catalogue.teamNamed(team.name);
  expect(plan.rotation.people.map(({ name }) => name)).toEqual(['Ada', 'Grace']);
  expect(plan.rotation).toMatchObject({ zone: 'UTC', shift_days: 14, overrides: [] });

  await expect(onCall.now).toContainText(/Ada\s*until .* left/s);
  await expect(onCall.next).toContainText(/Grace\s*next\s*from .*, in /s);
  await expect(onCall.now.getByRole('link', { name: 'Page Ada' }), 'where the team is paged').toHaveAttribute(
    'href',
    'https://page.example.com/team',
  );
  await expect(onCall.now.getByRole('link', { name: 'Call Ada' })).toHaveAttribute('href', 'tel:+41441234567');
  await expect(onCall.now.getByRole('link', { name: 'Mail to Ada' })).toHaveAttribute('href', 'mailto:ada@example.com');
  await expect(onCall.box).toContainText(/Rotation, handover every 14 days at \d\d:\d\d UTC\./);
});

test('who is on call follows a change of the plan, and all handovers unfold', async ({ home, page, catalogue }) => {
  const onCall = new OnCall(page);
  const team = await catalogue.addTeam({ on_call: rotation() });
  await home.open(pathOf(team));
  await onlyByEvents(page);
  await expect(onCall.now).toContainText('Ada');
  const link = onCall.now.getByRole('link', { name: 'Page Ada' });
  await expect(link, 'their own address').toHaveAttribute('href', 'https://page.example.com/ada');
  await onCall.box.getByText('All handovers').click();
  const rows = onCall.box.getByRole('row');
  await expect(rows.nth(1)).toContainText('Ada');
  await expect(rows.nth(2)).toContainText('Grace');
  const overrides = [
    { from: local(Date.now() - 3_600_000), until: local(Date.now() + 3_600_000), person: person('Joan') },
  ];
  await catalogue.changeTeam(team.slug, { on_call: rotation({ overrides }) });
  await expect(onCall.now).toContainText('Joan');
  await expect(onCall.now).toContainText('takes over from the rotation');
  await expect(onCall.next).toContainText('Ada');
  await expect(rows.filter({ hasText: 'Joan' })).toContainText('(override)');
  await catalogue.changeTeam(team.slug, { on_call: contact });
  await expect(onCall.now).toContainText('Duty desk');
  await expect(onCall.now.locator('time:visible')).toHaveCount(0);
  await expect(onCall.box).toContainText('One contact, at all hours.');
  await catalogue.changeTeam(team.slug, { on_call: rotation({ starts: local(Date.now() + day) }) });
  await expect(onCall.box).toContainText(/Nobody is on call until .*\./);
  await expect(onCall.next).toContainText('Ada');
  await catalogue.changeTeam(team.slug, { on_call: null });
  await expect(onCall.box).toContainText('No on-call plan');
});

test('people are put in order by buttons and by keyboard, and removed', async ({ home, page, catalogue }) => {
  const onCall = new OnCall(page);
  const people = ['Ada', 'Grace', 'Joan'].map((name) => person(name));
  const team = await catalogue.addTeam({ on_call: rotation({ people }) });
  await home.open(pathOf(team));
  await onCall.open(onCall.edit, team.slug);
  const order = async (...names) => {
    await expect(onCall.people).toHaveCount(names.length);
    for (const [i, name] of names.entries()) await expect(onCall.names().nth(i)).toHaveValue(name);
  };
  await order('Ada', 'Grace', 'Joan');
  await onCall.button('Person 1', 'Move down').click();
  await order('Grace', 'Ada', 'Joan');
  await expect(onCall.button('Person 2', 'Move down'), 'it moved along').toBeFocused();
  await page.keyboard.press('Enter');
  await order('Grace', 'Joan', 'Ada');
  await expect(onCall.form.getByText('Ada is 3 of 3')).toHaveCount(1);
  await onCall.of('Person 3', 'Mail').focus();
  await page.keyboard.press('Alt+ArrowUp');
  await order('Grace', 'Ada', 'Joan');
  await expect(onCall.of('Person 2', 'Mail')).toBeFocused();
  await onCall.button('Person 1', 'Remove').click();
  await order('Ada', 'Joan');
  await expect(onCall.button('Person 1', 'Remove')).toBeFocused();
  const asked = page.waitForRequest((request) => request.method() === 'PATCH');
  await onCall.save.click();
  const sent = (await asked).postDataJSON();
  expect(Object.keys(sent), 'nothing but the plan').toEqual(['on_call']);
  expect(sent.on_call.rotation.people.map(({ name }) => name)).toEqual(['Ada', 'Joan']);
});

test('errors of the portal are said at their fields', async ({ home, page, catalogue, watch }) => {
  const onCall = new OnCall(page);
  const team = await catalogue.addTeam({ on_call: rotation() });
  watch.expect({ method: 'PATCH', status: 422, path: new RegExp(`/api/teams/${team.slug}$`) });
  await home.open(pathOf(team));
  await onCall.open(onCall.edit, team.slug);
  await onCall.field('Time zone').fill('Europe/Nowhere');
  await onCall.of('Person 2', 'Page').fill('javascript:alert(1)');
  await onCall.save.click();
  await expect(onCall.field('Time zone')).toHaveAttribute('aria-invalid', 'true');
  await expect(onCall.of('Person 2', 'Page')).toHaveAttribute('aria-invalid', 'true');
  await expect(onCall.field('Time zone')).toBeFocused();
  await onCall.field('Time zone').fill('UTC');
  await expect(onCall.field('Time zone')).not.toHaveAttribute('aria-invalid', 'true');
  await onCall.of('Person 2', 'Page').fill('');
  await onCall.form.getByRole('button', { name: 'Add override' }).click();
  await onCall.of('Override 1', 'Name').fill('Ada');
  await onCall.of('Override 1', 'From').fill('2026-12-24T09:00');
  await onCall.of('Override 1', 'Until').fill('2026-12-24T08:00');
  await expect(onCall.of('Override 1', 'Mail'), 'as in the rotation').toHaveValue('ada@example.com');
  await onCall.save.click();
  await expect(onCall.form.getByRole('group', { name: 'Override 1' }).locator('[aria-invalid="true"]')).toHaveCount(1);
  await onCall.of('Override 1', 'Until').fill('2026-12-25T09:00');
  await onCall.save.click();
  await expect(onCall.form).toBeHidden();
  const { on_call: plan } = await catalogue.teamNamed(team.name);
  expect(plan.rotation.overrides).toMatchObject([{ until: '2026-12-25T09:00', person: { name: 'Ada' } }]);
});

test('a calendar keeps its address, which nobody is shown, until another is entered', async ({
  home,
  page,
  catalogue,
  watch,
}) => {
  const onCall = new OnCall(page);
  const team = await catalogue.addTeam();
  watch.expect({ method: 'PATCH', status: 422, path: new RegExp(`/api/teams/${team.slug}$`) });
  await home.open(pathOf(team));
  await onCall.open(onCall.add, team.slug);
  await onCall.kind(/^Calendar feed/).check();
  const address = onCall.field('Address of the calendar');
  await onCall.save.click();
  await expect(address).toHaveAttribute('aria-invalid', 'true');
  await address.fill('http://127.0.0.1:1/secret/basic.ics');
  await onCall.save.click();
  await expect(onCall.form).toBeHidden();
  await expect(onCall.box).toContainText('From the calendar feed of 127.0.0.1');
  await expect(page.locator('body')).not.toContainText('secret');

  await onCall.open(onCall.edit, team.slug);
  await expect(address).toHaveValue('');
  await expect(onCall.form).toContainText(/Kept: 127\.0\.0\.1.*\. Enter an address to replace it\./);
  await page.keyboard.press('Escape');
  await expect(onCall.form, 'nothing was changed').toBeHidden();
  await onCall.open(onCall.edit, team.slug);
  await onCall.kind(/^No plan/).check();
  await onCall.save.click();
  await expect(home.told).toContainText(`The on-call plan of ${team.name} was removed.`);
  await expect(onCall.add).toBeVisible();
});

test('what of one kind was typed stays while another is chosen, and is protected', async ({
  home,
  page,
  catalogue,
}) => {
  const onCall = new OnCall(page);
  const team = await catalogue.addTeam({ on_call: contact });
  await home.open(pathOf(team));
  await onCall.open(onCall.edit, team.slug);
  await onCall.of('Contact', 'Mail').fill('desk@example.com');
  await onCall.kind(/^Rotation/).check();
  await onCall.kind(/^One contact/).check();
  await expect(onCall.of('Contact', 'Mail')).toHaveValue('desk@example.com');
  await page.keyboard.press('Escape');
  await home.question.getByRole('button', { name: 'Keep editing' }).click();
  await onCall.form.getByRole('button', { name: 'Cancel' }).click();
  await expect(onCall.form).toBeHidden();
  await home.told.getByRole('button', { name: 'Restore' }).click();
  await expect(onCall.of('Contact', 'Mail')).toHaveValue('desk@example.com');
  await onCall.save.click();
  await expect(onCall.now.getByRole('link', { name: 'Mail to Duty desk' })).toBeVisible();
});

test('a plan that somebody else changed meanwhile is taken, or asked about', async ({
  home,
  page,
  catalogue,
  watch,
}) => {
  const onCall = new OnCall(page);
  const team = await catalogue.addTeam({ on_call: rotation() });
  await home.open(pathOf(team));
  await onCall.open(onCall.edit, team.slug);
  await catalogue.changeTeam(team.slug, { on_call: rotation({ shift_days: 5 }) });
  await expect(onCall.field('Days per shift')).toHaveValue('5');
  await expect(onCall.conflict).toBeHidden();
  await onCall.field('Days per shift').fill('6');
  let changed = false;
  await page.route(`**/api/teams/${team.slug}`, async (route) => {
    if (route.request().method() === 'PATCH' && !changed) {
      changed = true;
      await catalogue.changeTeam(team.slug, { on_call: contact });
    }
    await route.continue();
  });
  watch.expect({ method: 'PATCH', status: 412, path: new RegExp(`/api/teams/${team.slug}$`) });
  await onCall.save.click();
  await expect(onCall.conflict).toContainText(/On call\s*Theirs Contact: Duty desk.*Yours Rotation, every 6 days/s);
  await onCall.conflict.getByRole('button', { name: 'Keep mine and overwrite' }).click();
  await expect(onCall.form).toBeHidden();
  const { on_call: plan } = await catalogue.teamNamed(team.name);
  expect(plan.rotation.shift_days).toBe(6);
});

test('the list of teams, services and cards name who is on call', async ({ home, page, catalogue }) => {
  const team = await catalogue.addTeam({ name: catalogue.name('Payments'), on_call: rotation() });
  const other = await catalogue.addTeam({ name: catalogue.name('Search') });
  const service = await catalogue.add({ team: team.name });
  await home.open('/teams');
  const row = (name) => page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) });
  await expect(row(team.name)).toContainText(/On call Ada\s*until /);
  await expect(row(other.name)).toContainText('Nobody on call');
  await catalogue.changeTeam(other.slug, { on_call: contact });
  await expect(row(other.name), 'by its event').toContainText('Duty desk');

  for (const view of ['cards', 'rows']) {
    await home.open(`/?q=${catalogue.mark}&view=${view}`);
    const owner = home.card(service.name).team.getByRole('link');
    await expect(owner).toHaveAccessibleDescription(/^On call: .*Ada/);
  }
  await home.open(pageOf(service));
  const { root } = home.card(service.name);
  await expect(root).toContainText(/On call Ada until .* left/);
  await expect(root.getByRole('link', { name: 'Page Ada' })).toHaveAttribute('href', 'https://page.example.com/ada');
  await catalogue.changeTeam(team.slug, { on_call: null });
  await expect(root).toContainText('No on-call plan');

  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Jump to a service or an action' });
  await palette.getByRole('combobox').fill(`team ${other.name}`);
  await expect(palette.getByRole('option', { name: `Team ${other.name}` })).toContainText('on call: Duty desk');
});

test('at a moment of the past, a service has who was on call then', async ({ home, page, catalogue }) => {
  const plan = rotation({ starts: local(Date.now() - 1.5 * 3_600_000 - 4 * day) });
  const team = await catalogue.addTeam({ on_call: plan });
  const service = await catalogue.add({ team: team.name });
  const asked = page.waitForRequest((request) => /\/api\/oncall\?at=/.test(request.url()));
  const at = new Date(Date.parse(service.updated_at) + 1).toISOString();
  await page.goto(`${pageOf(service)}?at=${at}`);
  expect(new URL((await asked).url()).searchParams.get('at')).toMatch(/Z$/);
  const { root } = home.card(service.name);
  await expect(root).toContainText('On call Ada');
  await expect(root.getByRole('link', { name: /Ada/ }), 'nobody is called into the past').toHaveCount(0);
});

test('the trail says the plan before and after', async ({ home, page, catalogue }) => {
  const team = await catalogue.addTeam({ on_call: contact });
  await home.open(pathOf(team));
  await catalogue.changeTeam(team.slug, { on_call: rotation() });
  const changes = page.getByRole('region', { name: 'Last changes' }).locator('.moment');
  await expect(changes.first()).toContainText(/On call.*Contact: Duty desk.*Rotation, every 2 days/s);
});

test('who may not change a team is not offered its plan', async ({ home, page, catalogue }) => {
  const onCall = new OnCall(page);
  const [team, bare] = [
    await catalogue.addTeam({ on_call: rotation() }),
    await catalogue.addTeam({ name: catalogue.name('B') }),
  ];
  await page.route('**/api/me', (route) =>
    route.fulfill({ json: { kind: 'key', name: 'tests', role: 'viewer', teams: [] } }),
  );
  await home.open(pathOf(team));
  await expect(onCall.now).toContainText('Ada');
  await expect(onCall.edit).toBeHidden();
  await home.open(pathOf(bare));
  await expect(onCall.box).toContainText('No on-call plan');
  await expect(onCall.add).toBeHidden();
});

test('what people write is text, and no link but http, https, mail and phone', async ({ home, page, catalogue }) => {
  const onCall = new OnCall(page);
  const name = '<img src=x onerror="window.hacked = true">';
  const team = await catalogue.addTeam({ on_call: { kind: 'contact', contact: person(name) } });
  await catalogue.add({ team: team.name });
  for (const path of [pathOf(team), '/teams', '/']) {
    await home.open(path);
    if (path === pathOf(team)) await expect(onCall.now).toContainText(name);
  }
  await expect(page.locator('main img')).toHaveCount(0);
  expect(await page.evaluate(() => globalThis.hacked)).toBeUndefined();
});

for (const width of [1280, 360]) {
  // shown opens the page of a team with names and addresses that are as long as they may be.
  const shown = async ({ home, page, catalogue }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 740 });
    const email = `${'w'.repeat(60)}@${'example.'.repeat(10)}com`;
    const people = [person('W'.repeat(100), { email, phone: '1'.repeat(40) }), person('עדה')];
    const overrides = [{ from: '2026-12-24T09:00', until: '2026-12-26T09:00', person: person('Joan') }];
    const team = await catalogue.addTeam({ on_call: rotation({ people, overrides }) });
    await home.open(pathOf(team));
    return team;
  };

  test(`axe finds nothing wrong with who is on call at ${width} px, and nothing sticks out`, async ({
    home,
    page,
    catalogue,
  }) => {
    const onCall = new OnCall(page);
    await shown({ home, page, catalogue });
    await onCall.box.getByText('All handovers').click();
    await expect(onCall.box.getByRole('row').nth(1)).toBeVisible();
    expect(await outside(page)).toEqual([]);
    expect(await flaws(page, { without })).toEqual([]);
  });

  test(`axe finds nothing wrong with the form of a plan at ${width} px, and nothing sticks out`, async ({
    home,
    page,
    catalogue,
    watch,
  }) => {
    const onCall = new OnCall(page);
    const team = await shown({ home, page, catalogue });
    watch.expect({ method: 'PATCH', status: 422, path: new RegExp(`/api/teams/${team.slug}$`) });
    await onCall.open(onCall.edit, team.slug);
    await onCall.of('Person 2', 'Mail').fill('no address');
    await onCall.save.click();
    await expect(onCall.of('Person 2', 'Mail')).toHaveAttribute('aria-invalid', 'true');
    expect(await outside(page)).toEqual([]);
    expect(await flaws(page, { without })).toEqual([]);
  });
}
