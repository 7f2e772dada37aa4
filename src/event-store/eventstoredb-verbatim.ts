import type { JSONEventData } from '@eventstore/db-client';
import { UnreadableEvent } from './codec.js';
import type { Position } from './event-store.js';
import { EventStoreDbAppender } from './eventstoredb-appender.js';
import { openConnection } from './eventstoredb-connection.js';
import { Connections } from './eventstoredb-connections.js';
import type { ServerEvent } from './eventstoredb-events.js';
import { positionOf, StreamNames } from './eventstoredb-events.js';
import { EventStoreDbReader } from './eventstoredb-reader.js';
import type { PlacedEvent, VerbatimEvent, VerbatimLog } from './verbatim-log.js';
import { runsOf } from './verbatim-log.js';

const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 8_000_000;
/** Of one append; a server takes 1 MB by default, with what it adds. A larger event goes alone. */
const RUN_BYTES = 500_000;
const ATTEMPT_FOR_MS = 5_000;
/** Longer than an election. */
const RETRY_FOR_MS = 20_000;

/** Our log in EventStoreDB, as it is stored. One append is in flight at a time, so that the order of the log is kept. */
export class EventStoreDbVerbatimLog implements VerbatimLog {
  readonly #connections: readonly Connections[];
  readonly #names: StreamNames;
  readonly #reader: EventStoreDbReader;
  readonly #appender: EventStoreDbAppender;

  constructor(connectionString: string, streamPrefix: string) {
    const onTrouble = (): void => undefined;
    const open = (): Connections =>
      new Connections({
        open: () => openConnection(connectionString, onTrouble),
        callsPerConnection: 1,
        connections: 1,
        waitForMs: RETRY_FOR_MS,
      });
    const [appends, loads, scans] = [open(), open(), open()];
    const names = new StreamNames(streamPrefix);
    this.#connections = [appends, loads, scans];
    this.#names = names;
    this.#reader = new EventStoreDbReader({
      loads,
      scans,
      scansLeader: true,
      names,
      retryForMs: RETRY_FOR_MS,
      onTrouble,
    });
    this.#appender = new EventStoreDbAppender({
      connections: appends,
      reader: this.#reader,
      names,
      attemptForMs: ATTEMPT_FOR_MS,
      retryForMs: RETRY_FOR_MS,
      onTrouble,
    });
  }

  async read(from: Position): Promise<PlacedEvent[]> {
    const events = await this.#reader.readAllOnServer(from, PAGE_EVENTS, PAGE_BYTES);
    return events.map((event) => this.#placed(event));
  }

  async append(events: readonly VerbatimEvent[]): Promise<void> {
    for (const run of runsOf(events, RUN_BYTES)) {
      await this.#appender.appendEncoded(run.stream, run.expected, run.events.map(encoded));
    }
  }

  async close(): Promise<void> {
    await this.#appender.close();
    this.#reader.close();
    await Promise.all(this.#connections.map((each) => each.close()));
  }

  #placed(event: ServerEvent): PlacedEvent {
    const position = positionOf(event);
    if (!event.isJson) throw new UnreadableEvent(event.type, String(position), 'it is not JSON');
    return {
      position,
      stream: this.#names.ours(event.streamId),
      revision: Number(event.revision),
      id: event.id,
      type: event.type,
      data: JSON.stringify(event.data),
      metadata: JSON.stringify(event.metadata ?? null),
    };
  }
}

const encoded = ({ id, type, data, metadata }: VerbatimEvent): JSONEventData => ({
  id,
  contentType: 'application/json',
  type,
  data: JSON.parse(data) as Record<string, unknown>,
  metadata: JSON.parse(metadata) as Record<string, unknown>,
});
