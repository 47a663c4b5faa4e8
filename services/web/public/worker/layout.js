// The worker of lib/layout.js: it places one graph at a time.
import { layered } from './layered.js';

addEventListener('message', ({ data: { graph, former } }) => postMessage(layered(graph, former)));
