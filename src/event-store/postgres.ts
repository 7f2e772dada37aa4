import { setTimeout as delay } from 'node:timers/promises';
import DataLoader from 'dataloader';
import { Pool } from 'pg';
import type { OrganizationId } from '../domain/identifiers.js';
import { backoffMs } from './backoff.js';
import { codec } from './codec.js';
import type {
  AppendResult,
  EventStore,
  ExpectedVersion,
  NewEvent,
  Position,
  RecordedEvent,
  StreamAppend,
  SubscribeOptions,
} from './event-store.js';
import { PostgresAppender } from './postgres-appender.js';
import { connectionConfig, isTransient, SEPARATOR } from './postgres-connection.js';
import { PostgresSignal } from './postgres-signal.js';
import { RecentEvents } from './recent-events.js';
import type { Feed, LogPage } from './subscription.js';
import { follow, Wakeup } from './subscription.js';
import { isName } from './well-formed.js';

const ORGANIZATION_PAGE_EVENTS = 1_000;
const STREAM_PAGE_EVENTS = 500;
const STREAMS_PER_QUERY = 256;
const STREAM_QUERIES_AT_ONCE = 2;
const IDLE_POLL_MS = { listening: 250, deaf: 50 };
const READ_TIMEOUT_MS = 30_000;
const READ_RETRY = { firstMs: 20, maxMs: 1_000 };
const SETTLE_POLL_MS = 5;

export interface PostgresEventStoreOptions {
  readonly connectionString: string;
  /** How long an append or a read outlives the loss of its connection before it rejects. Default 10 s. */
  readonly retryForMs?: number;
  /** Connections for reading; appends and signals have one each besides. Default 4. */
  readonly readConnections?: number;
  /** A page of the log ends with the event that reaches this size, in bytes of JSON. Default 8 MB. */
  readonly pageBytes?: number;
  /** Hears of every failure that the store deals with by itself. */
  readonly onTrouble?: (error: unknown) => void;
}

interface StreamPageKey {
  readonly stream: string;
  readonly from: number;
}

type LogRow = [
  position: string,
  stream: string,
  revision: string,
  id: string,
  type: string,
  data: string,
  metadata: string,
];
type StreamRow = [
  request: string,
  position: string,
  revision: string,
  id: string,
  type: string,
  data: string,
  metadata: string,
];

/** The log in PostgreSQL: schema `log`, whose functions keep its promises (migration 1700000000001). */
export class PostgresEventStore implements EventStore {
  readonly #retryForMs: number;
  readonly #pageBytes: number;
  readonly #onTrouble: (error: unknown) => void;
  readonly #pool: Pool;
  readonly #appender: PostgresAppender;
  readonly #signal: PostgresSignal;
  readonly #closing = new AbortController();
  readonly #feed: Feed;
  readonly #recent = new RecentEvents();
  readonly #streamPages: DataLoader<StreamPageKey, readonly RecordedEvent[]>;
  readonly #waitingForQuery: (() => void)[] = [];
  #streamQueries = 0;

  constructor({
    connectionString,
    retryForMs = 10_000,
    readConnections = 4,
    pageBytes = 8_000_000,
    onTrouble = () => undefined,
  }: PostgresEventStoreOptions) {
    this.#retryForMs = retryForMs;
    this.#pageBytes = pageBytes;
    this.#onTrouble = onTrouble;
    const wakeup = new Wakeup();
    this.#pool = new Pool({
      ...connectionConfig(connectionString, 'rollcall read'),
      max: readConnections,
      query_timeout: READ_TIMEOUT_MS,
      types: { getTypeParser: () => (value: string) => value },
    });
    this.#pool.on('error', onTrouble);
    this.#signal = new PostgresSignal({
      connectionString,
      onSignal: () => wakeup.wake(),
      onTrouble,
    });
    this.#appender = new PostgresAppender({
      connectionString,
      retryForMs,
      onCommit: () => {
        wakeup.wake();
        this.#signal.announce();
      },
      onTrouble,
    });
    this.#feed = {
      wakeup,
      read: (from, limit) => this.#readNext(from, limit),
      idlePollMs: () => (this.#signal.healthy ? IDLE_POLL_MS.listening : IDLE_POLL_MS.deaf),
      isTransient,
      onRetry: onTrouble,
    };
    this.#streamPages = new DataLoader((keys) => this.#readStreamPages(keys), {
      cache: false,
      maxBatchSize: STREAMS_PER_QUERY,
      batchScheduleFn: (dispatch) => this.#whenQueryFree(dispatch),
    });
  }

  /** Since the start: statements sent, events written by this instance, statements sent again. */
  get counters(): {
    readonly batches: number;
    readonly appended: number;
    readonly retries: number;
  } {
    return { ...this.#appender.counters };
  }

  append(
    stream: string,
    expected: ExpectedVersion,
    events: readonly NewEvent[],
  ): Promise<AppendResult> {
    return this.#appender.append([{ stream, expected, events }]);
  }

  readonly appendMany = (appends: readonly StreamAppend[]): Promise<AppendResult> =>
    this.#appender.append(appends);

  async readStream(stream: string, from = 0): Promise<readonly RecordedEvent[]> {
    if (!isName(stream)) return [];
    const events: RecordedEvent[] = [];
    for (;;) {
      const page = await this.#streamPages.load({ stream, from: from + events.length });
      if (events.length === 0 && page.length < STREAM_PAGE_EVENTS) return page;
      for (const event of page) events.push(event);
      if (page.length < STREAM_PAGE_EVENTS) return events;
    }
  }

  async readAll(from: Position, limit: number): Promise<readonly RecordedEvent[]> {
    return (await this.#readLog(from, limit)).map(recordedFromLog);
  }

  /** As readAll; subscriptions that read the same end of the log share it. */
  async #readNext(from: Position, limit: number): Promise<LogPage> {
    const wakeups = this.#feed.wakeup.calls;
    const known = this.#recent.after(from, limit, wakeups);
    if (known) return known;
    const rows = await this.#readLog(from, limit);
    const bytes = rows.reduce((sum, [, , , , , data]) => sum + Buffer.byteLength(data), 0);
    const atEnd = rows.length < limit && bytes < this.#pageBytes;
    const page = { events: rows.map(recordedFromLog), atEnd, bytes, wakeups };
    this.#recent.keep(from, page);
    return page;
  }

  #readLog(from: Position, limit: number): Promise<LogRow[]> {
    return this.#query<LogRow>(
      'log.read_all',
      `SELECT log_position, stream, revision, event_id, type, data, metadata
         FROM log.read_all($1, $2, $3)`,
      [String(from), limit, this.#pageBytes],
    );
  }

  async *readOrganization(
    organization: OrganizationId,
    after: Position,
    upTo: Position,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const end = await this.#settled(upTo);
    for (let place = after; place < end;) {
      const rows = await this.#query<LogRow>(
        'log.read_organization',
        `SELECT log_position, stream, revision, event_id, type, data, metadata
           FROM log.read_organization($1, $2, $3, $4, $5)`,
        [organization, String(place), String(end), ORGANIZATION_PAGE_EVENTS, this.#pageBytes],
      );
      const page = rows.map(recordedFromLog);
      const last = page.at(-1);
      if (!last) return;
      yield page;
      place = last.position;
    }
  }

  async head(): Promise<Position> {
    const [row] = await this.#query<[position: string]>(
      'log.head',
      'SELECT coalesce(max(position), 0) FROM log.events',
      [],
    );
    return BigInt(row?.[0] ?? 0);
  }

  subscribe(options: SubscribeOptions): AsyncIterable<readonly RecordedEvent[]> {
    this.#signal.start();
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    return follow(this.#feed, { ...options, signal });
  }

  /** Ends subscriptions, lets accepted appends finish, and disconnects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#appender.close();
    await this.#signal.close();
    await this.#pool.end();
  }

  /** `upTo`, or the end of the log where that is lower, once no event at or below it can still appear. */
  async #settled(upTo: Position): Promise<Position> {
    let end = upTo;
    for (;;) {
      const [row] = await this.#query<[fence: string, drawn: string]>(
        'log.fence',
        'SELECT fence, drawn FROM log.fence()',
        [],
      );
      const [fence, drawn] = row ?? ['0', '0'];
      if (BigInt(drawn) < end) end = BigInt(drawn);
      if (BigInt(fence) >= end) return end;
      await delay(SETTLE_POLL_MS);
    }
  }

  async #query<Row extends unknown[]>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const deadline = Date.now() + this.#retryForMs;
    for (let attempt = 0; ; attempt++) {
      try {
        const query = { name, text, values: [...values], rowMode: 'array' as const };
        return (await this.#pool.query<Row>(query)).rows;
      } catch (error) {
        const closing = this.#closing.signal.aborted;
        if (closing || !isTransient(error) || Date.now() >= deadline) throw error;
        this.#onTrouble(error);
        await delay(backoffMs(attempt, READ_RETRY));
      }
    }
  }

  async #readStreamPages(keys: readonly StreamPageKey[]): Promise<RecordedEvent[][]> {
    const pages: RecordedEvent[][] = keys.map(() => []);
    this.#streamQueries += 1;
    try {
      const rows = await this.#query<StreamRow>(
        'log.read_streams',
        `SELECT request, log_position, revision, event_id, type, data, metadata
           FROM log.read_streams($1, $2, $3)`,
        [
          keys.map(({ stream }) => stream).join(SEPARATOR),
          `{${keys.map(({ from }) => from).join(',')}}`,
          STREAM_PAGE_EVENTS,
        ],
      );
      for (const [request, position, ...rest] of rows) {
        const index = Number(request) - 1;
        pages[index]?.push(recordedFromLog([position, keys[index]?.stream ?? '', ...rest]));
      }
      return pages;
    } finally {
      this.#streamQueries -= 1;
      this.#waitingForQuery.shift()?.();
    }
  }

  /** While as many queries run as may, the next one gathers. */
  #whenQueryFree(dispatch: () => void): void {
    if (this.#streamQueries < STREAM_QUERIES_AT_ONCE) setImmediate(dispatch);
    else this.#waitingForQuery.push(dispatch);
  }
}

function recordedFromLog([
  position,
  stream,
  revision,
  id,
  type,
  data,
  metadata,
]: LogRow): RecordedEvent {
  return {
    id,
    stream,
    revision: Number(revision),
    position: BigInt(position),
    ...codec.decode({ type, data, metadata }, position),
  };
}
