// What the page of the graph costs: until the worker has placed it, until what is in view is drawn, and the longest task of
// the page meanwhile.
const sizes = [
  [150, 350],
  [1000, 3000],
];
const layers = 8;

// graphs adds services that need others, and prints what it costs to draw them.
export async function graphs(page, catalogue, print) {
  await page.addInitScript(timeWorkers);
  for (const [nodes, edges] of sizes) {
    const word = `graph${nodes}`;
    await fill(catalogue, word, nodes, edges);
    await page.goto(new URL(`/graph?q=${word}`, page.url()).href);
    await page.waitForFunction(drawn, undefined, { polling: 200, timeout: 120_000 });
    const { placed, whole, tasks } = await page.evaluate(() => ({
      placed: globalThis.placed,
      whole: globalThis.whole,
      tasks: globalThis.longTasks.splice(0),
    }));
    const longest = tasks.length > 0 ? `${Math.round(Math.max(...tasks))} ms` : 'under 50 ms';
    print(`a graph of ${nodes} services, ${edges} needs: placed, drawn`, `${placed} ms, ${whole} ms`);
    print(`a graph of ${nodes} services: the longest task`, `${longest}, of ${tasks.length} over 50 ms`);
  }
}

// fill adds services in layers, each of which needs some of those in the layers before. It is the same every time.
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

// drawn says whether all is drawn that is in view, which of many nodes are not all.
function drawn() {
  const drawing = document.querySelector('#graphPage graph-drawing');
  if (drawing.ariaBusy || !drawing.querySelector('.node')) return false;
  globalThis.whole ??= Math.round(performance.now());
  return true;
}
