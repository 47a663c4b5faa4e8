// The worker of lib/layout.js: it places one graph at a time.
import { layered } from './layered.js';

const idle = 50; // ms without a graph

let isAsked = false;

addEventListener('message', ({ data: { graph, former } }) => {
  isAsked = true;
  postMessage(layered(graph, former));
});

// What runs for the first time takes twice as long: the browser compiles it. While nobody waits, that is done for a tree.
setTimeout(() => {
  if (isAsked) return;
  const tree = Array.from({ length: 40 }, (_, i) => i + 1);
  const need = (i, by) => ({ id: `${i}/${by}`, from: `${i}`, to: `${Math.floor(i / by)}` });
  layered({ nodes: ['0', ...tree.map(String)], edges: tree.flatMap((i) => [need(i, 2), need(i, 8)]) });
}, idle);
