import { Problem, shown } from './problem.js';

const LAST_POSITION = 2n ** 63n - 1n;

/** How documents of pages describe `nextCursor`. */
export const NEXT_CURSOR = {
  description: 'What to send as `cursor` for the next page. Absent on the last page.',
  example: 'NDcxMQ',
} as const;

/** How documents of pages describe `total`. */
export const TOTAL = { description: 'How many match on all pages.', example: 1 } as const;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

/**
 * A page of a list.
 * @param rows one more than the limit when there is a next page
 * @param key what the next page comes after
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  key: (row: Row) => string,
  present: (row: Row) => Item,
): Page<Item> {
  const shownRows = rows.slice(0, limit);
  const last = shownRows.at(-1);
  const items = shownRows.map(present);
  if (rows.length <= limit || last === undefined) return { items };
  return { items, nextCursor: Buffer.from(key(last)).toString('base64url') };
}

/** What a cursor says that its page comes after, for lists in the order of the log. @throws Problem request-invalid */
export function positionAt(cursor: string): string {
  const text = decode(cursor);
  if (/^\d{1,19}$/.test(text) && BigInt(text) <= LAST_POSITION) return text;
  throw unknownCursor(cursor);
}

/** What a cursor says that its page comes after, for lists in the order of names. @throws Problem request-invalid */
export function nameAt(cursor: string, shape: RegExp): string {
  const text = decode(cursor);
  if (shape.test(text)) return text;
  throw unknownCursor(cursor);
}

const decode = (cursor: string): string => Buffer.from(cursor, 'base64url').toString('latin1');

function unknownCursor(cursor: string): Problem {
  const detail = `cursor: found ${shown(cursor)}, expected the nextCursor of an earlier page`;
  return new Problem('request-invalid', detail, [{ parameter: 'cursor', detail }]);
}
