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

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [LOG_COPY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      EVENTSTORE_URL: double.connectionString,
      EVENTSTORE_STREAM_PREFIX: PREFIX,
    },
  });
}

async function run(...args: string[]): Promise<Ended> {
  const child = start(...args);
  let output = '';
  child.stdout!.on('data', (text) => (output += text));
  child.stderr!.on('data', (text) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

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
    const child = start(...args);
    while (!(await isFarEnough()) && child.exitCode === null) await sleep(2);
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'close');
    return run(...args);
  }

  it.each([1, 40, 700])('to EventStoreDB, after %i appends', async (appends) => {
    const events = someEvents(3_000);
    await write(openPostgres, events);
    const arrived = async (): Promise<boolean> =>
      (await double.control('calls', 'batchAppend')) >= appends;
    const { code, output } = await killedOnce(thither, arrived);
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
    const child = start(...thither);
    while ((await double.control('calls', 'batchAppend')) < 100) await sleep(2);
    await double.control('restart');
    expect((await once(child, 'close'))[0]).toBe(0);
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
