// reconcile makes the children of parent match keys, in order, with as few moves as it
// can, so that the focus, the scroll position and a screen reader's position stay. It is
// a generator that yields after each step whether a child was moved, so that thousands
// can be done in slices, from the top.
//
// element(key) returns the updated child for a key; the child has that key as its
// property `key`.
export function* reconcile(parent, keys, element) {
  const wanted = new Set(keys);
  let cursor = parent.firstElementChild;
  const drop = () => {
    const dropped = cursor;
    cursor = cursor.nextElementSibling;
    dropped.remove();
  };
  for (const key of keys) {
    while (cursor && !wanted.has(cursor.key)) {
      drop();
      yield true;
    }
    // The child at the cursor moved down. It is removed here and inserted later: that is
    // one move instead of one for every child that it passed.
    if (cursor && cursor.key !== key && cursor.nextElementSibling?.key === key) drop();
    const child = element(key);
    const stays = child === cursor;
    const stale = !stays && cursor?.key === key; // another element for the same key: never show both
    if (!stays) parent.insertBefore(child, cursor);
    if (stale) drop();
    if (stays) cursor = cursor.nextElementSibling;
    yield !stays;
  }
  while (cursor) {
    drop();
    yield true;
  }
}

// finish runs all steps at once.
export function finish(steps) {
  while (!steps.next().done);
}

// slices runs steps in slices of at most budget (ms), and lets the browser paint in
// between. The first slice has few moves, each next one twice as many: the cards on the
// screen cost most to paint, so they are spread over frames. between() is called after
// every slice. slices stops when signal aborts, and resolves to whether all steps were
// done.
export async function slices(steps, { budget = 6, signal, between = () => {}, pause = nextFrame }) {
  for (let maxMoves = 6; ; maxMoves *= 2) {
    const end = performance.now() + budget;
    let step;
    let moves = 0;
    do {
      step = steps.next();
      if (step.value) moves++;
    } while (!step.done && moves < maxMoves && performance.now() < end);
    between();
    if (step.done) return true;
    await pause();
    if (signal.aborted) return false;
  }
}

// nextFrame resolves after the next frame, or after 100 ms: a page in the background
// paints no frames.
export function nextFrame() {
  return new Promise((resolve) => {
    const timeout = setTimeout(resolve, 100);
    requestAnimationFrame(() => {
      clearTimeout(timeout);
      setTimeout(resolve);
    });
  });
}
