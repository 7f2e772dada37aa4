import type { ClientBase, ClientConfig } from 'pg';
import { DatabaseError } from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;
const KEEPALIVE_AFTER_MS = 5_000;

/** Stands between the values of a list that travels as one string; neither names nor JSON text contain it. */
export const SEPARATOR = '\x1e';

/** Where the log is, and how its connections notice that the other side is gone. */
export function connectionConfig(connectionString: string, applicationName: string): ClientConfig {
  return {
    connectionString,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_AFTER_MS,
  };
}

/** Sets those of the settings that this server knows (`transaction_timeout` came with PostgreSQL 17). */
export async function applySettings(
  client: ClientBase,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  await client.query(
    `SELECT set_config(wanted.key, wanted.value, false)
       FROM json_each_text($1) wanted JOIN pg_settings known ON known.name = wanted.key`,
    [JSON.stringify(settings)],
  );
}

/*
 * 08 connection; 40 deadlock or serialisation; 53 out of connections or memory; 55P03 lock timeout; 57 cancelled,
 * shut down or starting; 25P03 and 25P04 idle-in-transaction and transaction timeout. 53100 is a full disk.
 */
const TRANSIENT_STATES = /^(08|40|57|53(?!100)|55P03|25P0[34])/;

/**
 * Whether the same statement may succeed later: the server is unreachable, going, coming or overloaded.
 * What the driver throws on a lost connection is a plain Error or a system error; a defect of ours is a subclass.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof DatabaseError) return TRANSIENT_STATES.test(error.code ?? '');
  if (typeof error !== 'object' || error === null || !('name' in error)) return false;
  return error.name === 'Error' || error.name === 'AggregateError';
}
