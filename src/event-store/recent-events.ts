import type { Position, RecordedEvent } from './event-store.js';
import type { LogPage } from './subscription.js';

/** What is kept at most, in bytes of stored JSON. */
const MOST_BYTES = 2_000_000;

/** A page with what it weighs and when it was read. */
export interface ReadPage extends LogPage {
  /** Of stored JSON. */
  readonly bytes: number;
  /** How often the store had been woken before it was read. */
  readonly wakeups: number;
}

interface KeptPage extends ReadPage {
  /** Exclusive. */
  readonly from: Position;
  readonly to: Position;
}

/** The end of the log as it was read last: several subscriptions of one process then read and decode it once. */
export class RecentEvents {
  #pages: KeptPage[] = [];
  #bytes = 0;

  /**
   * Up to `limit` events after `from`, the first of them certainly the next one; undefined where that is not known.
   * @param wakeups how often the store has been woken by now: what was the end before the last time may be so no more
   */
  after(from: Position, limit: number, wakeups: number): LogPage | undefined {
    // From the end, where readers nearly always are.
    const first = this.#pages.findLastIndex((page) => page.from <= from);
    const page = this.#pages[first];
    if (!page || from >= page.to) return undefined;
    const events: RecordedEvent[] = [];
    for (const page of this.#pages.slice(first)) {
      for (const event of page.events) if (event.position > from) events.push(event);
      if (events.length >= limit) break;
    }
    const last = this.#pages.at(-1);
    const current = last?.atEnd === true && last.wakeups === wakeups;
    return { events: events.slice(0, limit), atEnd: current && events.length < limit };
  }

  /** @param page all that the log holds after `from`, up to its last event */
  keep(from: Position, page: ReadPage): void {
    const end = this.#pages.at(-1)?.to;
    const to = page.events.at(-1)?.position;
    if (to === undefined || (end !== undefined && from < end)) return;
    if (end !== from) this.#clear();
    this.#pages.push({ ...page, from, to });
    this.#bytes += page.bytes;
    while (this.#bytes > MOST_BYTES) this.#bytes -= this.#pages.shift()?.bytes ?? 0;
  }

  #clear(): void {
    this.#pages = [];
    this.#bytes = 0;
  }
}
