/** Finds what somebody probably meant when they typed a name that nobody knows. */

export interface Nearest {
  name: string;
  /** So close that it is a slip of the fingers and no other name. */
  isSlip: boolean;
}

/** The known name that takes the fewest changed letters; the first of several. Case does not count. */
export function nearestName(typed: string, known: readonly string[]): Nearest {
  // A name of a thousand letters is nobody's slip, and comparing it would take its time.
  const wanted = typed.slice(0, 100).toLowerCase();
  let nearest = { name: known[0] ?? '', distance: Number.POSITIVE_INFINITY };
  for (const name of known) {
    const distance = editDistance(wanted, name.toLowerCase());
    if (distance < nearest.distance) nearest = { name, distance };
  }
  return { name: nearest.name, isSlip: nearest.distance <= Math.max(1, Math.floor(nearest.name.length / 4)) };
}

/** How many letters must be inserted, deleted, replaced or swapped with their neighbour to get from one to the other. */
export function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    before = previous;
    previous = current;
  }
  return previous[other.length] ?? 0;
}
