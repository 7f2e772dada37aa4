/**
 * event-store/ THE LOG: a small port, its adapters, one subscription loop.
 * Imports domain types; database drivers only in the adapters' files.
 */
import type { DomainEvent, EventMetadata } from '../domain/events.js';
import type { OrganizationId } from '../domain/identifiers.js';

/** Where an event stands in the whole log: comparable, opaque, with holes; `0n` is before the first event. */
export type Position = bigint;

/** The revision of a stream's last event (the first is 0), or what is known of the stream instead. */
export type ExpectedVersion = number | 'noStream' | 'any';

export interface NewEvent {
  /** Repeating an append with the same ids at the same exact version is recognised and appends nothing. */
  readonly id: string;
  readonly event: DomainEvent;
  readonly metadata: EventMetadata;
}

export interface RecordedEvent extends NewEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
}

export interface StreamAppend {
  readonly stream: string;
  readonly expected: ExpectedVersion;
  /** At least one. */
  readonly events: readonly NewEvent[];
}

export interface AppendResult {
  /** Position of the last event of the append. */
  readonly position: Position;
  /** Revision of the last event of the append in its stream (of the first stream, where several were written). */
  readonly revision: number;
}

/** The stream is not at the expected version: the only store error that a caller may handle. */
export class WrongExpectedVersion extends Error {
  override readonly name = 'WrongExpectedVersion';

  constructor(
    readonly stream: string,
    readonly expected: ExpectedVersion,
    /** Revision of the stream's last event; -1 when there is no stream. */
    readonly actual: number,
  ) {
    super(`stream ${stream} is at revision ${actual}, expected ${expected}`);
  }
}

export interface SubscribeOptions {
  /** Exclusive: the first event delivered stands after it. */
  readonly from: Position;
  readonly signal: AbortSignal;
  /** The most events delivered at once. */
  readonly pageSize?: number;
}

export interface EventStore {
  /** Appends all events or none. @throws WrongExpectedVersion */
  append(
    stream: string,
    expected: ExpectedVersion,
    events: readonly NewEvent[],
  ): Promise<AppendResult>;

  /** Appends to several streams, each named once, all or none. Absent where the store cannot. @throws WrongExpectedVersion */
  readonly appendMany?: (appends: readonly StreamAppend[]) => Promise<AppendResult>;

  /** The events of a stream in order, from revision `from` (inclusive, default 0); empty for an unknown stream. */
  readStream(stream: string, from?: number): Promise<readonly RecordedEvent[]>;

  /** Up to `limit` events after `from`, in log order; never passes an event that is still being written. */
  readAll(from: Position, limit: number): Promise<readonly RecordedEvent[]>;

  /** One organization's events after `after` up to and with `upTo`, in log order, in pages. */
  readOrganization(
    organization: OrganizationId,
    after: Position,
    upTo: Position,
  ): AsyncIterable<readonly RecordedEvent[]>;

  /** Position of the last event that is stored now: whoever has read up to it has seen every acknowledged append. */
  head(): Promise<Position>;

  /** Every event after `from`, in log order, none missed, none repeated, until the signal aborts; survives lost connections. */
  subscribe(options: SubscribeOptions): AsyncIterable<readonly RecordedEvent[]>;

  close(): Promise<void>;
}
