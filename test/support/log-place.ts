import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EventStore } from '../../src/event-store/event-store.js';
import { openEventStore } from '../../src/event-store/open-event-store.js';

/** The server on which the services of this run keep their logs; undefined: each in its database. */
const eventStoreUrl: string | undefined = process.env.ROLLCALL_TEST_EVENTSTORE_URL || undefined;

/** What a service is started on: either, or the folder of the database at the URL besides. */
export interface ServicePlace {
  readonly databaseUrl?: string | undefined;
  readonly dataDir?: string | undefined;
  /** A log of the test's own, whatever the run says. */
  readonly eventStoreUrl?: string;
}

/**
 * The variables that lead to the log of a place. All logs are on one server, where a beginning of stream names, one for
 * each database, sets them apart; whatever is started there later finds its log again.
 */
export function logEnvironment(place: ServicePlace): Readonly<Record<string, string>> {
  if (place.eventStoreUrl !== undefined) return { EVENTSTORE_URL: place.eventStoreUrl };
  if (eventStoreUrl === undefined) return {};
  return { EVENTSTORE_URL: eventStoreUrl, EVENTSTORE_STREAM_PREFIX: prefixOf(place) };
}

/** The log of a service, for what its tests do beside it; the caller closes it. */
export function openLog(databaseUrl: string): Promise<EventStore> {
  return openEventStore({ databaseUrl, eventStoreUrl, streamPrefix: prefixOf({ databaseUrl }) });
}

/** For tests that are about a log in PostgreSQL; elsewhere the reason goes into the report. */
export function withLogInPostgres(reason: string, tests: () => void): void {
  if (eventStoreUrl === undefined) tests();
  else describe.skip(`(skipped: ${reason})`, tests);
}

/** A folder's is kept in it, so that a copy of the folder has the same log. */
function prefixOf({ databaseUrl = '', dataDir }: ServicePlace): string {
  if (dataDir === undefined) {
    return `test_${createHash('sha256').update(databaseUrl).digest('hex').slice(0, 24)}.`;
  }
  const file = path.join(dataDir, 'stream-prefix');
  if (!existsSync(file)) writeFileSync(file, `test_${randomBytes(12).toString('hex')}.`);
  return readFileSync(file, 'utf8');
}
