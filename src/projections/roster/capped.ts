/** The most entries of a list that nobody pages through. */
export const MOST_LISTED = 500;

/** The first MOST_LISTED entries of a list, and how many there are altogether. */
export interface Capped<Entry> {
  readonly items: readonly Entry[];
  readonly total: number;
}

/** @param rows each with the total, as `count(*) OVER ()` tells it */
export function cappedOf<Row extends { readonly total: number }, Entry>(
  rows: readonly Row[],
  entryOf: (row: Row) => Entry,
): Capped<Entry> {
  return { items: rows.map(entryOf), total: rows[0]?.total ?? 0 };
}
