import type { OrganizationId } from '../../src/domain/identifiers.js';
import type { EventStoreDbOptions } from '../../src/event-store/eventstoredb.js';
import { EventStoreDbEventStore } from '../../src/event-store/eventstoredb.js';
import { OrganizationMirror } from '../../src/event-store/eventstoredb-mirror.js';
import { createTestDatabase } from '../support/database.js';
import type { EventStoreDouble, EventStoreDoubleOptions } from '../support/eventstoredb/double.js';
import { startEventStoreDouble } from '../support/eventstoredb/double.js';
import type { OpenLog } from './contract.js';

export interface OpenEventStoreDb extends OpenLog {
  readonly store: EventStoreDbEventStore;
  readonly double: EventStoreDouble;
  readonly databaseUrl: string;
  /** What the stores have said that they dealt with. */
  readonly troubles: unknown[];
  /** Resolves when the mirror has everything that is stored now. */
  readonly mirrored: () => Promise<void>;
  /** Closed at the end with the log. */
  readonly openWith: (options: Partial<EventStoreDbOptions>) => EventStoreDbEventStore;
}

/** A log of its own on a double and in a database of their own. */
export async function openEventStoreDb(
  doubleOptions: EventStoreDoubleOptions = {},
  storeOptions: Partial<EventStoreDbOptions> = {},
): Promise<OpenEventStoreDb> {
  const [database, double] = await Promise.all([
    createTestDatabase(),
    startEventStoreDouble(doubleOptions),
  ]);
  const troubles: unknown[] = [];
  const opened: EventStoreDbEventStore[] = [];
  const open = (options: Partial<EventStoreDbOptions>): EventStoreDbEventStore =>
    aStore(double.connectionString, database.url, {
      ...storeOptions,
      ...options,
      onTrouble: (error) => troubles.push(error),
    });
  const openWith = (options: Partial<EventStoreDbOptions>): EventStoreDbEventStore => {
    const store = open(options);
    opened.push(store);
    return store;
  };
  const store = openWith({});
  return {
    store,
    double,
    databaseUrl: database.url,
    troubles,
    mirrored: async () => {
      const nobody = 'nobody' as OrganizationId;
      for await (const _ of store.readOrganization(nobody, 0n, await store.head()));
    },
    openWith,
    openAnother: () => open({}),
    dropConnections: async () => double.dropConnections(),
    close: async () => {
      double.liftFaults();
      await Promise.all(opened.map((store) => store.close()));
      await double.stop();
      await database.drop();
    },
  };
}

export function aStore(
  connectionString: string,
  databaseUrl: string,
  options: Partial<EventStoreDbOptions>,
): EventStoreDbEventStore {
  const { onTrouble = () => undefined } = options;
  return new EventStoreDbEventStore({
    connectionString,
    organizationEvents: (log) =>
      new OrganizationMirror({ connectionString: databaseUrl, log, onTrouble }),
    ...options,
  });
}
