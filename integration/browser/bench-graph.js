// What the page of the graph costs a person who comes from the list by a link, and points at it a moment before: until the
// worker has placed it, for the first time and after one more need, until what is in view is drawn, and the longest task of
// the page meanwhile.
const sizes = [
  [150, 350],
  [1000, 3000],
];
const layers = 8;
const pointed = 400; // ms from pointing at the link until the click

// graphs adds services that need others, and prints what it costs to draw them.
export async function graphs(page, catalogue, print) {
  await page.addInitScript(timeWorkers);
  for (const [nodes, edges] of sizes) {
    const word = `graph${nodes}`;
    const ids = await fill(catalogue, word, nodes, edges);
    await page.goto(new URL(`/?q=${word}`, page.url()).href);
    await page.locator('#catalogue [aria-busy="true"]').waitFor({ state: 'detached' });
    await page.evaluate(follow, { address: `/graph?q=${word}`, pointed });
    await page.waitForFunction(drawn, undefined, { polling: 200, timeout: 120_000 });
    const { placed, whole, tasks } = await page.evaluate(() => ({
      placed: globalThis.placed,
      whole: globalThis.whole,
      tasks: globalThis.longTasks.splice(0),
    }));
    const again = await oneMore(page, catalogue, ids);
    const longest = tasks.length > 0 ? `${Math.round(Math.max(...tasks))} ms` : 'under 50 ms';
    const of = `a graph of ${nodes} services`;
    print(`${of}, ${edges} needs: placed, drawn`, `${placed} ms, ${whole} ms`);
    print(`${of}: the longest task`, `${longest}, of ${tasks.length} over 50 ms`);
    print(`${of}: placed again with a need more`, `${again} ms`);
  }
}

// oneMore lets the last service need the first one too, and returns how long it takes to place that.
async function oneMore(page, catalogue, ids) {
  const { depends_on: before } = await catalogue.read(ids.at(-1));
  await page.evaluate(() => (globalThis.placed = 0));
  await catalogue.change(ids.at(-1), { depends_on: [...before.map(({ id, kind }) => ({ id, kind })), { id: ids[0] }] });
  await page.waitForFunction(() => globalThis.placed > 0);
  return page.evaluate(() => globalThis.placed);
}

// fill adds services in layers, each of which needs some of those in the layers before, and returns their ids. It is
// the same every time.
async function fill(catalogue, word, nodes, edges) {
  const perLayer = Math.ceil(nodes / layers);
  const known = [];
  let seed = 1;
  const random = (below) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let layer = 0; layer < layers; layer++) {
    const before = [...known];
    const each = layer === 0 ? 0 : Math.round(edges / (nodes - perLayer));
    const list = Array.from({ length: Math.min(perLayer, nodes - before.length) }, (_, i) => {
      const near = before.slice(-3 * perLayer);
      const ids = new Set(Array.from({ length: near.length && each }, () => near[random(near.length)]));
      const depends_on = [...ids].map((id, n) => ({ id, kind: n % 4 === 3 ? 'soft' : 'hard' }));
      return { name: catalogue.name(`${word} ${layer}-${i}`), team: `Team ${i % 12}`, status: 'healthy', depends_on };
    });
    await catalogue.all(list);
    known.push(...(await catalogue.found(`${word} ${layer}-`)).map(({ id }) => id).sort());
  }
  return known;
}

// timeWorkers notes how long the worker takes, and when all is drawn.
function timeWorkers() {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (...job) {
    const began = performance.now();
    this.addEventListener('message', () => (globalThis.placed = Math.round(performance.now() - began)), { once: true });
    postMessage.apply(this, job);
  };
}

// follow goes to an address of the portal as a click on a link does.
async function follow({ address, pointed }) {
  const link = document.createElement('a');
  link.href = address;
  document.body.append(link);
  link.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
  await new Promise((resolve) => setTimeout(resolve, pointed));
  globalThis.longTasks.length = 0;
  globalThis.began = performance.now();
  link.click();
  link.remove();
}

// drawn says whether all is drawn that is in view, which of many nodes are not all.
function drawn() {
  const drawing = document.querySelector('#graphPage graph-drawing');
  if (drawing.ariaBusy || !drawing.querySelector('.node')) return false;
  globalThis.whole ??= Math.round(performance.now() - globalThis.began);
  return true;
}
