import { END, type Position as ServerPosition } from '@eventstore/db-client';
import type { Position } from './event-store.js';
import { positionOf, type ServerEvent, type StreamNames } from './eventstoredb-events.js';

const FIRST_PAGE_EVENTS = 4;
const PAGE_EVENTS = 1_000;

/** A page of the server's log, from there backwards. */
type ReadBackwards = (from: typeof END | ServerPosition, count: number) => Promise<ServerEvent[]>;

/** A search that is under way: it began there, and answers whether it came to its end. */
interface Search {
  readonly from: Position;
  readonly ended: Promise<boolean>;
}

/**
 * Where our last event stands. The end of the server's log is no answer: what stands there may be an event of its own,
 * which no reader of ours ever reaches. What was searched once is not searched again, nor by two at once: others may
 * have written millions of events behind ours.
 */
export class HeadSearch {
  readonly #names: StreamNames;
  readonly #readBackwards: ReadBackwards;
  /** No event of ours that is known stands behind it. */
  #lastKnown: Position = 0n;
  /** Between the last known event of ours and here, there is none. */
  #searched: Position = 0n;
  #underWay: Search | undefined;

  constructor(names: StreamNames, readBackwards: ReadBackwards) {
    this.#names = names;
    this.#readBackwards = readBackwards;
  }

  /** Where an event of ours is known to stand, and none behind it. */
  get lastKnown(): Position {
    return this.#lastKnown;
  }

  /** An event of ours stands there, which spares searches what is before it. */
  knows(position: Position): void {
    if (position > this.#lastKnown) this.#lastKnown = position;
  }

  /** Knows of every event whose append was acknowledged before the call. */
  async head(): Promise<Position> {
    let end: Position | undefined;
    let from: typeof END | ServerPosition = END;
    for (let count = FIRST_PAGE_EVENTS; ; count = Math.min(count * 4, PAGE_EVENTS)) {
      const page: ServerEvent[] = await this.#readBackwards(from, count);
      end ??= page[0]?.position?.commit;
      const last = page.at(-1)?.position;
      if (this.#finds(page) || !last || page.length < count) break;
      const other = this.#underWay;
      if (other && other.from >= last.commit && (await other.ended)) break;
      if (!this.#underWay) return this.#alone(end ?? last.commit, last);
      from = last;
    }
    return this.#endAt(end);
  }

  /** Goes on from a place on behalf of everybody who comes to it meanwhile. */
  async #alone(end: Position, place: ServerPosition): Promise<Position> {
    let tell = (_ended: boolean): void => undefined;
    const ended = new Promise<boolean>((resolve) => (tell = resolve));
    this.#underWay = { from: end, ended };
    let isDone = false;
    try {
      for (let from = place; ;) {
        const page = await this.#readBackwards(from, PAGE_EVENTS);
        const last = page.at(-1)?.position;
        if (this.#finds(page) || !last || page.length < PAGE_EVENTS) break;
        from = last;
      }
      isDone = true;
      return this.#endAt(end);
    } finally {
      this.#underWay = undefined;
      tell(isDone);
    }
  }

  /** Whether the page reaches an event of ours, or what was searched before. */
  #finds(page: readonly ServerEvent[]): boolean {
    const known = this.#lastKnown > this.#searched ? this.#lastKnown : this.#searched;
    const found = page.find(
      (event) => this.#names.include(event) || (event.position && event.position.commit <= known),
    );
    if (found && this.#names.include(found)) this.knows(positionOf(found));
    return found !== undefined;
  }

  #endAt(end: Position | undefined): Position {
    if (end !== undefined && end > this.#searched) this.#searched = end;
    return this.#lastKnown;
  }
}
