// reconcile makes the children of parent those with the given keys, in their
// order, with as few moves as it can, so that focus, scroll position and what a
// reader is in the middle of stay. It is a generator that stops after each step,
// and says whether that moved a child: thousands are done in slices, from the top.
//
// element(key) gives the child for a key, and brings it up to date; the child
// carries that key as its property `key`.
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
    // The child at the cursor moved down: taken out here, it comes in later,
    // which is one move instead of one for every child that it passed.
    if (cursor && cursor.key !== key && cursor.nextElementSibling?.key === key) drop();
    const child = element(key);
    const stays = child === cursor;
    if (stays) cursor = cursor.nextElementSibling;
    else parent.insertBefore(child, cursor);
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

// slices runs steps for as long as budget (ms) allows, and lets the browser draw
// in between. It begins with a few moves and takes ever more: what is new on the
// screen is the dearest to draw, and is spread over frames. between() is called after
// every slice; it stops when signal does. It resolves to whether all was done.
export async function slices(steps, { budget = 6, signal, between, pause = nextFrame }) {
  for (let most = 6; ; most *= 2) {
    const end = performance.now() + budget;
    let step;
    let moves = 0;
    do {
      step = steps.next();
      if (step.value) moves++;
    } while (!step.done && moves < most && performance.now() < end);
    between();
    if (step.done) return true;
    await pause();
    if (signal.aborted) return false;
  }
}

// nextFrame is over when a frame has been drawn, or would have been: a page in
// the background draws none.
function nextFrame() {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 100);
    requestAnimationFrame(() => {
      clearTimeout(late);
      setTimeout(resolve);
    });
  });
}
