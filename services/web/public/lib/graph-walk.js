// walkFrom returns the id of the node that a key leads to from another one, undefined if the key leads nowhere: ← to what
// needs it and → to what it needs, the nearest one; ↑ and ↓ within the column; Home and End to the first and the last
// node of all. places is id → { x, y }.
export function walkFrom({ byID }, places, id, key) {
  const at = places.get(id);
  if (!at) return undefined;
  const near = (ids) =>
    least(
      ids.filter((one) => places.has(one)),
      (one) => Math.abs(places.get(one).y - at.y),
    );
  const column = (side) =>
    least(
      [...places.keys()].filter((one) => places.get(one).x === at.x && side * (places.get(one).y - at.y) > 0),
      (one) => Math.abs(places.get(one).y - at.y),
    );
  const end = (side) => least([...places.keys()], (one) => side * (places.get(one).x * 1e6 + places.get(one).y));
  const steps = {
    ArrowLeft: () => near(byID.get(id).neededBy),
    ArrowRight: () => near(byID.get(id).needs),
    ArrowUp: () => column(-1),
    ArrowDown: () => column(1),
    Home: () => end(1),
    End: () => end(-1),
  };
  return Object.hasOwn(steps, key) ? (steps[key]() ?? id) : undefined;
}

function least(ids, weight) {
  let best;
  for (const id of ids) if (best === undefined || weight(id) < weight(best)) best = id;
  return best;
}
