// reconcile makes the children of parent those with the given keys, in their
// order, with as few moves as it can, so that focus, scroll position and what a
// reader is in the middle of stay. It is a generator that stops after each step:
// thousands of children are done in slices, from the top.
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
      yield;
    }
    // The child at the cursor moved down: taken out here, it comes in later,
    // which is one move instead of one for every child that it passed.
    if (cursor && cursor.key !== key && cursor.nextElementSibling?.key === key) drop();
    const child = element(key);
    if (child === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(child, cursor);
    yield;
  }
  while (cursor) {
    drop();
    yield;
  }
}

// finish runs all steps at once.
export function finish(steps) {
  while (!steps.next().done);
}

// slices runs steps for as long as budget (ms) allows, lets the browser draw,
// and goes on. between() is called after every slice; it stops when signal does.
export async function slices(steps, { budget = 6, signal, between }) {
  for (;;) {
    const end = performance.now() + budget;
    let done;
    do ({ done } = steps.next());
    while (!done && performance.now() < end);
    between();
    if (done) return;
    await new Promise((resolve) => setTimeout(resolve));
    if (signal.aborted) return;
  }
}
