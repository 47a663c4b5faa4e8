// npm run bench [SERVICES] — what the page costs with many services, 2,000 if
// nothing is said: it prints figures and judges nothing, because a time depends
// on the machine. It measures a portal of its own; PORTAL_BIN names its binary.
import { chromium } from '@playwright/test';
import { graphs } from './bench-graph.js';
import { Catalogue } from './portal/catalogue.js';
import { launchOptions } from './portal/chromium.js';
import { Home } from './portal/home.js';
import { OwnPortal } from './portal/own.js';
import { provide } from './portal/setup.js';
import { Target } from './portal/target.js';

const many = Number(process.argv[2] ?? 2000);
const atFirst = 300; // cards in the page until its end is near
const teams = ['Payments', 'Search', 'Identity', 'Platform', 'Mobile', 'Data'];
const statuses = ['healthy', 'healthy', 'healthy', 'degraded', 'down', 'unknown'];

const print = (what, figure) => process.stdout.write(`${what.padEnd(52)} ${figure}\n`);
const ms = (time) => `${Math.round(time)} ms`;
const middle = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];

const { binary, remove } = await provide();
const portal = new OwnPortal(binary);
let browser;
try {
  await portal.start();
  const catalogue = new Catalogue(portal.url);
  await catalogue.all(Array.from({ length: many }, (_, i) => service(catalogue, i)));
  browser = await chromium.launch(launchOptions);
  const home = new Home(await browser.newPage());
  await measure(home, catalogue);
} finally {
  await browser?.close();
  await portal.close();
  await remove();
}

function service(catalogue, i) {
  return {
    name: catalogue.name(`service ${i}`),
    description: `Number ${i} of many, which does one thing and does it well.`,
    team: teams[i % teams.length],
    status: statuses[i % statuses.length],
    tags: ['go', `tag${i % 40}`],
    docs_url: `https://docs.example.com/${i}`,
  };
}

async function measure(home, catalogue) {
  const { page } = home;
  await page.addInitScript(() => {
    globalThis.longTasks = [];
    const note = (list) => globalThis.longTasks.push(...list.getEntries().map((entry) => entry.duration));
    new PerformanceObserver(note).observe({ type: 'longtask', buffered: true });
  });
  await loading(page);
  await longTasks(page, 'typing a search slowly, and clearing it', async () => {
    await page.locator('#searchInput').focus();
    await page.keyboard.type('service 1999', { delay: 200 });
    await settled(page);
    await page.keyboard.press('Escape');
  });
  await longTasks(page, 'every status and team as a filter', () => filters(page));
  await longTasks(page, '50 changes by others', () => changes(page, catalogue));
  await longTasks(page, 'from cards to rows, and back', () => layouts(page));
  await opening(page, catalogue);
  await graphs(page, catalogue, print);
}

// opening measures from a click on a card until the chart of 90 days of its service is painted.
async function opening(page, catalogue) {
  const target = new Target();
  await target.start();
  try {
    const { name } = await catalogue.add({ name: catalogue.name('measured'), status_url: target.url });
    await page.locator('#searchInput').fill(name);
    await page.locator('service-grid service-card:only-child .service-card.healthy').waitFor();
    await page.locator('service-grid .card-open').click();
    await page.getByRole('button', { name: '90 d' }).click();
    await page.locator('.chart canvas').waitFor();
    const times = [];
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Escape');
      await page.locator('#servicePage').waitFor({ state: 'hidden' });
      times.push(await page.evaluate(painted));
    }
    print('opening a service, until 90 days are painted: middle', `${ms(middle(times))} (150 ms is the target)`);
  } finally {
    await target.stop();
  }
}

function painted() {
  return new Promise((resolve) => {
    const began = performance.now();
    const frame = () => requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began)));
    new MutationObserver((_, observer) => {
      observer.disconnect();
      frame();
    }).observe(document.querySelector('.chart'), { childList: true });
    document.querySelector('service-grid .card-open').click();
  });
}

// loading counts cards without locators, whose own work would be measured too.
async function loading(page) {
  await page.addInitScript(
    (n) => {
      globalThis.shown = {};
      const note = () => {
        const cards = document.getElementsByTagName('service-card').length;
        if (cards > 0) globalThis.shown.first ??= performance.now();
        if (cards === n) globalThis.shown.last ??= performance.now();
      };
      new MutationObserver(note).observe(document, { childList: true, subtree: true });
    },
    Math.min(many, atFirst),
  );
  await page.goto(portal.url);
  await page.waitForFunction(() => globalThis.shown.last, null, { polling: 200, timeout: 60_000 });
  const { first, last } = await page.evaluate(() => globalThis.shown);
  print(`${many} services: first card, last card`, `${ms(first)}, ${ms(last)}`);
  print('loading: tasks', longest(await page.evaluate(() => globalThis.longTasks.splice(0))));
}

// filters clicks each twice, in the page itself: on, and off again.
async function filters(page) {
  const chips = [...new Set(statuses), ...teams];
  for (const value of chips.flatMap((chip) => [chip, chip])) {
    await page.evaluate((chip) => document.querySelector(`.filter-chip[data-value="${chip}"]`).click(), value);
    await settled(page);
  }
}

async function layouts(page) {
  for (const layout of ['rows', 'cards']) {
    await page.evaluate((name) => document.querySelector(`button[data-layout="${name}"]`).click(), layout);
    await settled(page);
  }
}

// changes has others change a service that is on the screen, again and again,
// and measures from the answer to the write until the page has it. Both clocks
// are this machine's.
async function changes(page, catalogue) {
  const id = await page.locator('service-grid [data-id]').first().getAttribute('data-id');
  await page.evaluate((service) => {
    globalThis.seen = {};
    const text = document.querySelector(`[data-id="${service}"] .card-description`);
    const note = () => {
      globalThis.seen[text.textContent] ??= Date.now();
    };
    new MutationObserver(note).observe(text, { childList: true, characterData: true, subtree: true });
  }, id);
  const times = [];
  for (let i = 0; i < 50; i++) {
    await catalogue.change(id, { description: `change ${i}` });
    const written = Date.now();
    const seen = await page.waitForFunction((text) => globalThis.seen[text], `change ${i}`);
    times.push(Math.max(0, (await seen.jsonValue()) - written));
  }
  print('a change by others until it is seen: middle, longest', `${ms(middle(times))}, ${ms(Math.max(...times))}`);
}

async function longTasks(page, what, act) {
  await page.evaluate(() => globalThis.longTasks.splice(0));
  await act();
  await settled(page);
  print(`${what}: tasks`, longest(await page.evaluate(() => globalThis.longTasks.splice(0))));
}

// settled resolves when the page has drawn all that it had to.
function settled(page) {
  return page.evaluate(() => new Promise((resolve) => requestIdleCallback(() => requestIdleCallback(resolve))));
}

// A long task is one of more than 50 ms, in which the page cannot draw.
function longest(durations) {
  return durations.length === 0 ? 'none over 50 ms' : `${durations.length}, the longest ${ms(Math.max(...durations))}`;
}
