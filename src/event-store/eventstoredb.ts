import type { OrganizationId } from '../domain/identifiers.js';
import type {
  AppendResult,
  EventStore,
  ExpectedVersion,
  NewEvent,
  Position,
  RecordedEvent,
  SubscribeOptions,
} from './event-store.js';
import { EventStoreDbAppender } from './eventstoredb-appender.js';
import { openConnection } from './eventstoredb-connection.js';
import { Connections } from './eventstoredb-connections.js';
import { StreamNames } from './eventstoredb-events.js';
import type { OrganizationEvents } from './eventstoredb-mirror.js';
import { EventStoreDbReader } from './eventstoredb-reader.js';
import { followAll } from './eventstoredb-subscription.js';
import { isName } from './well-formed.js';

/** Fewer than the 100 that a server grants: the library makes calls of its own. */
const CALLS_PER_CONNECTION = 90;
const SCANS_AT_ONCE = 16;

export interface EventStoreDbOptions {
  /** `esdb://…` or `esdb+discover://…` */
  readonly connectionString: string;
  /** What answers for one organization; closed together with the store. */
  readonly organizationEvents: (log: EventStoreDbEventStore) => OrganizationEvents;
  /** Begins the names of our streams on the server, where others keep streams there, too. Default: nothing. */
  readonly streamPrefix?: string;
  /** How long the server may take to answer an append before it is sent again. Default 3 s. */
  readonly attemptForMs?: number;
  /** How long an append or a read outlives the loss of its connection before it rejects. Default 10 s. */
  readonly retryForMs?: number;
  /** How many appends are sent before one is answered; others wait. Default 256. */
  readonly appendsInFlight?: number;
  /** How long a silent subscription is believed to have nothing to say. Default 5 s. */
  readonly stallMs?: number;
  /** A page of the log ends with the event that reaches this size, in bytes of JSON. Default 8 MB. */
  readonly pageBytes?: number;
  /** Hears of every failure that the store deals with by itself. */
  readonly onTrouble?: (error: unknown) => void;
}

/**
 * The log in EventStoreDB 22.10 or later, through `@eventstore/db-client` 6.2.1. It cannot append to several streams at
 * once. Appends, loads, subscriptions and scans have connections of their own, so that none of them fails, waits or is
 * starved because of another.
 */
export class EventStoreDbEventStore implements EventStore {
  readonly #connections: {
    readonly appends: Connections;
    readonly loads: Connections;
    readonly subscriptions: Connections;
    readonly scans: Connections;
  };
  readonly #names: StreamNames;
  readonly #stallMs: number;
  readonly #pageBytes: number;
  readonly #onTrouble: (error: unknown) => void;
  readonly #reader: EventStoreDbReader;
  readonly #appender: EventStoreDbAppender;
  readonly #organizations: OrganizationEvents;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor({
    connectionString,
    organizationEvents,
    streamPrefix = '',
    attemptForMs = 3_000,
    retryForMs = 10_000,
    appendsInFlight = 256,
    stallMs = 5_000,
    pageBytes = 8_000_000,
    onTrouble = () => undefined,
  }: EventStoreDbOptions) {
    const open = (callsPerConnection: number, connections: number): Connections =>
      new Connections({
        open: () => openConnection(connectionString, onTrouble),
        callsPerConnection,
        connections,
        waitForMs: retryForMs,
      });
    this.#connections = {
      appends: open(appendsInFlight, 1),
      loads: open(CALLS_PER_CONNECTION, 1),
      subscriptions: open(CALLS_PER_CONNECTION, Infinity),
      scans: open(SCANS_AT_ONCE, 1),
    };
    this.#names = new StreamNames(streamPrefix);
    this.#stallMs = stallMs;
    this.#pageBytes = pageBytes;
    this.#onTrouble = onTrouble;
    const { loads, scans, appends } = this.#connections;
    const names = this.#names;
    this.#reader = new EventStoreDbReader({
      loads,
      scans,
      scansLeader: false,
      names,
      retryForMs,
      onTrouble,
    });
    this.#appender = new EventStoreDbAppender({
      connections: appends,
      reader: this.#reader,
      names,
      attemptForMs,
      retryForMs,
      onTrouble,
    });
    this.#organizations = organizationEvents(this);
  }

  append(
    stream: string,
    expected: ExpectedVersion,
    events: readonly NewEvent[],
  ): Promise<AppendResult> {
    return this.#appender.append(stream, expected, events);
  }

  async readStream(stream: string, from = 0): Promise<readonly RecordedEvent[]> {
    return isName(stream) ? this.#reader.readStream(stream, from) : [];
  }

  readAll(from: Position, limit: number): Promise<readonly RecordedEvent[]> {
    return this.#reader.readAll(from, limit, this.#pageBytes);
  }

  async *readOrganization(
    organization: OrganizationId,
    after: Position,
    upTo: Position,
  ): AsyncGenerator<readonly RecordedEvent[], void, undefined> {
    const head = await this.head();
    yield* this.#organizations.read(organization, after, upTo < head ? upTo : head);
  }

  head(): Promise<Position> {
    return this.#reader.head();
  }

  /** Makes sure that what is kept of the log in the database was read from this one. @throws ConfigError */
  async ensureSameLog(): Promise<void> {
    await this.#organizations.ensureSameLog();
  }

  subscribe(options: SubscribeOptions): AsyncIterable<readonly RecordedEvent[]> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    return followAll(
      {
        connections: this.#connections.subscriptions,
        names: this.#names,
        stallMs: this.#stallMs,
        pageBytes: this.#pageBytes,
        known: () => this.#reader.lastKnown,
        head: () => this.head(),
        onTrouble: this.#onTrouble,
      },
      { ...options, signal },
    );
  }

  /** Ends subscriptions, lets accepted appends finish, and disconnects. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    const appends = this.#appender.close().then(() => this.#reader.close());
    await Promise.all([appends, this.#organizations.close()]);
    await Promise.all(Object.values(this.#connections).map((each) => each.close()));
  }
}
