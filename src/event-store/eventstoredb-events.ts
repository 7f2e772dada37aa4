import type {
  AllStreamResolvedEvent,
  JSONEventData,
  Position as ServerPosition,
  ResolvedEvent,
} from '@eventstore/db-client';
import { codec, UnreadableEvent } from './codec.js';
import type { NewEvent, Position, RecordedEvent } from './event-store.js';

/**
 * What the names of our streams begin with, up to their first hyphen. Readers of the whole log ask for these alone, so
 * nothing is appended to any other: it would never be read.
 */
export const STREAM_CATEGORIES = [
  'apikey',
  'claim',
  'group',
  'organization',
  'owners',
  'safeguard',
  'seats',
  'team',
  'token',
  'user',
] as const;

/** What a server before 22.10 says of every event of a stream, and a newer one of those of the TCP protocol. */
const UNKNOWN_POSITION = 2n ** 64n - 1n;

/** An event as the server tells it. */
export type ServerEvent = NonNullable<AllStreamResolvedEvent['event'] | ResolvedEvent['event']>;

/** How our streams are called on the server: by their own names, or behind a prefix that sets them apart. */
export class StreamNames {
  readonly #prefix: string;
  /** What every stream of ours begins with. */
  readonly filter: string[];

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.filter = STREAM_CATEGORIES.map((category) => `${prefix}${category}-`);
  }

  onServer(stream: string): string {
    return `${this.#prefix}${stream}`;
  }

  ours(streamOnServer: string): string {
    return streamOnServer.slice(this.#prefix.length);
  }

  /** Not what the server itself writes into our streams: tombstones and links, whose types begin with `$`. */
  include({ streamId, type }: ServerEvent): boolean {
    return !type.startsWith('$') && this.filter.some((beginning) => streamId.startsWith(beginning));
  }

  /** @throws TypeError on a stream that no reader of the log would see */
  assertReadable(stream: string): void {
    if (!STREAM_CATEGORIES.some((category) => stream.startsWith(`${category}-`))) {
      throw new TypeError(`stream ${stream} is of none of the categories that are read`);
    }
  }
}

export function proposed({ id, event, metadata }: NewEvent): JSONEventData {
  const stored = codec.encode(event, metadata);
  return {
    id: id.toLowerCase(),
    contentType: 'application/json',
    type: stored.type,
    data: JSON.parse(stored.data) as Record<string, unknown>,
    metadata: JSON.parse(stored.metadata) as Record<string, unknown>,
  };
}

/** @throws UnreadableEvent */
export function recorded(event: ServerEvent, names: StreamNames): RecordedEvent {
  const position = positionOf(event);
  const stored = {
    type: event.type,
    data: JSON.stringify(event.data),
    metadata: JSON.stringify(event.metadata ?? null),
  };
  return {
    id: event.id,
    stream: names.ours(event.streamId),
    revision: Number(event.revision),
    position,
    ...codec.decode(stored, position),
  };
}

/** About as many bytes as its data take. */
export function sizeOf({ data }: ServerEvent): number {
  return data instanceof Uint8Array ? data.length : JSON.stringify(data).length;
}

/**
 * The server keeps two positions of a record, prepare and commit. They differ only in transactions of the TCP protocol,
 * whose end was a record of its own; whatever is appended over gRPC, one event or many, commits itself, and each event
 * has its own position twice (KurrentDB, `ResolvedEvent.CalculatePosition`). So one number says where an event stands.
 * @throws UnreadableEvent where that does not hold: skipping the event, or guessing, would falsify the log
 */
export function positionOf({ position, type, streamId, revision }: ServerEvent): Position {
  if (position === undefined || position.commit === UNKNOWN_POSITION) {
    const place = `${streamId}@${revision}`;
    throw new UnreadableEvent(type, place, 'the server does not tell where it stands');
  }
  if (position.commit !== position.prepare) {
    const reason = 'it was written in a transaction of the TCP protocol';
    throw new UnreadableEvent(type, String(position.commit), reason);
  }
  return position.commit;
}

/** The place of an event of ours on the server. */
export const placeOf = (position: Position): ServerPosition => ({
  commit: position,
  prepare: position,
});

export const isAfter = (a: ServerPosition, b: ServerPosition): boolean =>
  a.commit > b.commit || (a.commit === b.commit && a.prepare > b.prepare);
