// The page of the graph: what services need, drawn and as a table.
import { readFile } from 'node:fs/promises';
import { flaws } from '../portal/axe.js';
import { pageOf, titled } from '../portal/home.js';
import { expect, onlyByEvents, test } from '../portal/test.js';

const plain = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

// Graph is the page, in the terms of the user.
class Graph {
  constructor(page) {
    this.page = page;
    this.main = page.locator('#graph');
    this.drawing = page.getByRole('application', { name: /^Graph/ });
    this.nodes = this.drawing.getByRole('link');
    this.edges = this.drawing.locator('.graph-edges path');
    this.table = page.getByRole('region', { name: 'The same as a table' });
    this.rows = this.table.locator('tbody tr');
    this.said = this.main.locator('.graph-said');
    this.causes = page.getByRole('region', { name: 'What hits other services' });
  }

  // open shows the graph of the services of a test, and resolves when it is drawn.
  async open(home, catalogue, search = '') {
    await home.open(`/graph?q=${catalogue.mark}${search}`);
    await expect(this.page.locator('graph-drawing[aria-busy]')).toHaveCount(0);
  }

  node(name) {
    return this.drawing.getByRole('link', { name: new RegExp(`^${plain(name)},`) });
  }

  row(name) {
    return this.rows.filter({ has: this.page.getByRole('link', { name, exact: true }) });
  }

  async names() {
    const labels = await this.nodes.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
    return labels.map((label) => label.split(',')[0]).sort();
  }
}

// drag drags the drawing far up, and then up and down until nodes are in view. It returns how many these are, 0 if
// there were none for as long as it went on.
async function drag() {
  const svg = document.querySelector('#graph .graph-svg');
  const { top, bottom } = svg.getBoundingClientRect();
  svg.setPointerCapture = () => {}; // which a pointer of a script cannot have
  const send = (name, clientY) =>
    svg.dispatchEvent(new PointerEvent(name, { bubbles: true, pointerId: 1, clientX: 400, clientY }));
  const inView = () =>
    [...svg.querySelectorAll('.node')]
      .map((node) => node.getBoundingClientRect())
      .filter((box) => box.bottom > top && box.top < bottom).length;
  let seen = 0;
  send('pointerdown', 0);
  send('pointermove', -3000);
  for (let frame = 0; frame < 300 && seen === 0; frame++) {
    await new Promise(requestAnimationFrame);
    send('pointermove', -3000 - (frame % 2) * 10);
    seen = inView();
  }
  send('pointerup', 0);
  return seen;
}

// shop adds a shop that needs a ledger, and that a database, and mail that the shop works without.
async function shop(catalogue, name = 'db') {
  const add = (word, team, ...needs) =>
    catalogue.add({
      name: catalogue.name(word),
      team: catalogue.name(team),
      status: 'healthy',
      depends_on: needs.map(([{ id }, kind = 'hard']) => ({ id, kind })),
    });
  const db = await add(name, 'Data');
  const mail = await add('mail', 'Web');
  const ledger = await add('ledger', 'Payments', [db]);
  const front = await add('shop', 'Web', [ledger], [mail, 'soft']);
  const alone = await add('alone', 'Web');
  return { db, mail, ledger, front, alone };
}

test('what traces show is dotted, says how often, and can be left out', async ({ home, page, catalogue }) => {
  const { db, front } = await shop(catalogue);
  await catalogue.see([{ client: front.name, server: db.name, calls_per_minute: 42 }]);
  const graph = new Graph(page);
  await graph.open(home, catalogue);
  await expect(page.locator('.graph-summary')).toContainText('4 services, 3 needs, and 1 that is only seen in traces.');
  const dotted = graph.drawing.locator('.edge.observed');
  await expect(dotted).toHaveCount(1);
  await expect(dotted.locator('title')).toHaveText(
    new RegExp(`^${plain(front.name)} calls ${plain(db.name)}: 42 times a minute · seen just now. Not declared.$`),
  );
  const kind = page.getByRole('combobox', { name: 'Kind of needs' });
  await kind.selectOption('Declared needs');
  await expect(dotted).toHaveCount(0);
  await expect(page).toHaveURL(/kind=declared/);
  await kind.selectOption('Only seen in traces');
  await expect(graph.nodes).toHaveCount(2);
  await expect(graph.edges).toHaveCount(1);
});

test('drawing and table show the same, live, and say what needs nothing', async ({ home, page, catalogue }) => {
  const { db, mail, ledger, front, alone } = await shop(catalogue);
  const graph = new Graph(page);
  await graph.open(home, catalogue);
  await onlyByEvents(page);
  await expect(page).toHaveTitle(titled('Graph'));
  const four = [db, mail, ledger, front].map(({ name }) => name).sort();
  await expect.poll(() => graph.names()).toEqual(four);
  await expect(graph.rows).toHaveCount(4);
  await expect(graph.edges).toHaveCount(3);
  await expect(graph.main).toContainText('1 service needs nothing and is needed by nothing.');
  await expect(graph.node(front.name)).toHaveAccessibleName(/healthy, needs 2, needed by 0$/);
  await expect(graph.row(front.name)).toHaveText(/healthy\s*2\s*0/);
  const x = async ({ name }) => (await graph.node(name).boundingBox()).x;
  expect(await x(front)).toBeLessThan(await x(ledger));
  expect(await x(ledger)).toBeLessThan(await x(db));

  await catalogue.change(alone.id, { depends_on: [{ id: mail.id }] });
  await expect(graph.node(alone.name)).toBeVisible();
  await expect(graph.row(mail.name)).toHaveText(/healthy\s*0\s*2/);
  await catalogue.change(front.id, { depends_on: [{ id: ledger.id }] });
  await expect(graph.row(mail.name)).toHaveText(/healthy\s*0\s*1/);
  await graph.node(db.name).click();
  await expect(page).toHaveURL((url) => url.pathname === pageOf(db));
  await page.getByRole('link', { name: 'Show in the graph' }).click();
  await expect(page).toHaveTitle(titled(`Graph of ${db.name}`));
  await expect.poll(() => graph.names()).toEqual([db, ledger, front].map(({ name }) => name).sort());
});

test('a fall is marked and its end clears it, without placing anything anew', async ({ home, page, catalogue }) => {
  const { db, mail, ledger, front } = await shop(catalogue);
  const graph = new Graph(page);
  await graph.open(home, catalogue);
  await expect(graph.nodes).toHaveCount(4);
  await onlyByEvents(page);
  await page.evaluate((unmoved) => {
    globalThis.changed = new Set();
    globalThis.moved = 0;
    const observer = new MutationObserver((all) => {
      for (const { target, type, attributeName } of all) {
        const shape = target.closest?.('.node, .edge');
        if (type === 'childList' && target.closest?.('.graph-world') && !shape) globalThis.moved++;
        if (attributeName === 'transform' || attributeName === 'd') globalThis.moved++;
        if (shape) globalThis.changed.add(shape.getAttribute('aria-label')?.split(',')[0] ?? 'edge');
      }
    });
    observer.observe(document.querySelector('#graph .graph-svg'), { subtree: true, childList: true, attributes: true });
    globalThis.unmoved = unmoved;
  });
  await catalogue.change(db.id, { status: 'down' });
  await expect(graph.node(db.name)).toHaveAccessibleName(/down \d+ s, hits others/);
  await expect(graph.node(front.name)).toHaveAccessibleName(/healthy, hit,/);
  await expect(graph.drawing.locator('.edge.hit')).toHaveCount(2);
  await expect(graph.row(front.name)).toContainText(`hit by ${db.name}`);
  await expect(graph.causes).toContainText(`${db.name} has been down`);
  await catalogue.change(db.id, { status: 'healthy' });
  await expect(graph.node(front.name)).toHaveAccessibleName(/healthy, needs/);
  await expect(graph.drawing.locator('.edge.hit')).toHaveCount(0);
  await expect(graph.row(front.name).getByText('hit by')).toBeHidden();
  const { changed, moved } = await page.evaluate(() => ({ changed: [...globalThis.changed], moved: globalThis.moved }));
  expect(moved, 'nothing was placed anew').toBe(0);
  expect(changed.sort()).toEqual([db.name, 'edge', ledger.name, front.name].sort());
  expect(changed).not.toContain(mail.name);
});

test('focus, hops, kind and filters are in the address, and Back leads through them', async ({
  home,
  page,
  catalogue,
}) => {
  const { db, mail, ledger, front } = await shop(catalogue);
  const graph = new Graph(page);
  const named = (...services) => services.map(({ name }) => name).sort();
  await graph.open(home, catalogue);
  await graph
    .row(db.name)
    .getByRole('link', { name: /^Graph around/ })
    .click();
  await expect(page.getByRole('heading', { name: `Graph of ${db.name}` })).toBeVisible();
  await expect.poll(() => graph.names()).toEqual(named(db, ledger, front));
  await expect(graph.row(front.name)).toHaveText(/healthy\s*1\s*0\s*2/);
  await page.getByRole('button', { name: '1', exact: true }).click();
  await expect(page).toHaveURL((url) => url.searchParams.get('hops') === '1');
  await expect.poll(() => graph.names()).toEqual(named(db, ledger));
  await page.goBack();
  await expect.poll(() => graph.names()).toEqual(named(db, ledger, front));
  await page.getByRole('button', { name: /^Remove focus/ }).click();
  await expect(page).toHaveURL('/graph');

  await page.goto(`/graph?q=${catalogue.mark}`);
  await page.getByLabel('Kind of needs').selectOption('soft');
  await expect.poll(() => graph.names()).toEqual(named(mail, front));
  await page.getByLabel('Kind of needs').selectOption('');
  await page.getByText('Filter', { exact: false }).and(page.locator('summary')).click();
  await page.getByRole('group', { name: 'Team' }).getByText(catalogue.name('Web')).click();
  await expect.poll(() => graph.names()).toEqual(named(mail, front));
  await expect(page).toHaveURL((url) => url.searchParams.get('team') === catalogue.name('Web'));
  await page.reload();
  await expect.poll(() => graph.names()).toEqual(named(mail, front));
  await page.goBack();
  await expect.poll(() => graph.names()).toEqual(named(db, mail, ledger, front));
});

test('by keyboard one walks along the needs, and learns what stops with a service', async ({
  home,
  page,
  catalogue,
}) => {
  const { db, mail, ledger, front } = await shop(catalogue);
  const graph = new Graph(page);
  await graph.open(home, catalogue);
  await expect(graph.nodes).toHaveCount(4);
  await graph.main.getByRole('button', { name: 'Save as PNG' }).focus();
  await page.keyboard.press('Tab');
  await expect(graph.node(front.name), 'the first, as nothing fell').toBeFocused();
  await expect(graph.said).toHaveText(`${front.name}: nothing needs it to work`);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('End');
  await expect(graph.node(db.name)).toBeFocused();
  await expect(graph.said).toHaveText(`${db.name}: 2 services of 2 teams need it to work`);
  await expect(graph.drawing.locator('.node[data-lit]')).toHaveCount(3);
  await page.keyboard.press('ArrowLeft');
  await expect(graph.node(ledger.name)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  const column = [graph.node(mail.name), graph.node(ledger.name)];
  await expect(column[0].or(column[1]).and(page.locator(':focus'))).toHaveCount(1);
  await page.keyboard.press('Home');
  await expect(graph.node(front.name)).toBeFocused();
  const world = graph.drawing.locator('.graph-world');
  const before = await world.getAttribute('transform');
  await page.keyboard.press('-');
  await expect(world).not.toHaveAttribute('transform', before);
  await page.keyboard.press('0');
  await page.keyboard.press('f');
  await expect(page).toHaveURL((url) => url.searchParams.get('focus') === front.id);
  await expect(graph.node(front.name)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL((url) => url.pathname === pageOf(front));
});

test('by team there is one node a team, which opens in its place', async ({ home, page, catalogue }) => {
  const { mail, front } = await shop(catalogue);
  const graph = new Graph(page);
  await graph.open(home, catalogue);
  await expect(graph.nodes).toHaveCount(4);
  await page.getByRole('checkbox', { name: 'By team', exact: true }).check();
  const teams = ['Data', 'Payments', 'Web'].map((team) => `Team ${catalogue.name(team)}`);
  await expect.poll(() => graph.names()).toEqual(teams);
  await expect(graph.edges).toHaveCount(2);
  await graph.node(teams[2]).click();
  await expect.poll(() => graph.names()).toEqual([...teams.slice(0, 2), mail.name, front.name].sort());
  await expect(page).toHaveURL((url) => url.searchParams.get('open') === catalogue.name('Web'));
  await page.getByRole('button', { name: `Fold team ${catalogue.name('Web')}` }).click();
  await expect.poll(() => graph.names()).toEqual(teams);
});

test('a plain wheel scrolls the page, with Ctrl it zooms, and one drags', async ({ home, page, catalogue }) => {
  await page.setViewportSize({ width: 1000, height: 500 });
  const { db } = await shop(catalogue);
  const graph = new Graph(page);
  await graph.open(home, catalogue);
  await expect(graph.nodes).toHaveCount(4);
  const world = graph.drawing.locator('.graph-world');
  const at = () => world.getAttribute('transform');
  const begin = await at();
  await graph.node(db.name).hover();
  await page.mouse.wheel(0, 100);
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0);
  expect(await at()).toBe(begin);
  await graph.node(db.name).hover();
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -100);
  await page.keyboard.up('Control');
  await expect.poll(at).not.toBe(begin);
  const zoomed = await at();
  await graph.node(db.name).hover();
  await page.mouse.down();
  await page.mouse.move(300, 250, { steps: 4 });
  await page.mouse.up();
  await expect.poll(at).not.toBe(zoomed);
  await expect(page, 'who drags does not open').toHaveURL((url) => url.pathname === '/graph');
});

test('the drawing is kept as a file, with what is drawn and the colours of the page', async ({
  home,
  page,
  catalogue,
}) => {
  const { db } = await shop(catalogue, '<b>&db');
  await catalogue.change(db.id, { status: 'down' });
  const graph = new Graph(page);
  await graph.open(home, catalogue);
  await expect(graph.drawing.locator('.edge.hit')).toHaveCount(2);
  const keep = async (name) => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
    return { name: file.suggestedFilename(), data: await readFile(await file.path()) };
  };
  const drawn = await keep('Save as SVG');
  expect(drawn.name).toBe('Graph.svg');
  const reader = await page.context().newPage(); // the portal's own parses no text
  const read = await reader.evaluate((text) => {
    const { documentElement: root } = new DOMParser().parseFromString(text, 'image/svg+xml');
    const all = [...root.querySelectorAll('*')];
    return {
      root: root.localName,
      texts: [...root.querySelectorAll('text')].map(({ textContent }) => textContent.replace(/[\u2068\u2069]/g, '')),
      names: [...new Set(all.map(({ localName }) => localName))].sort(),
      colours: all.flatMap((one) => ['fill', 'stroke'].map((name) => one.getAttribute(name)).filter(Boolean)),
    };
  }, drawn.data.toString());
  await reader.close();
  expect(read.root).toBe('svg');
  expect(read.names).toEqual(['path', 'rect', 'text', 'title']);
  expect(read.texts).toEqual(expect.arrayContaining([db.name, catalogue.name('shop'), catalogue.name('mail')]));
  expect(read.colours.filter((colour) => !/^(#[0-9a-f]{6}|none)$/.test(colour))).toEqual([]);
  const painted = await keep('Save as PNG');
  expect(painted.name).toBe('Graph.png');
  expect(painted.data.subarray(1, 4).toString()).toBe('PNG');
  const [, width] = /width="(\d+)"/.exec(drawn.data);
  expect(painted.data.readUInt32BE(16), 'two pixels for each').toBe(2 * width);
});

test('how a fall spread is said in the order of time, and where it began is in view', async ({
  home,
  page,
  catalogue,
}) => {
  const { db, ledger, front } = await shop(catalogue);
  await catalogue.change(db.id, { status: 'down' });
  await catalogue.change(ledger.id, { status: 'degraded' });
  const graph = new Graph(page);
  await page.route('**/api/impacts*', async (route) => {
    await expect(graph.nodes).toHaveCount(4); // it is known only when all is drawn
    await route.continue();
  });
  await graph.open(home, catalogue, '');
  const spread = page.getByRole('region', { name: 'How it spread' });
  const steps = spread.getByRole('listitem');
  await expect(steps).toHaveText([
    new RegExp(`^\\d\\d:\\d\\dDown: ${plain(db.name)}$`),
    new RegExp(`^\\d\\d:\\d\\dDegraded: ${plain(ledger.name)}$`),
  ]);
  await expect(graph.node(db.name)).toBeInViewport();
  await catalogue.change(front.id, { status: 'degraded' });
  await expect(steps.last()).toHaveText(new RegExp(`Degraded: .*${plain(front.name)}$`)); // perhaps a minute later
  await graph.node(db.name).click();
  await page.getByRole('link', { name: 'Show in the graph' }).click();
  await expect(steps.first()).toHaveText(new RegExp(`Down: ${plain(db.name)}$`));
  await catalogue.change(db.id, { status: 'healthy' });
  await expect(spread).toBeHidden();
});

test('of a large graph what is in view is drawn; keys, files and paper have all', async ({ home, page, catalogue }) => {
  test.slow(); // 261 services are added and deleted
  const db = await catalogue.add({ name: catalogue.name('db'), status: 'healthy' });
  const many = 260;
  const name = (i) => catalogue.name(`s${String(i).padStart(3, '0')}`); // short enough for a node
  await catalogue.all(Array.from({ length: many }, (_, i) => ({ name: name(i), depends_on: [{ id: db.id }] })));
  const graph = new Graph(page);
  await graph.open(home, catalogue);
  await expect.poll(() => graph.nodes.count()).toBeGreaterThan(5);
  expect(await graph.nodes.count()).toBeLessThan(100);
  await expect(graph.rows).toHaveCount(100);
  await graph.rows.last().scrollIntoViewIfNeeded();
  await expect(graph.rows).toHaveCount(200);

  expect(await page.evaluate(drag), 'what comes into view while somebody drags is drawn').toBeGreaterThan(0);
  await graph.open(home, catalogue);
  await expect(graph.node(db.name), 'far below what is in view').toHaveCount(0);
  await graph.nodes.first().focus();
  const focused = graph.drawing.locator(':focus');
  await page.keyboard.press('End');
  await expect(focused).toHaveAccessibleName(/^db/);
  await expect(focused).toBeInViewport();
  await page.keyboard.press('Home');
  await expect(focused).toHaveAccessibleName(/^s\d+/);
  await expect(focused).toBeInViewport();
  expect(await graph.nodes.count()).toBeLessThan(100);

  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as SVG' }).click(),
  ]);
  const text = await readFile(await file.path(), 'utf8');
  for (let i = 0; i < many; i++) expect(text).toContain(name(i));
  await graph.open(home, catalogue);
  await expect.poll(() => graph.nodes.count()).toBeGreaterThan(5);
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await expect(graph.nodes).toHaveCount(many + 1);
  await expect(graph.rows).toHaveCount(many + 1);
});

test('without its worker the page says so, and the table is there', async ({ home, page, catalogue }) => {
  const { db } = await shop(catalogue);
  const broken = { contentType: 'text/javascript', body: 'throw new Error("broken")' };
  await page.route('**/worker/layout.js', (route) => route.fulfill(broken));
  const graph = new Graph(page);
  await home.open(`/graph?q=${catalogue.mark}`);
  await expect(graph.main.getByRole('status').getByText('The drawing failed')).toBeVisible();
  await expect(graph.drawing).toBeHidden();
  await expect(graph.row(db.name)).toBeVisible();
});

test('at a moment the graph is that of then', async ({ home, page, catalogue }) => {
  const { db, ledger } = await shop(catalogue);
  const { updated_at } = await catalogue.change(db.id, { status: 'down' });
  const moment = new Date(Date.parse(updated_at) + 1).toISOString();
  await catalogue.change(ledger.id, { depends_on: [] });
  await catalogue.change(db.id, { status: 'healthy' });
  const graph = new Graph(page);
  await page.goto(`/graph?q=${catalogue.mark}&at=${moment}`);
  await expect(graph.node(ledger.name)).toHaveAccessibleName(/hit, needs 1/);
  await expect(graph.node(db.name)).toHaveAccessibleName(/down .*hits others/);
  await page.getByRole('button', { name: 'Back to now' }).click();
  await expect(graph.node(db.name)).toHaveCount(0);
  await expect(graph.node(ledger.name)).toHaveAccessibleName(/healthy, needs 0/);
  await expect(home.connection).toHaveText('Live');
});

for (const width of [1280, 360]) {
  test(`nothing is wrong with how it looks at ${width} px, whatever the names`, async ({ home, page, catalogue }) => {
    test.slow(); // axe looks at three graphs
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const text = `<img src=x onerror="window.hacked=true"> שירות ${'W'.repeat(40)}`;
    const { db, front } = await shop(catalogue, text);
    await catalogue.change(db.id, { status: 'down' });
    const graph = new Graph(page);
    for (const search of ['', `&focus=${front.id}&hops=all`, '&by=team']) {
      await graph.open(home, catalogue, search);
      await expect(graph.nodes.first()).toBeVisible();
      await expect(graph.causes).toContainText(db.name);
      expect(await flaws(page), search).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), search).toBeLessThanOrEqual(width);
      const over = await graph.nodes.evaluateAll((all) =>
        all.filter((one) => {
          const [box, name] = [one.querySelector('.box'), one.querySelector('text')].map((part) => part.getBBox());
          return name.x + name.width > box.width;
        }),
      );
      expect(over, 'a name is cut to its box').toEqual([]);
    }
    await expect(graph.main.locator('img')).toHaveCount(0);
    expect(await page.evaluate(() => globalThis.hacked)).toBeUndefined();
  });
}
