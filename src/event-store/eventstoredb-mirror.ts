import { setTimeout as delay } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import { ConfigError } from '../config.js';
import type { OrganizationId } from '../domain/identifiers.js';
import { backoffMs } from './backoff.js';
import type { EventStore, Position, RecordedEvent } from './event-store.js';
import { keepInMirror, readMirror, readMirrorCheckpoint } from './eventstoredb-mirror-tables.js';
import { applySettings, connectionConfig, isTransient } from './postgres-connection.js';
import { Wakeup } from './subscription.js';

/** Session lock of the process that fills the mirror. */
const LEADER_LOCK = 7_205_759_405;
const LEADERSHIP_POLL_MS = 250;
const RETRY = { firstMs: 50, maxMs: 2_000 };
const QUERY_TIMEOUT_MS = 30_000;
const PAGE_EVENTS = 1_000;
/** How long events may gather while nobody waits for them. */
const GATHER_MS = 50;
const POLL_MS = { first: 4, most: 50 };
/** A reader does the work itself after so long without progress. */
const STALL_MS = 300;
/** What a crash takes, the checkpoint goes with it, and the log has it still. */
const SESSION_SETTINGS = { synchronous_commit: 'off' };

/** The events of one organization in the order of the log, where the log itself cannot be asked for them. */
export interface OrganizationEvents {
  /** Those after `after` up to and with `upTo`, where an event stands, in pages; waits until it has them. */
  read(
    organization: OrganizationId,
    after: Position,
    upTo: Position,
  ): AsyncIterable<readonly RecordedEvent[]>;

  /**
   * Makes sure that what is kept of the log in the database was read from this one. @throws ConfigError
   */
  ensureSameLog(): Promise<unknown>;

  close(): Promise<void>;
}

export interface MirrorOptions {
  readonly connectionString: string;
  readonly log: Pick<EventStore, 'subscribe' | 'readAll' | 'readStream'>;
  onTrouble(error: unknown): void;
}

/**
 * A copy of the log in PostgreSQL, schema `mirror`, ordered by organization. It follows the log like a projection: the
 * checkpoint moves by compare-and-set with the rows, so that every event counts once however many processes follow, and
 * the session lock only spares wasted work. It can be emptied, checkpoint included, and fills again from the log.
 *
 * Why a copy. The log knows streams, their names, and one order of all events. Link streams per organization would be a
 * second append for every event, not atomic with the first; the server's `$by_category` and custom projections write
 * them by themselves, but late, on one node, in an order of their own across categories, and must be switched on by an
 * administrator; scanning `$all` behind a filter reads everything that anybody ever wrote. The copy costs its storage
 * and one more subscription, and reads of an organization cost what they return.
 */
export class OrganizationMirror implements OrganizationEvents {
  readonly #options: MirrorOptions;
  readonly #pool: Pool;
  readonly #wakeup = new Wakeup();
  readonly #closing = new AbortController();
  readonly #attending: Promise<void>;
  #waiting = 0;
  #isOfThisLog = false;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#pool = new Pool({
      ...connectionConfig(options.connectionString, 'rollcall mirror read'),
      max: 2,
      query_timeout: QUERY_TIMEOUT_MS,
      types: { getTypeParser: () => (value: string) => value },
    });
    this.#pool.on('error', (error) => options.onTrouble(error));
    this.#attending = this.#attend();
  }

  async *read(
    organization: OrganizationId,
    after: Position,
    upTo: Position,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    if (after < upTo) await this.ensureSameLog();
    for (let place = after; place < upTo;) {
      const from = place;
      const page = await this.#retrying((pool) => readMirror(pool, organization, from, upTo));
      const last = page?.at(-1);
      if (page === undefined) await this.#cover(upTo);
      else if (!last) return;
      else {
        yield page;
        place = last.position;
      }
    }
  }

  /**
   * Makes sure that the log is the one that the mirror was made of, and the read models beside it: the event at the
   * mirror's position stands there, too. Servers change their addresses, and one name may lead to two of them; of the
   * log that was copied to another server, and of one restored to an earlier day, positions differ.
   * @returns the mirror's position
   * @throws ConfigError
   */
  async ensureSameLog(): Promise<Position> {
    const { position, last } = await this.#retrying(readMirrorCheckpoint);
    if (this.#isOfThisLog || position === 0n || last === null) return position;
    const [found] = await this.#options.log.readStream(last.stream, last.revision);
    if (found?.id !== last.id || found.position !== position) {
      throw new ConfigError(
        'the read models of this database were filled from another log in EventStoreDB, or from more of it than there ' +
          'is: start on the right one (EVENTSTORE_URL), or empty them (deploy/empty-read-models.sql)',
      );
    }
    this.#isOfThisLog = true;
    return position;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#attending;
    await this.#pool.end();
  }

  /** Waits until the mirror reaches `upTo`; where nobody fills it, fills it. */
  async #cover(upTo: Position): Promise<void> {
    this.#waiting += 1;
    this.#wakeup.wake();
    try {
      let known = -1n;
      let progressAt = performance.now();
      let pollMs = POLL_MS.first;
      for (;;) {
        const seen = this.#wakeup.calls;
        const { position } = await this.#retrying(readMirrorCheckpoint);
        if (position >= upTo) return;
        if (position > known) progressAt = performance.now();
        known = position;
        if (performance.now() - progressAt > STALL_MS) {
          const place = await this.ensureSameLog();
          const events = await this.#options.log.readAll(place, PAGE_EVENTS);
          await this.#retrying((pool) => keepInMirror(pool, place, events));
          progressAt = performance.now();
        }
        this.#closing.signal.throwIfAborted();
        await this.#wakeup.sleep(seen, pollMs, this.#closing.signal);
        pollMs = Math.min(pollMs * 1.5, POLL_MS.most);
      }
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The database is asked again for as long as it may answer later. */
  async #retrying<Result>(ask: (database: Pool) => Promise<Result>): Promise<Result> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await ask(this.#pool);
      } catch (error) {
        if (!isTransient(error) || this.#closing.signal.aborted) throw error;
        this.#options.onTrouble(error);
        await delay(backoffMs(attempt, RETRY));
      }
    }
  }

  async #attend(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#attendOnce();
        attempt = 0;
      } catch (error) {
        if (!signal.aborted) this.#options.onTrouble(error);
      }
      await this.#pause(backoffMs(attempt, RETRY));
    }
  }

  /** Keeps one connection for as long as the database lives: it carries the leadership and, with it, the writing. */
  async #attendOnce(): Promise<void> {
    const client = new Client({
      ...connectionConfig(this.#options.connectionString, 'rollcall mirror'),
      query_timeout: QUERY_TIMEOUT_MS,
      types: { getTypeParser: () => (value: string) => value },
    });
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    const attending = AbortSignal.any([this.#closing.signal, lost.signal]);
    try {
      await client.connect();
      await applySettings(client, SESSION_SETTINGS);
      while (!attending.aborted) {
        const { rows } = await client.query<[leads: 't' | 'f']>({
          text: LEAD,
          values: [LEADER_LOCK],
          rowMode: 'array',
        });
        if (rows[0]?.[0] === 't') await this.#follow(client, attending);
        else await this.#pause(LEADERSHIP_POLL_MS * (0.5 + Math.random() / 2));
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Copies the log as it grows, until the signal aborts or another process has moved the checkpoint. */
  async #follow(client: Client, signal: AbortSignal): Promise<void> {
    let place = await this.ensureSameLog();
    const pages = this.#options.log.subscribe({ from: place, signal, pageSize: PAGE_EVENTS });
    for await (const page of pages) {
      const last = page.at(-1);
      if (!last) continue;
      if (!(await keepInMirror(client, place, page))) return;
      place = last.position;
      const seen = this.#wakeup.calls;
      this.#wakeup.wake();
      if (this.#waiting === 0) await this.#wakeup.sleep(seen + 1, GATHER_MS, signal);
    }
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}

const LEAD = 'SELECT pg_try_advisory_lock($1)';
