import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import pg from 'pg';
import { EventStoreDbVerbatimLog } from '../../src/event-store/eventstoredb-verbatim.js';
import { PostgresVerbatimLog } from '../../src/event-store/postgres-verbatim.js';
import type { VerbatimEvent, VerbatimLog } from '../../src/event-store/verbatim-log.js';
import { expectTablesToEqualLog } from '../faults/soundness.js';
import { createTestDatabase } from '../support/database.js';
import type { EventStoreDoubleProcess } from '../support/eventstoredb/process.js';
import { startEventStoreDoubleProcess } from '../support/eventstoredb/process.js';
import { newOrganization, TestOrganization } from '../support/scim-client.js';
import { startService } from '../support/service.js';

const LOG_COPY = fileURLToPath(new URL('../../dist/cli/log-copy.js', import.meta.url));
const PREFIX = 'copied.';

jest.setTimeout(120_000);

let double: EventStoreDoubleProcess;
let databaseUrl: string;

beforeEach(async () => {
  [{ url: databaseUrl }, double] = await Promise.all([
    createTestDatabase(),
    startEventStoreDoubleProcess(),
  ]);
});

afterEach(() => double.kill());

/** Events of several streams in turn, with everything that JSON must carry; the first is of a version long past. */
function someEvents(count: number): VerbatimEvent[] {
  const metadata = JSON.stringify({
    organization: 'acme',
    actor: 'system',
    occurredAt: '2026-11-22T12:00:00.000Z',
    commandId: randomUUID(),
    $correlationId: 'copy',
    $causationId: 'copy',
    schemaVersion: '1',
  });
  const streams = ['apikey-1', 'team-acme-1', 'team-acme-2', 'user-acme-1'];
  const lengths = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    // Runs of one, two and three in a stream.
    const stream = streams[Math.floor(index / (1 + (index % 3))) % streams.length]!;
    const revision = lengths.get(stream) ?? 0;
    lengths.set(stream, revision + 1);
    return {
      id: randomUUID(),
      stream,
      revision,
      type: index === 0 ? 'ApiKeyIssued' : 'TeamRenamed',
      data: JSON.stringify({ teamId: 'team', name: `"\\\n\u0000\u001e\ud800é😀 ${index}` }),
      metadata,
    };
  });
}

const openPostgres = (url = databaseUrl): Promise<VerbatimLog> => PostgresVerbatimLog.open(url);
const openEventStoreDb = async (): Promise<VerbatimLog> =>
  new EventStoreDbVerbatimLog(double.connectionString, PREFIX);

async function write(open: () => Promise<VerbatimLog>, events: VerbatimEvent[]): Promise<void> {
  const log = await open();
  for (let at = 0; at < events.length; at += 1_000) await log.append(events.slice(at, at + 1_000));
  await log.close();
}

async function contentOf(open: () => Promise<VerbatimLog>): Promise<VerbatimEvent[]> {
  const log = await open();
  const content: VerbatimEvent[] = [];
  let from = 0n;
  for (let page = await log.read(from); page.length > 0; page = await log.read(from)) {
    for (const { position, ...event } of page) {
      content.push(event);
      from = position;
    }
  }
  await log.close();
  return content;
}

async function query(text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

const emptyReadModels = (): Promise<unknown[]> =>
  query(readFileSync(new URL('../../deploy/empty-read-models.sql', import.meta.url), 'utf8'));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [LOG_COPY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      EVENTSTORE_URL: double.connectionString,
      EVENTSTORE_STREAM_PREFIX: PREFIX,
    },
  });
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (output += text));
  const ended = once(child, 'close').then(([code]) => ({ code, output }));
  return { process: child, ended };
}

const run = (...args: string[]): Promise<Ended> => start(...args).ended;

/** Resolves when a copy under way has come so far, or has ended before. */
async function until(isFarEnough: () => Promise<boolean>, { process }: Running): Promise<void> {
  while (!(await isFarEnough()) && process.exitCode === null) await sleep(2);
}

/** Whether so many appends have arrived at the double. */
const appended = (count: number) => async (): Promise<boolean> =>
  (await double.control('calls', 'batchAppend')) >= count;

const thither = ['--from', 'database', '--to', 'eventstore'];
const back = ['--from', 'eventstore', '--to', 'database'];

it('copies every event as it is stored, in the order of the log', async () => {
  const events = someEvents(1_500);
  await write(openPostgres, events);
  const { code, output } = await run(...thither);
  expect(output).toMatch(/the same: 1500 events, 1500 of them copied now\n$/);
  expect(code).toBe(0);
  expect(await contentOf(openEventStoreDb)).toEqual(events);
});

it('copies back what equals the source, with the index by organization', async () => {
  const events = someEvents(1_500);
  await write(openEventStoreDb, events);
  expect(await run(...back)).toMatchObject({ code: 0 });
  expect(await contentOf(openPostgres)).toEqual(events);
  const rows = await query('SELECT DISTINCT organization FROM log.events');
  expect(rows).toEqual([{ organization: 'acme' }]);
});

it('copies what was appended meanwhile when it is run again, and nothing twice', async () => {
  const events = someEvents(300);
  await write(openPostgres, events.slice(0, 200));
  await run(...thither);
  expect(await run(...thither)).toEqual({
    code: 0,
    output: 'the same: 200 events, 0 of them copied now\n',
  });
  await write(openPostgres, events.slice(200));
  expect((await run(...thither)).output).toContain('300 events, 100 of them copied now');
  expect(await contentOf(openEventStoreDb)).toEqual(events);
});

describe('killed in the middle, and run again, it has copied everything once', () => {
  /** Runs the copy until `isFarEnough`, kills it, and runs it to its end. */
  async function killedOnce(args: string[], isFarEnough: () => Promise<boolean>): Promise<Ended> {
    const copy = start(...args);
    await until(isFarEnough, copy);
    copy.process.kill('SIGKILL');
    expect(await copy.ended).toMatchObject({ code: null });
    return run(...args);
  }

  it.each([1, 40, 700])('to EventStoreDB, after %i appends', async (appends) => {
    const events = someEvents(3_000);
    await write(openPostgres, events);
    const { code, output } = await killedOnce(thither, appended(appends));
    expect(output).toMatch(/the same: 3000 events, [12]\d\d\d of them copied now/);
    expect(code).toBe(0);
    expect(await contentOf(openEventStoreDb)).toEqual(events);
  });

  it('to PostgreSQL', async () => {
    const events = someEvents(6_000);
    await write(openEventStoreDb, events);
    const target = await openPostgres();
    const { code } = await killedOnce(back, async () => (await target.read(0n)).length > 0);
    await target.close();
    expect(code).toBe(0);
    expect(await contentOf(openPostgres)).toEqual(events);
  });

  it('also when the server is killed', async () => {
    const events = someEvents(3_000);
    await write(openPostgres, events);
    const copy = start(...thither);
    await until(appended(100), copy);
    await double.control('restart');
    expect(await copy.ended).toMatchObject({ code: 0 });
    expect(await contentOf(openEventStoreDb)).toEqual(events);
  });
});

describe('refuses', () => {
  it.each<[string, (events: VerbatimEvent[]) => VerbatimEvent[], RegExp]>([
    ['other data', (all) => all.with(7, { ...all[7]!, data: '{"name":"Ada"}' }), /8 .*: data diff/],
    ['other metadata', (all) => all.with(7, { ...all[7]!, metadata: '{}' }), /8 .*: metadata diff/],
    ['another id', (all) => all.with(7, { ...all[7]!, id: randomUUID() }), /8 .*: id differs/],
    ['another type', (all) => all.with(7, { ...all[7]!, type: 'TeamArchived' }), /8 .*: type diff/],
    ['another order', ([a, b, c, d, ...all]) => [a!, b!, d!, c!, ...all], /3 .*: stream differs/],
  ])('a target with %s: it copies nothing and says where', async (_, change, message) => {
    const events = someEvents(20);
    await write(openPostgres, events);
    const changed = change(events);
    await write(openEventStoreDb, changed.slice(0, 10));
    for (const args of [thither, [...thither, '--verify']]) {
      const { code, output } = await run(...args);
      expect(output).toMatch(message);
      expect(output).not.toContain('Ada');
      expect(code).toBe(1);
    }
    expect(await contentOf(openEventStoreDb)).toEqual(changed.slice(0, 10));
  });

  it('a target that is ahead', async () => {
    const events = someEvents(12);
    await write(openPostgres, events.slice(0, 10));
    await write(openEventStoreDb, events);
    expect(await run(...thither)).toMatchObject({
      code: 1,
      output: expect.stringMatching(/the target holds TeamRenamed .*, where the source ends/),
    });
  });

  it('to call logs the same when the target lacks the end', async () => {
    const events = someEvents(12);
    await write(openPostgres, events);
    await write(openEventStoreDb, events.slice(0, 10));
    expect(await run(...thither, '--verify')).toMatchObject({
      code: 1,
      output: expect.stringMatching(/the target ends where the source holds TeamRenamed/),
    });
    expect(await contentOf(openEventStoreDb)).toHaveLength(10);
  });

  it.each([
    [['--from', 'database'], '--from and --to are needed'],
    [['--from', 'database', '--to', 'database'], 'are the same'],
    [['--from', 'database', '--to', 'mysql://x'], 'a log is postgres://'],
    [[...thither, '--quick'], "Unknown option '--quick'"],
  ])('the arguments %j', async (args, message) => {
    const { code, output } = await run(...args);
    expect(output).toContain(message);
    expect(output).toContain('npm run log:copy');
    expect(code).toBe(2);
  });
});

it('breaks off with a code of its own where a log cannot be reached', async () => {
  const nowhere = 'postgres://ada:S3cret@127.0.0.1:1/none';
  const { code, output } = await run('--from', nowhere, '--to', 'eventstore');
  expect(output).toMatch(/^broke off: .*ECONNREFUSED/);
  expect(output).not.toContain('S3cret');
  expect(code).toBe(3);
});

it('tells why a server cannot be reached', async () => {
  await write(openPostgres, someEvents(1));
  await double.kill();
  const { code, output } = await run(...thither);
  expect(output).toMatch(/^broke off: .*\bUNAVAILABLE\b.*ECONNREFUSED/);
  expect(code).toBe(3);
});

it.each([
  ['an unknown option', 'esdb://ada:S3cret@127.0.0.1:2113?tls=false&color=red'],
  ['an option without effect', 'esdb://ada:S3cret@127.0.0.1:2113?tlsVerifyCert=false'],
  ['a port that is none', 'esdb://ada:S3cret@127.0.0.1:port'],
  ['no host', 'postgres://ada:S3cret@:x/rollcall'],
])('refuses a log with %s, and keeps its secret', async (_, log) => {
  const { code, output } = await run('--from', log, '--to', 'eventstore');
  expect(output).toContain('npm run log:copy');
  expect(output).not.toContain('S3cret');
  expect(code).toBe(2);
});

describe('a source without a log', () => {
  it('is a database that Rollcall has never used', async () => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('DROP SCHEMA log CASCADE');
    await client.end();
    expect(await run(...thither)).toEqual({
      code: 2,
      output: 'the database holds no log of Rollcall\n',
    });
  });

  it.each([[thither], [back], [[...back, '--verify']]])(
    'is an empty one: %j calls nothing the same as nothing',
    async (args) => {
      await write(openPostgres, []);
      const { code, output } = await run(...args);
      expect(output).toMatch(/^the source holds no events/);
      expect(code).toBe(2);
    },
  );
});

it.each([
  ['there', () => openPostgres, () => openEventStoreDb, thither],
  ['back', () => openEventStoreDb, () => openPostgres, back],
])('copies once where two copy at once, and the source grows: %s', async (...row) => {
  const [, from, to, args] = row;
  const events = someEvents(4_000);
  await write(from(), events.slice(0, 2_000));
  const copies = [start(...args), start(...args)];
  for (let at = 2_000; at < 4_000; at += 50) await write(from(), events.slice(at, at + 50));
  for (const { ended } of copies) expect([0, 3]).toContain((await ended).code);
  expect(await run(...args)).toMatchObject({ code: 0 });
  expect(await contentOf(to())).toEqual(events);
});

it('leaves the service with the same directory, read models built anew in an empty database', async () => {
  const eventStoreDb = {
    EVENTSTORE_URL: double.connectionString,
    EVENTSTORE_STREAM_PREFIX: PREFIX,
  };
  const before = await startService({ databaseUrl });
  const organization = await newOrganization(before);
  const ada = await organization.createUser({ displayName: 'Ada' });
  await organization.createUser();
  await organization.createGroup({ displayName: 'Engines', members: [{ value: ada.id }] });
  const seen = async (there: TestOrganization): Promise<unknown> =>
    Promise.all([
      there.scim('GET', '/Users').then(({ body }) => body.Resources),
      there.scim('GET', '/Groups').then(({ body }) => body.Resources),
      there.api('GET', '/users').then(({ body }) => body.items),
      there.api('GET', '/teams').then(({ body }) => body.items),
    ]);
  const shown = await seen(organization);
  await before.stop();
  expect(await run(...thither)).toMatchObject({ code: 0 });

  const { port, adminKey } = before;
  await expect(startService({ databaseUrl, port, adminKey, env: eventStoreDb })).rejects.toThrow(
    'were filled from the log in PostgreSQL, not from that in EventStoreDB copied.: empty them',
  );
  const fresh = (await createTestDatabase()).url;
  const after = await startService({ databaseUrl: fresh, port, adminKey, env: eventStoreDb });
  const { slug, token } = organization;
  const moved = new TestOrganization(after, slug, token);
  expect(await seen(moved)).toEqual(shown);
  const { body } = await moved.api('GET', '/history');
  expect(body.items.map(({ type }) => type)).toContain('GroupCreated');
  const { userName } = await moved.createUser();
  await after.stop();

  // And the way back, into the database that the log came from.
  expect(await run(...back)).toMatchObject({ code: 0 });
  const again = await startService({ databaseUrl, port, adminKey });
  const returned = new TestOrganization(again, slug, token);
  expect((await returned.search(`userName eq "${userName}"`)).body.totalResults).toBe(1);
  await again.stop();
  await expectTablesToEqualLog({ databaseUrl });

  // Or there again, on the same database with its read models emptied.
  expect(await run(...thither)).toMatchObject({ code: 0 });
  await emptyReadModels();
  const there = await startService({ databaseUrl, port, adminKey, env: eventStoreDb });
  expect((await returned.search(`userName eq "${userName}"`)).body.totalResults).toBe(1);
  await there.stop();
});
