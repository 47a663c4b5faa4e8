// neighbour returns the index that an arrow key leads to among items laid out in rows of
// unknown length, or the same index at an edge. rect(i) returns the rectangle of an item;
// only the rows that matter are measured.
export function neighbour(length, index, key, rect) {
  switch (key) {
    case 'ArrowLeft':
      return Math.max(0, index - 1);
    case 'ArrowRight':
      return Math.min(length - 1, index + 1);
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    case 'ArrowUp':
      return nearest({ length, index, step: -1, rect });
    case 'ArrowDown':
      return nearest({ length, index, step: 1, rect });
    default:
      return index;
  }
}

// nearest returns the item of the next row in the direction of step whose left edge is
// closest.
function nearest({ length, index, step, rect }) {
  const from = rect(index);
  let best = index;
  let row = null;
  for (let i = index + step; i >= 0 && i < length; i += step) {
    const place = rect(i);
    if (row === null && Math.abs(place.top - from.top) < 1) continue;
    row ??= place.top;
    if (Math.abs(place.top - row) >= 1) break;
    const closer = best === index || Math.abs(place.left - from.left) < Math.abs(rect(best).left - from.left);
    if (closer) best = i;
  }
  return best;
}
