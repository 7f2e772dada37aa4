import type { Position, RecordedEvent } from './event-store.js';

/** What is kept at most, in characters of stored JSON. */
const MOST_CHARACTERS = 4_000_000;

interface Page {
  /** Exclusive. */
  readonly from: Position;
  readonly to: Position;
  readonly events: readonly RecordedEvent[];
  readonly characters: number;
}

/** The end of the log as it was read last: several subscriptions of one process then read and decode it once. */
export class RecentEvents {
  #pages: Page[] = [];
  #characters = 0;

  /** Up to `limit` events after `from`, the first of them certainly the next one; undefined where that is not known. */
  after(from: Position, limit: number): readonly RecordedEvent[] | undefined {
    const first = this.#pages.findIndex((page) => page.from <= from && from < page.to);
    if (first < 0) return undefined;
    const events: RecordedEvent[] = [];
    for (const page of this.#pages.slice(first)) {
      for (const event of page.events) if (event.position > from) events.push(event);
      if (events.length >= limit) break;
    }
    return events.slice(0, limit);
  }

  /** @param events all that the log holds after `from`, up to the last of them */
  keep(from: Position, events: readonly RecordedEvent[], characters: number): void {
    const end = this.#pages.at(-1)?.to;
    const to = events.at(-1)?.position;
    if (to === undefined || (end !== undefined && from < end)) return;
    if (end !== from) this.#clear();
    this.#pages.push({ from, to, events, characters });
    this.#characters += characters;
    while (this.#characters > MOST_CHARACTERS) {
      this.#characters -= this.#pages.shift()?.characters ?? 0;
    }
  }

  #clear(): void {
    this.#pages = [];
    this.#characters = 0;
  }
}
