import { parseArgs } from 'node:util';
import { DatabaseError } from 'pg';
import { ConfigError, loadConfig, type Config } from '../config.js';
import { runMigrations } from '../database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded-postgres.js';
import { EventStoreDbVerbatimLog } from '../event-store/eventstoredb-verbatim.js';
import { PostgresVerbatimLog } from '../event-store/postgres-verbatim.js';
import { copyLog, LogsDiffer, verifyCopy } from '../event-store/verbatim-copy.js';
import type { CopyProgress } from '../event-store/verbatim-copy.js';
import { NoLog, type VerbatimLog } from '../event-store/verbatim-log.js';

const USAGE = `npm run log:copy -- --from LOG --to LOG [--verify]
  Copies a log, event by event, in its order, and compares the two at the end. A copy that broke off goes on where it
  stopped. Stop the service first; to spare time, copy once while it runs, and again when it has stopped.

  LOG       postgres://… or esdb://…
            database     the one of DATABASE_URL, else the embedded one in ROLLCALL_DATA_DIR
            eventstore   the one of EVENTSTORE_URL
            On EventStoreDB the names of streams begin with EVENTSTORE_STREAM_PREFIX.
  --verify  compares only

  Exit codes: 0 the logs are the same, 1 they differ, 2 it was not asked rightly, 3 it broke off: run it again.`;
const EXIT = { same: 0, differ: 1, usage: 2, broken: 3 };
const SAY_EVERY_MS = 1_000;

interface Request {
  readonly from: string;
  readonly to: string;
  readonly verify: boolean;
}

async function main(args: readonly string[]): Promise<number> {
  let request: Request;
  let config: Config;
  try {
    request = readRequest(args);
    config = loadConfig();
    for (const end of [request.from, request.to]) checkAddress(end);
    const named = [request.from, request.to].includes('eventstore');
    if (named && config.eventStoreUrl === undefined)
      throw new TypeError('EVENTSTORE_URL is not set');
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n${USAGE}\n`);
    return EXIT.usage;
  }
  try {
    return await withEnds(config, (ends) => run(request, ends));
  } catch (error) {
    if (error instanceof NoLog) {
      process.stderr.write(`${error.message}\n`);
      return EXIT.usage;
    }
    if (error instanceof LogsDiffer) {
      process.stderr.write(`the logs differ: ${error.message}\n`);
      return EXIT.differ;
    }
    process.stderr.write(`broke off: ${reasonOf(error)}\n`);
    return EXIT.broken;
  }
}

async function withEnds<Result>(
  config: Config,
  act: (ends: Ends) => Promise<Result>,
): Promise<Result> {
  const ends = new Ends(config);
  try {
    return await act(ends);
  } finally {
    await ends.close();
  }
}

async function run({ from, to, verify }: Request, ends: Ends): Promise<number> {
  const logs = {
    from: await ends.open(from, { create: false }),
    to: await ends.open(to, { create: !verify }),
    onProgress: onceInAWhile(say),
  };
  if ((await logs.from.read(0n)).length === 0) {
    throw new NoLog(
      'the source holds no events (on EventStoreDB: behind EVENTSTORE_STREAM_PREFIX)',
    );
  }
  if (verify) {
    process.stdout.write(`the same: ${await verifyCopy(logs)} events\n`);
    return EXIT.same;
  }
  const { same, copied } = await copyLog(logs);
  process.stdout.write(`the same: ${same + copied} events, ${copied} of them copied now\n`);
  return EXIT.same;
}

/** @throws TypeError */
function readRequest(args: readonly string[]): Request {
  const log = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { from: log, to: log, verify: { type: 'boolean', default: false } },
  });
  const { from, to, verify } = values;
  if (from === undefined || to === undefined) throw new TypeError('--from and --to are needed');
  if (from === to) throw new TypeError('--from and --to are the same');
  for (const end of [from, to]) {
    if (!/^(postgres(ql)?:|esdb(\+discover)?:|(database|eventstore)$)/.test(end)) {
      throw new TypeError('a log is postgres://…, esdb://…, database or eventstore');
    }
  }
  return { from, to, verify };
}

/**
 * A log that is named by its address must have one that the configuration could have, too.
 * @throws ConfigError that keeps what is secret in it
 */
function checkAddress(end: string): void {
  if (!end.includes(':')) return;
  const variable = end.startsWith('esdb') ? 'EVENTSTORE_URL' : 'DATABASE_URL';
  loadConfig({ [variable]: end });
}

/** What is open, and the database server that was started for it. */
class Ends {
  readonly #config: Config;
  readonly #logs: VerbatimLog[] = [];
  #embedded: EmbeddedPostgres | undefined;

  constructor(config: Config) {
    this.#config = config;
  }

  /** @param create makes the tables of a log in PostgreSQL where they are missing */
  async open(end: string, { create }: { readonly create: boolean }): Promise<VerbatimLog> {
    const { eventStoreUrl, streamPrefix } = this.#config;
    const url = end === 'database' ? await this.#databaseUrl() : end;
    const isPostgres = url.startsWith('postgres');
    if (isPostgres && create) await runMigrations(url);
    const log = isPostgres
      ? await PostgresVerbatimLog.open(url)
      : new EventStoreDbVerbatimLog(
          url === 'eventstore' ? (eventStoreUrl ?? '') : url,
          streamPrefix,
        );
    this.#logs.push(log);
    return log;
  }

  async close(): Promise<void> {
    for (const log of this.#logs) await log.close();
    await this.#embedded?.stop();
  }

  async #databaseUrl(): Promise<string> {
    const { databaseUrl, dataDir } = this.#config;
    if (databaseUrl !== undefined) return databaseUrl;
    this.#embedded ??= await startEmbeddedPostgres({ dataDir, log: () => undefined });
    return this.#embedded.url;
  }
}

function say({ same, copied }: CopyProgress): void {
  process.stdout.write(`${same} events are there, ${copied} copied\n`);
}

function onceInAWhile<Value>(act: (value: Value) => void): (value: Value) => void {
  let silentUntil = performance.now() + SAY_EVERY_MS;
  return (value) => {
    const now = performance.now();
    if (now < silentUntil) return;
    silentUntil = now + SAY_EVERY_MS;
    act(value);
  };
}

/** Without the message of a database error: that may quote values, hence personal data. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  if (error instanceof DatabaseError) return `the database says ${error.code}`;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const reason = error.message === '' ? code : `${error.name}: ${error.message}`;
  return error.cause === undefined ? reason : `${reason}: ${reasonOf(error.cause)}`;
}

process.exitCode = await main(process.argv.slice(2));
