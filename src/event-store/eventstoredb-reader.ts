import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  EventStoreDBClient,
  Position as ServerPosition,
  StreamingRead,
} from '@eventstore/db-client';
import { BACKWARDS, START } from '@eventstore/db-client';
import { backoffMs } from './backoff.js';
import type { Position, RecordedEvent } from './event-store.js';
import type { Connections } from './eventstoredb-connections.js';
import { classify, isRetryable, LogUnavailable, NoAnswer } from './eventstoredb-errors.js';
import type { ServerEvent, StreamNames } from './eventstoredb-events.js';
import { isAfter, placeOf, recorded, sizeOf } from './eventstoredb-events.js';
import { HeadSearch } from './eventstoredb-head.js';

const STREAM_PAGE_EVENTS = 1_000;
const LOG_PAGE_EVENTS = 1_000;
/** A server under load pauses; a server that is gone for so long is silent. */
const SILENCE_MS = 10_000;
const RETRY = { firstMs: 20, maxMs: 1_000 };

export interface ReaderOptions {
  /** For streams and the end of the log: what the leader has acknowledged must be seen. */
  readonly loads: Connections;
  /** For the whole log. */
  readonly scans: Connections;
  /** Whether readers of the whole log must see its end, or ask for more and more of it and may be behind. */
  readonly scansLeader: boolean;
  readonly names: StreamNames;
  /** How long a read outlives the loss of its connection. */
  readonly retryForMs: number;
  onTrouble(error: unknown): void;
}

type Take = (event: ServerEvent) => 'more' | 'enough';

/** Reads streams and the log in pages, and again where the connection is lost. */
export class EventStoreDbReader {
  readonly #options: ReaderOptions;
  readonly #head: HeadSearch;
  readonly #closing = new AbortController();

  constructor(options: ReaderOptions) {
    this.#options = options;
    // Many reads may be under way at once, and each listens.
    setMaxListeners(0, this.#closing.signal);
    const { loads, names } = options;
    this.#head = new HeadSearch(names, (fromPosition, maxCount) =>
      this.#read(loads, (client) =>
        client.readAll({ direction: BACKWARDS, fromPosition, maxCount, requiresLeader: true }),
      ),
    );
  }

  /** Ends the reads that are under way: a call that the client itself cancels looks as if it had come to its end. */
  close(): void {
    this.#closing.abort();
  }

  /** Where an event of ours is known to stand, and none behind it. */
  get lastKnown(): Position {
    return this.#head.lastKnown;
  }

  /** An event of ours stands there. */
  knows(position: Position): void {
    this.#head.knows(position);
  }

  async readStream(stream: string, from: number): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    await this.readStreamOnServer(stream, from, Infinity, (event) => {
      events.push(recorded(event, this.#options.names));
    });
    return events;
  }

  /** Hands over the events of a stream as they come, at most `limit`; none for an unknown or a deleted stream. */
  async readStreamOnServer(
    stream: string,
    from: number | 'start',
    limit: number,
    take: (event: ServerEvent) => void,
  ): Promise<void> {
    const { loads, names } = this.#options;
    let next: typeof START | bigint = from === 'start' ? START : BigInt(from);
    for (let left = limit; left > 0;) {
      const maxCount = Math.min(left, STREAM_PAGE_EVENTS);
      const page = await this.#read(loads, (client) =>
        client.readStream(names.onServer(stream), {
          fromRevision: next,
          maxCount,
          requiresLeader: true,
        }),
      );
      for (const event of page) take(event);
      const last = page.at(-1);
      if (!last || page.length < maxCount) return;
      left -= page.length;
      next = last.revision + 1n;
    }
  }

  /** @param pageBytes where the events are large, as many as have this size together, at least one */
  async readAll(from: Position, limit: number, pageBytes: number): Promise<RecordedEvent[]> {
    const events = await this.readAllOnServer(from, limit, pageBytes);
    return events.map((event) => recorded(event, this.#options.names));
  }

  /** As `readAll`, the events as the server tells them. */
  async readAllOnServer(from: Position, limit: number, pageBytes: number): Promise<ServerEvent[]> {
    const { scans, names, scansLeader: requiresLeader } = this.#options;
    const events: ServerEvent[] = [];
    let bytes = 0;
    let place: ServerPosition | undefined = from === 0n ? undefined : placeOf(from);
    for (;;) {
      // Inclusive, so that the event at the place comes once more.
      const maxCount = Math.min(limit - events.length, LOG_PAGE_EVENTS) + 1;
      let scanned = 0;
      const take: Take = (event) => {
        scanned += 1;
        const { position } = event;
        if (!position || (place && !isAfter(position, place))) return 'more';
        place = position;
        if (!names.include(event)) return 'more';
        events.push(event);
        bytes += sizeOf(event);
        return events.length < limit && bytes < pageBytes ? 'more' : 'enough';
      };
      // A page that broke off is asked for again from where it broke off.
      await this.#retrying(() => {
        scanned = 0;
        const fromPosition = place ?? START;
        return scans.run((client) =>
          this.#drain(client.readAll({ fromPosition, maxCount, requiresLeader }), take),
        );
      });
      if (events.length >= limit || bytes >= pageBytes || scanned < maxCount) return events;
    }
  }

  /** Position of our last event. */
  head(): Promise<Position> {
    return this.#head.head();
  }

  /** One page; empty for a stream that is not there. */
  #read(
    connections: Connections,
    read: (client: EventStoreDBClient) => StreamingRead<{ readonly event?: ServerEvent }>,
  ): Promise<ServerEvent[]> {
    return this.#retrying(async () => {
      const page: ServerEvent[] = [];
      const take: Take = (event) => {
        page.push(event);
        return 'more';
      };
      try {
        await connections.run((client) => this.#drain(read(client), take));
      } catch (error) {
        if (classify(error) !== 'missing') throw error;
      }
      return page;
    });
  }

  #drain(read: StreamingRead<{ readonly event?: ServerEvent }>, take: Take): Promise<void> {
    return drain(read, take, this.#closing.signal);
  }

  async #retrying<Result>(read: () => Promise<Result>): Promise<Result> {
    const deadline = Date.now() + this.#options.retryForMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return await read();
      } catch (error) {
        if (!isRetryable(error)) throw error;
        if (this.#closing.signal.aborted || Date.now() >= deadline) {
          throw new LogUnavailable('the log cannot be read', { cause: error });
        }
        this.#options.onTrouble(error);
        await delay(backoffMs(attempt, RETRY));
      }
    }
  }
}

/** Takes the events of a read until it ends or one is enough; a silent server and the signal end it too. */
function drain(
  read: StreamingRead<{ readonly event?: ServerEvent }>,
  take: Take,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const receive = ({ event }: { readonly event?: ServerEvent }): void => {
      silence.refresh();
      try {
        if (event && take(event) === 'enough') leave(resolve);
      } catch (error) {
        fail(error);
      }
    };
    const leave = (settle: () => void): void => {
      clearTimeout(silence);
      signal.removeEventListener('abort', stop);
      read.removeListener('data', receive);
      read.cancel().catch(() => undefined);
      settle();
    };
    // Stays after the end: whatever a call says that nobody listens to any more must not end the process.
    const fail = (error: unknown): void => leave(() => reject(error));
    const stop = (): void => fail(new NoAnswer('the log has been closed'));
    const silence = setTimeout(
      () => fail(new NoAnswer(`nothing more of a read for ${SILENCE_MS} ms`)),
      SILENCE_MS,
    );
    read.on('data', receive);
    read.on('error', fail);
    read.on('end', () => {
      clearTimeout(silence);
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
}
