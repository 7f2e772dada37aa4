import { isDeepStrictEqual } from 'node:util';
import type { Position } from './event-store.js';
import type { PlacedEvent, VerbatimEvent, VerbatimLog } from './verbatim-log.js';

/** The logs differ where they should be the same; nothing is copied from there on. */
export class LogsDiffer extends Error {
  override readonly name = 'LogsDiffer';
}

export interface CopyProgress {
  /** Events that both logs are known to hold at the same place. */
  readonly same: number;
  readonly copied: number;
}

export interface CopyOptions {
  readonly from: VerbatimLog;
  readonly to: VerbatimLog;
  readonly onProgress: (progress: CopyProgress) => void;
}

/**
 * Makes the log `to` the same as `from`, event by event in the order of the log. What `to` holds already must be a
 * beginning of `from`: so a copy that broke off is gone on with, and one log never gets into another.
 * @throws LogsDiffer
 */
export async function copyLog({ from, to, onProgress }: CopyOptions): Promise<CopyProgress> {
  const source = new Cursor(from);
  const target = new Cursor(to);
  const same = await compare(source, target, (count) => onProgress({ same: count, copied: 0 }));
  const [copyFrom, copyTo] = [source.place, target.place];
  let copied = 0;
  for (let page = await source.takePage(); page.length > 0; page = await source.takePage()) {
    await to.append(page);
    copied += page.length;
    onProgress({ same, copied });
  }
  // What was there before has just been compared.
  const [again, written] = [new Cursor(from, copyFrom), new Cursor(to, copyTo)];
  const verified = await compare(again, written, () => onProgress({ same, copied }));
  if (verified < copied) throw lacking(again);
  return { same, copied };
}

/** Compares two logs event by event. @returns how many events each holds @throws LogsDiffer */
export async function verifyCopy({ from, to, onProgress }: CopyOptions): Promise<number> {
  const source = new Cursor(from);
  const target = new Cursor(to);
  const same = await compare(source, target, (count) => onProgress({ same: count, copied: 0 }));
  if (source.next !== undefined) throw lacking(source);
  return same;
}

/** Moves both past the events that they have in common, to the end of the target. @throws LogsDiffer */
async function compare(
  source: Cursor,
  target: Cursor,
  onProgress: (same: number) => void,
): Promise<number> {
  for (let same = 0; ; same++) {
    // In this order: another copy may be under way, and what the target has by now the source had before.
    const [found, expected] = [await target.peek(), await source.peek()];
    if (!found) return same;
    if (!expected) throw surplus(target);
    const difference = differenceOf(expected, found);
    if (difference !== undefined) {
      const what = `${describe(found)} in the target, ${describe(expected)} in the source`;
      throw new LogsDiffer(`event ${same + 1} of the log: ${difference} differs: ${what}`);
    }
    source.skip();
    target.skip();
    if (same % 1_000 === 999) onProgress(same + 1);
  }
}

/** Names what differs; never shows it: it may be personal data. */
function differenceOf(expected: VerbatimEvent, found: VerbatimEvent): string | undefined {
  const plain = (['stream', 'revision', 'id', 'type'] as const).find(
    (name) => expected[name] !== found[name],
  );
  return (
    plain ?? (['data', 'metadata'] as const).find((name) => !sameJson(expected[name], found[name]))
  );
}

const sameJson = (a: string, b: string): boolean =>
  a === b || isDeepStrictEqual(JSON.parse(a), JSON.parse(b));

const surplus = ({ next }: Cursor): LogsDiffer =>
  new LogsDiffer(`the target holds ${describe(next)}, where the source ends`);

const lacking = ({ next }: Cursor): LogsDiffer =>
  new LogsDiffer(`the target ends where the source holds ${describe(next)}`);

function describe(event: PlacedEvent | undefined): string {
  if (!event) return 'nothing';
  const { type, stream, revision, position } = event;
  return `${type} at revision ${revision} of ${stream} (position ${position})`;
}

/** A place in a log, with the page that follows it. */
class Cursor {
  readonly #log: VerbatimLog;
  #page: readonly PlacedEvent[] = [];
  #at = 0;
  /** The last event passed. */
  place: Position;

  constructor(log: VerbatimLog, place: Position = 0n) {
    this.#log = log;
    this.place = place;
  }

  /** What was last peeked at. */
  get next(): PlacedEvent | undefined {
    return this.#page[this.#at];
  }

  async peek(): Promise<PlacedEvent | undefined> {
    if (this.#at >= this.#page.length) {
      this.#page = await this.#log.read(this.place);
      this.#at = 0;
    }
    return this.next;
  }

  skip(): void {
    this.place = this.next?.position ?? this.place;
    this.#at += 1;
  }

  /** What is left of the page, or the next one; empty at the end of the log. */
  async takePage(): Promise<readonly PlacedEvent[]> {
    await this.peek();
    const page = this.#page.slice(this.#at);
    this.place = page.at(-1)?.position ?? this.place;
    this.#at = this.#page.length;
    return page;
  }
}
