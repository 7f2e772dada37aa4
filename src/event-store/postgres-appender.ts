import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { backoffMs } from './backoff.js';
import { codec } from './codec.js';
import type { AppendResult, StreamAppend } from './event-store.js';
import { WrongExpectedVersion } from './event-store.js';
import { applySettings, connectionConfig, isTransient, SEPARATOR } from './postgres-connection.js';
import { assertWellFormed } from './well-formed.js';

const MAX_BATCH_ITEMS = 500;
const MAX_BATCH_CHARACTERS = 1_000_000;
const RETRY = { firstMs: 20, maxMs: 1_000 };
const CLIENT_QUERY_TIMEOUT_MS = 8_000;
/** A server-side end to whatever an appender may hang in: while it lives, it holds the fence back for every reader. */
const SESSION_SETTINGS = {
  default_transaction_isolation: 'read committed',
  synchronous_commit: 'on',
  statement_timeout: '5s',
  transaction_timeout: '5s',
  idle_in_transaction_session_timeout: '5s',
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '10s',
};
const STATEMENT = {
  name: 'log.append',
  text: 'SELECT outcome, actual, last_position FROM log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
  rowMode: 'array',
} as const;

export interface AppenderOptions {
  readonly connectionString: string;
  /** How long an append outlives the loss of its connection. */
  readonly retryForMs: number;
  onCommit(): void;
  /** A connection failed or an append is being retried. */
  onTrouble(error: unknown): void;
}

/** One caller's append, already encoded: its parts go into the log together or not at all. */
interface Item {
  readonly appends: readonly StreamAppend[];
  readonly encoded: readonly EncodedEvents[];
  readonly characters: number;
  readonly deadline: number;
  /** Set after a batch with this item was refused as a whole, so that it cannot fail for its neighbours again. */
  alone: boolean;
  resolve(result: AppendResult): void;
  reject(error: unknown): void;
}

/** The events of one stream, columns joined by the separator. */
interface EncodedEvents {
  readonly ids: string;
  readonly types: string;
  readonly organizations: string;
  readonly bodies: string;
  readonly metadata: string;
}

type OutcomeRow = [outcome: string, actual: string, lastPosition: string];

/**
 * Appends through one connection, one batch in flight while the next gathers.
 * An append whose connection dies is sent again with the same ids: the log recognises what it holds already.
 */
export class PostgresAppender {
  readonly #options: AppenderOptions;
  #queue: Item[] = [];
  #client: Client | undefined;
  #running: Promise<void> | undefined;
  #closed = false;
  #failures = 0;
  readonly counters = { batches: 0, appended: 0, retries: 0 };

  constructor(options: AppenderOptions) {
    this.#options = options;
  }

  append(appends: readonly StreamAppend[]): Promise<AppendResult> {
    if (this.#closed) return Promise.reject(new Error('the event store is closed'));
    return new Promise((resolve, reject) => {
      assertWellFormed(appends);
      const encoded = appends.map(encodeEvents);
      this.#queue.push({
        appends,
        encoded,
        characters: encoded.reduce((sum, part) => sum + part.bodies.length, 0),
        deadline: Date.now() + this.#options.retryForMs,
        alone: false,
        resolve,
        reject,
      });
      this.#running ??= this.#run();
    });
  }

  /** Lets what was accepted finish, then disconnects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    await this.#client?.end();
    this.#client = undefined;
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // Callers whose append has just ended, or whose request has just arrived, get to append again in this batch.
      await turn();
      const batch = this.#takeBatch();
      try {
        const rows = await this.#execute(batch);
        this.#failures = 0;
        this.#settle(batch, rows);
      } catch (error) {
        await this.#recover(batch, error);
      }
    }
    this.#running = undefined;
  }

  /** From the queue's front, in order; an item that shares a stream with an earlier one waits for a later batch. */
  #takeBatch(): Item[] {
    const [first, ...others] = this.#queue;
    if (!first) return [];
    if (first.alone) {
      this.#queue = others;
      return [first];
    }
    const batch: Item[] = [];
    const left: Item[] = [];
    const streams = new Set<string>();
    let characters = 0;
    for (const item of this.#queue) {
      const fits =
        batch.length < MAX_BATCH_ITEMS &&
        (batch.length === 0 || characters + item.characters <= MAX_BATCH_CHARACTERS) &&
        !item.alone &&
        !item.appends.some(({ stream }) => streams.has(stream));
      (fits ? batch : left).push(item);
      for (const { stream } of item.appends) streams.add(stream);
      if (fits) characters += item.characters;
    }
    this.#queue = left;
    return batch;
  }

  async #execute(batch: readonly Item[]): Promise<OutcomeRow[]> {
    const client = (this.#client ??= await this.#connect());
    this.counters.batches += 1;
    const { rows } = await client.query<OutcomeRow>({ ...STATEMENT, values: columnsOf(batch) });
    return rows;
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      ...connectionConfig(this.#options.connectionString, 'rollcall append'),
      query_timeout: CLIENT_QUERY_TIMEOUT_MS,
    });
    client.on('error', (error) => {
      if (this.#client === client) this.#client = undefined;
      this.#options.onTrouble(error);
    });
    try {
      await client.connect();
      await applySettings(client, SESSION_SETTINGS);
      return client;
    } catch (error) {
      discard(client);
      throw error;
    }
  }

  #settle(batch: readonly Item[], rows: readonly OutcomeRow[]): void {
    let at = 0;
    let wrote = false;
    for (const item of batch) {
      const parts = rows.slice(at, (at += item.appends.length));
      const refused = parts.findIndex(([outcome]) => outcome === 'refused');
      const refusedAppend = item.appends[refused];
      if (refusedAppend) {
        const actual = Number(parts[refused]?.[1]);
        item.reject(new WrongExpectedVersion(refusedAppend.stream, refusedAppend.expected, actual));
        continue;
      }
      if (parts[0]?.[0] === 'appended') {
        wrote = true;
        this.counters.appended += item.appends.reduce((sum, { events }) => sum + events.length, 0);
      }
      item.resolve({
        position: parts.map(([, , position]) => BigInt(position)).reduce(later, 0n),
        revision: Number(parts[0]?.[1]),
      });
    }
    if (wrote) this.#options.onCommit();
  }

  async #recover(batch: readonly Item[], error: unknown): Promise<void> {
    if (isTransient(error)) {
      this.counters.retries += 1;
      this.#options.onTrouble(error);
      if (this.#client) discard(this.#client);
      this.#client = undefined;
      this.#queue = this.#unexpired([...batch, ...this.#queue], error);
      await delay(backoffMs(this.#failures++, RETRY));
    } else if (batch.length > 1 && error instanceof DatabaseError) {
      // The server refused the statement, not the connection: one of the items is the cause, the others must not pay.
      for (const item of batch) item.alone = true;
      this.#queue = [...batch, ...this.#queue];
    } else {
      for (const item of batch) item.reject(error);
    }
  }

  #unexpired(items: readonly Item[], error: unknown): Item[] {
    const now = Date.now();
    for (const item of items) if (item.deadline <= now) item.reject(error);
    return items.filter(({ deadline }) => deadline > now);
  }
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Closes without waiting: the connection may be one that never answers. */
function discard(client: Client): void {
  client.end().catch(() => undefined);
}

function encodeEvents({ events }: StreamAppend): EncodedEvents {
  const stored = events.map(({ event, metadata }) => codec.encode(event, metadata));
  const column = (values: readonly string[]): string => values.join(SEPARATOR);
  return {
    ids: column(events.map(({ id }) => id)),
    types: column(stored.map(({ type }) => type)),
    organizations: column(events.map(({ metadata }) => metadata.organization ?? '')),
    bodies: column(stored.map(({ data }) => data)),
    metadata: column(stored.map(({ metadata }) => metadata)),
  };
}

/** The parameters of log.append, as its comment in the migration describes them. */
function columnsOf(batch: readonly Item[]): string[] {
  const items: number[] = [];
  const expected: number[] = [];
  const firsts: number[] = [];
  const sizes: number[] = [];
  const parts: number[] = [];
  for (const [index, item] of batch.entries()) {
    for (const append of item.appends) {
      items.push(index + 1);
      expected.push(expectedCode(append.expected));
      firsts.push(parts.length + 1);
      sizes.push(append.events.length);
      for (let i = 0; i < append.events.length; i++) parts.push(items.length);
    }
  }
  const integers = (values: readonly number[]): string => `{${values.join(',')}}`;
  const encoded = batch.flatMap((item) => item.encoded);
  const column = (name: keyof EncodedEvents): string =>
    encoded.map((events) => events[name]).join(SEPARATOR);
  return [
    integers(items),
    batch.flatMap(({ appends }) => appends.map(({ stream }) => stream)).join(SEPARATOR),
    integers(expected),
    integers(firsts),
    integers(sizes),
    integers(parts),
    column('ids'),
    column('types'),
    column('organizations'),
    column('bodies'),
    column('metadata'),
  ];
}

function expectedCode(expected: StreamAppend['expected']): number {
  if (expected === 'noStream') return -1;
  return expected === 'any' ? -2 : expected;
}
