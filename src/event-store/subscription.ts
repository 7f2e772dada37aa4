import type { Position, RecordedEvent, SubscribeOptions } from './event-store.js';
import { backoffMs } from './backoff.js';

const DEFAULT_PAGE_SIZE = 500;
const POLL_MS = 25;
const READ_RETRY = { firstMs: 50, maxMs: 2_000 };

/** Wakes those who wait for new events; a call between a look at `calls` and the sleep is not lost. */
export class Wakeup {
  #calls = 0;
  readonly #sleepers = new Set<() => void>();

  get calls(): number {
    return this.#calls;
  }

  wake(): void {
    this.#calls += 1;
    for (const rise of [...this.#sleepers]) rise();
  }

  /** Resolves when `wake` has been called since `calls` was `seen`, when `timeoutMs` have passed, or on abort. */
  sleep(seen: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#calls !== seen || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const rise = (): void => {
        clearTimeout(timer);
        this.#sleepers.delete(rise);
        signal.removeEventListener('abort', rise);
        resolve();
      };
      const timer = setTimeout(rise, timeoutMs);
      this.#sleepers.add(rise);
      signal.addEventListener('abort', rise, { once: true });
    });
  }
}

/** A stretch of the log, as it was read. */
export interface LogPage {
  readonly events: readonly RecordedEvent[];
  /**
   * Whether more can be read only after somebody has appended. An append that is still open and holds back what stands
   * above it is an end, too: its commit wakes.
   */
  readonly atEnd: boolean;
}

/** What a subscription needs of a store. */
export interface Feed {
  readonly wakeup: Wakeup;
  /** Up to `limit` events after `from`, as `EventStore.readAll`; at least one where there is one. */
  read(from: Position, limit: number): Promise<LogPage>;
  /** The longest sleep between two polls while nothing happens, in milliseconds, as things stand. */
  idlePollMs(): number;
  /** Whether a failed read may succeed by itself later; any other error ends the subscription. */
  isTransient(error: unknown): boolean;
  onRetry(error: unknown): void;
}

/**
 * Every event after `from`, in pages, in log order, until the signal aborts.
 * The place in the log is the last event handed out, so a lost connection neither skips nor repeats any.
 */
export async function* follow(
  feed: Feed,
  { from, signal, pageSize = DEFAULT_PAGE_SIZE }: SubscribeOptions,
): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
  let place = from;
  let pollMs = POLL_MS;
  let failures = 0;
  while (!signal.aborted) {
    const seen = feed.wakeup.calls;
    let page: LogPage;
    try {
      page = await unlessAborted(feed.read(place, pageSize), signal);
      failures = 0;
    } catch (error) {
      if (!feed.isTransient(error)) throw error;
      feed.onRetry(error);
      await feed.wakeup.sleep(feed.wakeup.calls, backoffMs(failures++, READ_RETRY), signal);
      continue;
    }
    const { events, atEnd } = page;
    const last = events.at(-1);
    if (last) {
      place = last.position;
      pollMs = POLL_MS;
      if (!signal.aborted) yield events;
      if (atEnd) await feed.wakeup.sleep(seen, pollMs, signal);
    } else {
      await feed.wakeup.sleep(seen, pollMs, signal);
      pollMs = feed.wakeup.calls === seen ? Math.min(pollMs * 1.5, feed.idlePollMs()) : POLL_MS;
    }
  }
}

/** The page, or an empty one as soon as the signal aborts. */
function unlessAborted(page: Promise<LogPage>, signal: AbortSignal): Promise<LogPage> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve({ events: [], atEnd: true });
    signal.addEventListener('abort', stop, { once: true });
    page.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
