import { setImmediate as turn } from 'node:timers/promises';
import type {
  AllStreamResolvedEvent,
  AllStreamSubscription,
  EventStoreDBClient,
  Position as ServerPosition,
} from '@eventstore/db-client';
import { START, streamNameFilter } from '@eventstore/db-client';
import { backoffMs } from './backoff.js';
import type { Position, RecordedEvent, SubscribeOptions } from './event-store.js';
import type { Connections } from './eventstoredb-connections.js';
import { isRetryable, NoAnswer } from './eventstoredb-errors.js';
import type { StreamNames } from './eventstoredb-events.js';
import { isAfter, placeOf, recorded, sizeOf } from './eventstoredb-events.js';
import { Wakeup } from './subscription.js';

const DEFAULT_PAGE_SIZE = 500;
/** Twice as many events as this may wait here for their consumer, however large they are; the others wait on the server. */
const READ_AHEAD = 16;
const RESUBSCRIBE = { firstMs: 50, maxMs: 2_000 };
/** Of 32 records each: how far the server looks before it says that nothing of ours was there. */
const CHECKPOINT_INTERVAL = 4;
const LONGEST_LOOK_MS = 60_000;
/** What is known to be there and does not come within this time is held back by a subscription that has died. */
const OVERDUE_MS = 500;
const SHORTEST_LOOK_MS = 250;

export interface SubscriptionOptions {
  readonly connections: Connections;
  readonly names: StreamNames;
  /** For how long silence is not suspicious. */
  readonly stallMs: number;
  /** A page ends with the event that reaches this size, in bytes of JSON. */
  readonly pageBytes: number;
  /** Where this process knows an event of ours to stand, without asking. */
  known(): Position;
  head(): Promise<Position>;
  onTrouble(error: unknown): void;
}

/** How far a subscription has come, over all its connections. */
interface Progress {
  /** Everything up to here was processed, or is not ours. Prepare and commit differ where foreign records stand. */
  place: ServerPosition;
  failures: number;
}

/** Every event of ours after `from`, in pages, in log order, until the signal aborts; subscribes again for ever. */
export async function* followAll(
  options: SubscriptionOptions,
  { from, signal, pageSize = DEFAULT_PAGE_SIZE }: SubscribeOptions,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const progress: Progress = { place: placeOf(from), failures: 0 };
  const wakeup = new Wakeup();
  while (!signal.aborted) {
    const lease = await options.connections.lease();
    let failure: unknown;
    try {
      yield* subscribeOnce(lease.client, options, { signal, pageSize, progress, wakeup });
    } catch (error) {
      failure = error;
      if (!isRetryable(error)) throw error;
    } finally {
      lease.release(failure);
    }
    if (signal.aborted) return;
    options.onTrouble(failure);
    const pause = backoffMs(progress.failures++, RESUBSCRIBE);
    await wakeup.sleep(wakeup.calls, pause, signal);
  }
}

interface Following {
  readonly signal: AbortSignal;
  readonly pageSize: number;
  readonly progress: Progress;
  readonly wakeup: Wakeup;
}

/** Follows one subscription until it fails, stalls or is aborted. */
async function* subscribeOnce(
  client: EventStoreDBClient,
  options: SubscriptionOptions,
  { signal, pageSize, progress, wakeup }: Following,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  const { place } = progress;
  /*
   * The server's word that nothing of ours stands up to here. The library passes it on while events from before it may
   * still be in the buffer, so it counts only when the buffer is empty and what came out of it is processed.
   */
  let checkpoint: ServerPosition | undefined;
  let failure: Error | undefined;
  const subscription = client.subscribeToAll(
    {
      fromPosition: place.commit === 0n ? START : place,
      filter: streamNameFilter({
        prefixes: options.names.filter,
        checkpointInterval: CHECKPOINT_INTERVAL,
        checkpointReached: (_, position) => {
          checkpoint = position;
          wakeup.wake();
        },
      }),
    },
    { highWaterMark: READ_AHEAD },
  );
  subscription.on('readable', () => wakeup.wake());
  // Stays to the end: an error that nobody listens to would end the process.
  subscription.on('error', (error) => {
    failure ??= error;
    wakeup.wake();
  });
  subscription.on('end', () => {
    failure ??= new NoAnswer('the server has ended a subscription');
    wakeup.wake();
  });
  const watchdog = new Watchdog(options);
  try {
    while (!signal.aborted) {
      const seen = wakeup.calls;
      const page = new Page(pageSize, options.pageBytes);
      // What arrives together comes out of the buffer together.
      do await turn();
      while (page.take(subscription));
      if (signal.aborted) return;
      const last = page.events.at(-1)?.event?.position;
      if (last) {
        const events = newEvents(page.events, progress.place, options.names);
        if (events.length > 0) yield events;
        progress.place = last;
      } else if (checkpoint && isAfter(checkpoint, progress.place)) {
        progress.place = checkpoint;
      } else if (failure !== undefined) {
        throw failure;
      } else {
        await wakeup.sleep(seen, SHORTEST_LOOK_MS, signal);
        if (wakeup.calls !== seen || signal.aborted) continue;
        const question = watchdog.look(progress);
        if (question) await Promise.race([question, wakeup.sleep(seen, LONGEST_LOOK_MS, signal)]);
        continue;
      }
      progress.failures = 0;
      watchdog.calm();
    }
  } finally {
    subscription.unsubscribe().catch(() => undefined);
  }
}

/** What is taken from a subscription at once. */
class Page {
  readonly events: AllStreamResolvedEvent[] = [];
  readonly #mostEvents: number;
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostEvents: number, mostBytes: number) {
    this.#mostEvents = mostEvents;
    this.#mostBytes = mostBytes;
  }

  /** Takes what waits in the buffer. @returns whether there was something, and there is room for more */
  take(subscription: AllStreamSubscription): boolean {
    const before = this.events.length;
    while (this.events.length < this.#mostEvents && this.#bytes < this.#mostBytes) {
      const next = subscription.read() as AllStreamResolvedEvent | null;
      if (next === null) return this.events.length > before;
      if (!next.event) continue;
      this.events.push(next);
      this.#bytes += sizeOf(next.event);
    }
    return false;
  }
}

function newEvents(
  page: readonly AllStreamResolvedEvent[],
  place: ServerPosition,
  names: StreamNames,
): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const { event } of page) {
    if (!event || !isAfter(event.position, place)) continue;
    place = event.position;
    if (names.include(event)) events.push(recorded(event, names));
  }
  return events;
}

/**
 * Tells a silent log from a subscription that has died without a word, by what the log holds beyond the subscription.
 * What this process has appended itself is missed soon, because somebody waits to see it. What others have appended is
 * asked for after a longer silence: found once, it may be on its way; found again, it is not coming.
 */
class Watchdog {
  readonly #options: SubscriptionOptions;
  #quietSince = performance.now();
  #overdueSince: number | undefined;
  #awaited: Position | undefined;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  calm(): void {
    this.#quietSince = performance.now();
    this.#overdueSince = undefined;
    this.#awaited = undefined;
  }

  /** @returns a question to the log, where there is one to ask @throws NoAnswer when the subscription has stalled */
  look({ place, failures }: Progress): Promise<void> | undefined {
    const { stallMs } = this.#options;
    const now = performance.now();
    if (this.#options.known() > place.commit) {
      this.#overdueSince ??= now;
      // A server that is only slow gets longer every time.
      const patienceMs = Math.min(stallMs, OVERDUE_MS * 2 ** failures);
      if (now - this.#overdueSince >= patienceMs) throw stalled();
    }
    const quietMs = now - this.#quietSince;
    if (quietMs < (this.#awaited === undefined ? stallMs : stallMs / 4)) return undefined;
    if (this.#awaited !== undefined && place.commit < this.#awaited) throw stalled();
    this.#quietSince = now;
    this.#awaited = undefined;
    return this.#options.head().then((head) => {
      if (head > place.commit) this.#awaited = head;
    });
  }
}

const stalled = (): NoAnswer =>
  new NoAnswer('a subscription has fallen silent before the end of the log');
