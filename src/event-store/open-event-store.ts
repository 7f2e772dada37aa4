import type { EventStore } from './event-store.js';
import { OrganizationMirror } from './eventstoredb-mirror.js';
import { EventStoreDbEventStore } from './eventstoredb.js';
import { PostgresEventStore } from './postgres.js';

/** Where the log is. */
export interface LogAddress {
  /** Holds the log or, where that is in EventStoreDB, its copy by organization. */
  readonly databaseUrl: string;
  /** Undefined: the log is in the database. */
  readonly eventStoreUrl: string | undefined;
  /** Begins the names of our streams on EventStoreDB. */
  readonly streamPrefix: string;
}

/**
 * Tells a log from others. Servers change their addresses, so that two of EventStoreDB differ by their prefix only;
 * `openEventStore` tells them apart by what they hold.
 */
export function logName({
  eventStoreUrl,
  streamPrefix,
}: Pick<LogAddress, 'eventStoreUrl' | 'streamPrefix'>): string {
  return eventStoreUrl === undefined ? 'PostgreSQL' : `EventStoreDB ${streamPrefix}`.trimEnd();
}

/**
 * Opens the log where it is; the caller closes it.
 * @throws ConfigError where the database was filled from another log in EventStoreDB; LogUnavailable
 */
export async function openEventStore(
  { databaseUrl, eventStoreUrl, streamPrefix }: LogAddress,
  onTrouble: (error: unknown) => void = () => undefined,
): Promise<EventStore> {
  if (eventStoreUrl === undefined) {
    return new PostgresEventStore({ connectionString: databaseUrl, onTrouble });
  }
  const store = new EventStoreDbEventStore({
    connectionString: eventStoreUrl,
    streamPrefix,
    organizationEvents: (log) =>
      new OrganizationMirror({ connectionString: databaseUrl, log, onTrouble }),
    onTrouble,
  });
  try {
    await store.ensureSameLog();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
