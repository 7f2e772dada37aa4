import { setTimeout as delay } from 'node:timers/promises';
import type { AppendResult as ServerResult, JSONEventData } from '@eventstore/db-client';
import {
  MaxAppendSizeExceededError,
  NO_STREAM,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { backoffMs } from './backoff.js';
import type { AppendResult, ExpectedVersion, NewEvent, Position } from './event-store.js';
import { WrongExpectedVersion } from './event-store.js';
import type { Connections } from './eventstoredb-connections.js';
import { AppendTooLarge, classify, LogUnavailable, NoAnswer } from './eventstoredb-errors.js';
import type { ServerEvent, StreamNames } from './eventstoredb-events.js';
import { positionOf, proposed } from './eventstoredb-events.js';
import type { EventStoreDbReader } from './eventstoredb-reader.js';
import { assertWellFormed } from './well-formed.js';

const RETRY = { firstMs: 20, maxMs: 1_000 };

export interface AppenderOptions {
  /** One client: the library answers all appends of the process from one map. */
  readonly connections: Connections;
  readonly reader: EventStoreDbReader;
  readonly names: StreamNames;
  /** How long an append waits for the server's answer before it is sent again. */
  readonly attemptForMs: number;
  /** How long it is sent again. */
  readonly retryForMs: number;
  onTrouble(error: unknown): void;
}

/** One caller's append, ready to be sent. */
interface Item {
  readonly stream: string;
  readonly events: readonly JSONEventData[];
  readonly deadline: number;
}

type ExactVersion = Exclude<ExpectedVersion, 'any'>;

/**
 * Appends, each on its own, many in flight. An append whose fate is unknown is sent again with the same ids at the same
 * revision, where the server recognises what it holds already.
 */
export class EventStoreDbAppender {
  readonly #options: AppenderOptions;
  readonly #running = new Set<Promise<unknown>>();
  /** Of appends at any version: the last in turn, for each stream. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  async append(
    stream: string,
    expected: ExpectedVersion,
    events: readonly NewEvent[],
  ): Promise<AppendResult> {
    assertWellFormed([{ stream, expected, events }]);
    return this.appendEncoded(stream, expected, events.map(proposed));
  }

  /** As `append`, of events as they go to the server. */
  async appendEncoded(
    stream: string,
    expected: ExpectedVersion,
    events: readonly JSONEventData[],
  ): Promise<AppendResult> {
    if (this.#closed) throw new TypeError('the event store is closed');
    this.#options.names.assertReadable(stream);
    const deadline = Date.now() + this.#options.retryForMs;
    const item: Item = { stream, events, deadline };
    const running = expected === 'any' ? this.#inTurn(item) : this.#appendAt(item, expected);
    this.#running.add(running);
    try {
      const result = await running;
      this.#options.reader.knows(result.position);
      return result;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Lets what was accepted finish. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
  }

  async #appendAt(item: Item, expected: ExactVersion): Promise<AppendResult> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#answered(item, expected, await this.#send(item, expected));
      } catch (error) {
        const failure = classify(error);
        if (failure === 'conflict') return await this.#refused(item, expected, attempt, error);
        if (failure === 'too-large' && error instanceof MaxAppendSizeExceededError) {
          throw new AppendTooLarge(item.stream, error.maxAppendSize);
        }
        if (failure !== 'transient' && failure !== 'broken') throw error;
        await this.#beforeNext(item, attempt, error);
      }
    }
  }

  #send({ stream, events }: Item, expected: ExactVersion): Promise<ServerResult> {
    const { connections, names, attemptForMs } = this.#options;
    const expectedRevision = expected === 'noStream' ? NO_STREAM : BigInt(expected);
    return connections.run((client) =>
      within(
        attemptForMs,
        client.appendToStream(names.onServer(stream), [...events], {
          expectedRevision,
          requiresLeader: true,
        }),
      ),
    );
  }

  /** The server does not tell where events stand that it recognised, unless its version is a newer one. */
  async #answered(
    item: Item,
    expected: ExactVersion,
    { nextExpectedRevision, position }: ServerResult,
  ): Promise<AppendResult> {
    const revision = Number(nextExpectedRevision);
    if (position) return { revision, position: position.commit };
    const stored = await this.#stored(item, expected);
    if (!stored)
      throw new NoAnswer(`an append to ${item.stream} was acknowledged but is not there`);
    return stored;
  }

  /**
   * A refusal may be of our own making: an earlier attempt succeeded, its answer was lost, and the server did not
   * recognise the repetition, as it does not at `noStream` where the stream had been deleted before.
   */
  async #refused(
    item: Item,
    expected: ExactVersion,
    attempt: number,
    error: unknown,
  ): Promise<AppendResult> {
    if (attempt > 0 || expected === 'noStream') {
      const stored = await this.#stored(item, expected);
      if (stored) return stored;
    }
    throw new WrongExpectedVersion(item.stream, expected, actualOf(error));
  }

  /** The append, where its events are what stands behind the expected version. */
  async #stored(
    { stream, events }: Item,
    expected: ExactVersion,
  ): Promise<AppendResult | undefined> {
    const from = expected === 'noStream' ? 'start' : expected + 1;
    const found: ServerEvent[] = [];
    await this.#options.reader.readStreamOnServer(stream, from, events.length, (event) => {
      found.push(event);
    });
    const last = found.at(-1);
    const same = last && events.every(({ id }, index) => found[index]?.id === id);
    return same ? { revision: Number(last.revision), position: positionOf(last) } : undefined;
  }

  async #beforeNext({ stream, deadline }: Item, attempt: number, error: unknown): Promise<void> {
    const pause = backoffMs(attempt, RETRY);
    if (Date.now() + pause >= deadline) {
      throw new LogUnavailable(`whether the append to ${stream} is stored is not known`, {
        cause: error,
      });
    }
    this.#options.onTrouble(error);
    await delay(pause);
  }

  /** Appends of this process to one stream at any version would only conflict with each other. */
  async #inTurn(item: Item): Promise<AppendResult> {
    const { stream } = item;
    const before = this.#turns.get(stream) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.#appendAnywhere(item));
    this.#turns.set(stream, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(stream) === turn) this.#turns.delete(stream);
    }
  }

  /**
   * The server's own `any` recognises a repetition from memory alone, whatever the order of its events, and appends
   * some of them twice where the first is new. So the adapter looks for the ids itself, in the whole stream, and appends
   * at the revision it has seen. Nothing in src/ appends at any version; streams of those who do should stay short.
   */
  async #appendAnywhere(item: Item): Promise<AppendResult> {
    const { stream, events, deadline } = item;
    const wanted = new Set(events.map(({ id }) => id));
    const found: { readonly id: string; readonly revision: number; readonly position: Position }[] =
      [];
    let last = -1;
    for (let attempt = 0; ; attempt++) {
      await this.#options.reader.readStreamOnServer(
        stream,
        last < 0 ? 'start' : last + 1,
        Infinity,
        (event) => {
          last = Number(event.revision);
          if (wanted.has(event.id)) {
            found.push({ id: event.id, revision: last, position: positionOf(event) });
          }
        },
      );
      const end = found.at(-1);
      if (end) {
        const inOrder =
          found.length === events.length &&
          events.every(({ id }, index) => found[index]?.id === id) &&
          end.revision - (found[0]?.revision ?? 0) === events.length - 1;
        if (!inOrder) throw new WrongExpectedVersion(stream, 'any', last);
        return { revision: end.revision, position: end.position };
      }
      try {
        return await this.#appendAt(item, last < 0 ? 'noStream' : last);
      } catch (error) {
        if (!(error instanceof WrongExpectedVersion)) throw error;
        if (Date.now() >= deadline) {
          throw new LogUnavailable(`others keep appending to ${stream}`, { cause: error });
        }
        await delay(backoffMs(attempt, RETRY));
      }
    }
  }
}

function actualOf(error: unknown): number {
  const actual = error instanceof WrongExpectedVersionError ? error.actualVersion : NO_STREAM;
  return actual === NO_STREAM ? -1 : Number(actual);
}

/** The library sets no deadline of its own on an append. */
async function within<Result>(ms: number, call: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      call,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new NoAnswer(`no answer to an append for ${ms} ms`)), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
