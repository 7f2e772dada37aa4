import { Client } from 'pg';
import type { Position } from './event-store.js';
import { WrongExpectedVersion } from './event-store.js';
import { applySettings, connectionConfig, SEPARATOR } from './postgres-connection.js';
import type { PlacedEvent, Run, VerbatimEvent, VerbatimLog } from './verbatim-log.js';
import { NoLog, runsOf } from './verbatim-log.js';

const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 8_000_000;
/** Of one statement. */
const RUN_BYTES = 4_000_000;
const SESSION_SETTINGS = {
  default_transaction_isolation: 'read committed',
  synchronous_commit: 'on',
};

type LogRow = [
  position: string,
  stream: string,
  revision: string,
  id: string,
  type: string,
  data: string,
  metadata: string,
];

/** The log in PostgreSQL, as it is stored. */
export class PostgresVerbatimLog implements VerbatimLog {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** @throws NoLog */
  static async open(connectionString: string): Promise<PostgresVerbatimLog> {
    const client = new Client({
      ...connectionConfig(connectionString, 'rollcall log copy'),
      types: { getTypeParser: () => (value: string) => value },
    });
    // The statement that is under way, or the next one, fails.
    client.on('error', () => undefined);
    await client.connect();
    await applySettings(client, SESSION_SETTINGS);
    const { rowCount } = await client.query(
      `SELECT FROM pg_tables WHERE schemaname = 'log' AND tablename = 'events'`,
    );
    if (rowCount === 0) {
      await client.end();
      throw new NoLog('the database holds no log of Rollcall');
    }
    return new PostgresVerbatimLog(client);
  }

  async read(from: Position): Promise<PlacedEvent[]> {
    const { rows } = await this.#client.query<LogRow>({
      name: 'log.read_all',
      text: `SELECT log_position, stream, revision, event_id, type, data, metadata
               FROM log.read_all($1, $2, $3)`,
      values: [String(from), PAGE_EVENTS, PAGE_BYTES],
      rowMode: 'array',
    });
    return rows.map(([position, stream, revision, id, type, data, metadata]) => ({
      position: BigInt(position),
      stream,
      revision: Number(revision),
      id,
      type,
      data,
      metadata,
    }));
  }

  /** In one transaction, so that a thousand events cost one flush. */
  async append(events: readonly VerbatimEvent[]): Promise<void> {
    await this.#client.query('BEGIN');
    try {
      for (const run of runsOf(events, RUN_BYTES)) await this.#appendRun(run);
      await this.#client.query('COMMIT');
    } catch (error) {
      await this.#client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  async #appendRun({ stream, expected, events }: Run): Promise<void> {
    const list = (values: readonly string[]): string => values.join(SEPARATOR);
    const { rows } = await this.#client.query<[outcome: string, actual: string]>({
      name: 'log.append',
      text: `SELECT outcome, actual
               FROM log.append('{1}', $1, $2, '{1}', $3, $4, $5, $6, $7, $8, $9)`,
      values: [
        stream,
        `{${expected === 'noStream' ? -1 : expected}}`,
        `{${events.length}}`,
        `{${events.map(() => 1).join(',')}}`,
        list(events.map(({ id }) => id)),
        list(events.map(({ type }) => type)),
        list(events.map(({ metadata }) => organizationOf(metadata))),
        list(events.map(({ data }) => data)),
        list(events.map(({ metadata }) => metadata)),
      ],
      rowMode: 'array',
    });
    const [outcome, actual] = rows[0] ?? ['refused', '-1'];
    if (outcome !== 'appended') throw new WrongExpectedVersion(stream, expected, Number(actual));
  }
}

/** The log's own index by organization; empty for events of the installation. */
function organizationOf(metadata: string): string {
  const parsed: unknown = JSON.parse(metadata);
  const isObject = typeof parsed === 'object' && parsed !== null && 'organization' in parsed;
  return isObject && typeof parsed.organization === 'string' ? parsed.organization : '';
}
