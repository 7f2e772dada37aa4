import 'reflect-metadata';
import type { IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuidv7 } from 'uuid';
import { AppModule } from './app.module.js';
import { PolicyReactor } from './commands/policy-reactor.js';
import { ConfigError, loadConfig, type Config } from './config.js';
import { runMigrations } from './database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';
import { ensureAdministratorKey } from './first-key.js';
import { describeApi } from './http/admin/openapi.js';
import { BODY_LIMIT, readJsonBodies } from './http/body.js';
import { EdgeErrorFilter } from './http/edge-error.filter.js';
import { HttpMetrics } from './http/ops/http-metrics.js';
import { Startup } from './http/ops/startup.js';
import { refuseUnreadable, refuseUrl } from './http/malformed-request.js';
import { observeRequests } from './http/requests.js';
import { authenticateScim } from './http/scim/authentication.js';
import { recordScimRequests } from './http/scim/request-record.js';
import { isUnavailable } from './http/unavailable.js';
import { JsonLogger } from './json-logger.js';
import { AccessQueries } from './projections/access/access.queries.js';
import { TokenUsage } from './projections/access/token-usage.js';
import { Projector } from './projections/projector.js';
import { RequestLog } from './projections/scim-requests/request-log.js';
import { RequestLogRetention } from './projections/scim-requests/retention.js';

/*
 * The heap may grow to 1.6 times what is alive before old garbage is collected, instead of up to four times. Measured
 * by `npm run bench`: a third less memory, the same throughput.
 */
setFlagsFromString('--heap-growing-percent=60');

/** Correlation ids become metadata of events: a client's own is taken only if it can be no personal data. */
const CORRELATION_ID = /^[0-9a-f][0-9a-f-]{7,63}$/i;
const LONGEST_PATH_SEGMENT = 4_096;
/** For headers and body to arrive. */
const REQUEST_TIMEOUT_MS = 60_000;

async function start(): Promise<void> {
  const config = loadConfig();
  const logger = new JsonLogger();
  Logger.overrideLogger(logger);
  const embedded = await database(config);
  const url = embedded?.url ?? config.databaseUrl ?? '';
  let app: NestFastifyApplication | undefined;
  try {
    await runMigrations(url);
    app = await createApp(config, url, logger);
    drainOnSignals(app, embedded);
    await app.init();
    const projector = app.get(Projector);
    await projector.start();
    if (config.role !== 'api') {
      startReacting(app);
      app.get(RequestLogRetention).start();
    }
    // Before the key, which waits for what may be a long log: a process that is at it lives, and is not to be restarted.
    await app.listen(config.port, config.host);
    const key =
      config.role === 'projector' ? null : await ensureAdministratorKey(app, config.adminKey);
    announce(config, await app.getUrl(), key, embedded);
    await projector.settled();
    app.get(Startup).complete();
  } catch (error) {
    await app?.close();
    await embedded?.stop();
    throw error;
  }
}

function startReacting(app: NestFastifyApplication): void {
  const logger = new Logger('reactor');
  app.get(PolicyReactor).start(() => logger.warn('a round failed; the next one repeats it'));
}

async function database(config: Config): Promise<EmbeddedPostgres | undefined> {
  if (config.databaseUrl !== undefined) return undefined;
  return startEmbeddedPostgres({ dataDir: config.dataDir, log: (line) => say(line) });
}

async function createApp(
  config: Config,
  databaseUrl: string,
  logger: JsonLogger,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    genReqId: ({ headers }: IncomingMessage) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && CORRELATION_ID.test(given) ? given : uuidv7();
    },
    frameworkErrors: refuseUrl,
    clientErrorHandler: refuseUnreadable,
    routerOptions: {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: LONGEST_PATH_SEGMENT,
    },
  });
  const module = AppModule.with(config, databaseUrl);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger,
    bodyParser: false,
    abortOnError: false,
  });
  const server = app.getHttpAdapter().getInstance();
  readJsonBodies(server);
  observeRequests(server, app.get(HttpMetrics));
  recordScimRequests(server, app.get(RequestLog));
  authenticateScim(server, app.get(AccessQueries), app.get(TokenUsage), app.get(Projector));
  app.useGlobalFilters(app.get(EdgeErrorFilter));
  describeApi(app);
  return app;
}

/** Stops taking requests, answers those in flight, stops projecting, then stops the database. */
function drainOnSignals(app: NestFastifyApplication, embedded: EmbeddedPostgres | undefined): void {
  let draining = false;
  const drain = async (): Promise<void> => {
    if (draining) return;
    draining = true;
    try {
      await app.close();
      await embedded?.stop();
      process.exit(0);
    } catch (error) {
      say(`did not stop cleanly: ${String(error)}`);
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void drain());
}

function announce(
  config: Config,
  listening: string,
  key: string | null,
  embedded: EmbeddedPostgres | undefined,
): void {
  const url = config.publicUrl ?? listening;
  const served =
    config.role === 'projector'
      ? [`  projector           ${url}/readyz`]
      : [
          `  management API      ${url}/api`,
          `  its documentation   ${url}/docs`,
          `  SCIM base URL       ${url}/scim/v2/{organization}`,
        ];
  const lines = [
    `Rollcall is ready.`,
    ...served,
    ...(embedded ? [`  database            ${embedded.dataDir}`] : []),
    ...(key === null ? [] : [`  administrator key   ${key}   (shown this once)`]),
  ];
  say(lines.join('\n'));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What an operator can act upon is said in a sentence; anything else shows where it happened. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError) return error.message;
  if (!isUnavailable(error)) return error.stack ?? error.message;
  const log = 'code' in error && error.code === 'LOG_UNAVAILABLE';
  const place = log ? 'the log in EventStoreDB (EVENTSTORE_URL)' : 'the database (DATABASE_URL)';
  return `${place} cannot be reached: ${error.message}`;
}

try {
  await start();
} catch (error) {
  process.stderr.write(`Rollcall did not start: ${reasonOf(error)}\n`);
  process.exit(1);
}
