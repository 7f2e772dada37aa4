import type { DomainEvent, EventMetadata } from '../domain/events.js';
import type { JsonObject } from '../domain/identifiers.js';
import { isDomainEvent, isEventMetadata } from './event-shapes.js';

/** An event as a store keeps it; `data` and `metadata` are JSON text. */
export interface StoredEvent {
  /** The event's type; from its second version on with the version: `UserRenamed.v2`. */
  readonly type: string;
  readonly data: string;
  /** Flat and string-valued: the event's metadata and `schemaVersion`. */
  readonly metadata: string;
}

/** Turns the data of one stored version into the next version's; pure. */
export type Upcaster = (data: JsonObject) => JsonObject;

/** For each type that has changed: the step from version 1 to 2, the step from 2 to 3, and so on. */
export type Upcasters = { readonly [Type in DomainEvent['type']]?: readonly Upcaster[] };

/** A stored event that this release cannot read. Whoever meets it must stop: skipping it would falsify the state. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';

  constructor(
    readonly type: string,
    /** Where the event stands: its position in the log. */
    readonly position: string,
    reason: string,
  ) {
    super(`event ${type} at position ${position} cannot be read: ${reason}`);
  }
}

export interface Codec {
  encode(event: DomainEvent, metadata: EventMetadata): StoredEvent;

  /** @throws UnreadableEvent for an unknown type or version, and for data that is not of the type's shape */
  decode(
    stored: StoredEvent,
    position: { toString(): string },
  ): { readonly event: DomainEvent; readonly metadata: EventMetadata };
}

export function createCodec(upcasters: Upcasters): Codec {
  const chains: ReadonlyMap<string, readonly Upcaster[]> = new Map(Object.entries(upcasters));
  return {
    encode({ type, ...data }, metadata) {
      const version = (chains.get(type)?.length ?? 0) + 1;
      return {
        type: version === 1 ? type : `${type}.v${version}`,
        data: JSON.stringify(data),
        metadata: JSON.stringify({ ...metadata, schemaVersion: String(version) }),
      };
    },

    decode(stored, position) {
      const fault = (reason: string): never => {
        throw new UnreadableEvent(stored.type, position.toString(), reason);
      };
      const { type, version } = splitVersion(stored.type);
      const chain = chains.get(type) ?? [];
      if (version > chain.length + 1) fault(`the newest known version is ${chain.length + 1}`);
      let data = parseObject(stored.data) ?? fault('data is not a JSON object');
      for (const upcast of chain.slice(version - 1)) data = upcast(data);
      const { schemaVersion: _, ...metadata } =
        parseObject(stored.metadata) ?? fault('metadata is not a JSON object');
      const event = { ...data, type };
      if (!isDomainEvent(event, fault) || !isEventMetadata(metadata, fault)) {
        return fault('its shape does not fit');
      }
      return { event, metadata };
    },
  };
}

/** The codec of this release. */
export const codec: Codec = createCodec({
  ApiKeyIssued: [
    // Before keys had roles, each opened everything.
    (data) => ({ ...data, role: 'owner', organization: null }),
  ],
});

function splitVersion(storedType: string): { type: string; version: number } {
  const dot = storedType.lastIndexOf('.v');
  if (dot < 0) return { type: storedType, version: 1 };
  const version = Number(storedType.slice(dot + 2));
  return Number.isInteger(version) && version >= 2
    ? { type: storedType.slice(0, dot), version }
    : { type: storedType, version: 1 };
}

function parseObject(json: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
