import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import { startEmbeddedPostgres } from '../../src/embedded-postgres.js';
import { newOrganization } from '../support/scim-client.js';
import { startService, type RunningService, type ServiceOptions } from '../support/service.js';
import { expectNothingLost } from './soundness.js';
import { Writers } from './writers.js';

/** Of every writer, before and after each fault. */
const WRITES = 5;

jest.setTimeout(180_000);

let template: string;
let dataDir: string;
let service: RunningService;
let writers: Writers | undefined;

beforeAll(async () => {
  template = newFolder();
  const first = await startService({ dataDir: template });
  await first.stop();
});

beforeEach(() => {
  dataDir = newFolder();
  // Ten times faster than making a database.
  execFileSync('cp', ['-a', `${template}/.`, dataDir]);
});

afterEach(async () => {
  await writers?.stop();
  await service.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

afterAll(() => rmSync(template, { recursive: true, force: true }));

function newFolder(): string {
  const folder = mkdtempSync(path.join(process.env.ROLLCALL_TEST_FOLDER!, 'faults-'));
  // PostgreSQL's user must be able to enter.
  chmodSync(folder, 0o755);
  return folder;
}

async function startWriters(options: ServiceOptions): Promise<Writers> {
  service = await startService(options);
  const { slug, token } = await newOrganization(service);
  const started = await Writers.start({ slug, token, urls: [service.url] });
  writers = started;
  await started.everyoneWrites(WRITES);
  return started;
}

/** What a supervisor does: the same command again, on the same port. */
async function startAgain(): Promise<void> {
  const { port, adminKey } = service;
  service = await startService({ dataDir, port, adminKey });
}

function postmasterPid(): number {
  const lock = path.join(dataDir, 'postgres', 'data', 'postmaster.pid');
  return Number(readFileSync(lock, 'utf8').split('\n')[0]);
}

it('loses nothing when the service is killed', async () => {
  const load = await startWriters({ dataDir });
  await service.kill('SIGKILL');
  await startAgain();
  await load.everyoneWrites(WRITES);
  await expectNothingLost(load, { dataDir });
});

it('loses nothing when PostgreSQL is killed, and starts it again', async () => {
  const load = await startWriters({ dataDir });
  process.kill(postmasterPid(), 'SIGKILL');
  await load.everyoneWrites(WRITES);
  await expectNothingLost(load, { dataDir });
});

it('loses nothing when PostgreSQL is killed three times in a row', async () => {
  const load = await startWriters({ dataDir });
  for (let round = 0; round < 3; round++) {
    process.kill(postmasterPid(), 'SIGKILL');
    await load.everyoneWrites(1);
  }
  await load.everyoneWrites(WRITES);
  await expectNothingLost(load, { dataDir });
});

it('loses nothing when the service and PostgreSQL are killed at once', async () => {
  const load = await startWriters({ dataDir });
  process.kill(postmasterPid(), 'SIGKILL');
  await service.kill('SIGKILL');
  await startAgain();
  await load.everyoneWrites(WRITES);
  await expectNothingLost(load, { dataDir });
});

it('loses nothing when its operator restarts PostgreSQL', async () => {
  const start = () => startEmbeddedPostgres({ dataDir, log: () => undefined });
  let postgres = await start();
  try {
    const databaseUrl = postgres.url;
    const load = await startWriters({ databaseUrl, dataDir });
    await postgres.stop();
    postgres = await start();
    expect(postgres.url).toBe(databaseUrl);
    await load.everyoneWrites(WRITES);
    await expectNothingLost(load, { databaseUrl, dataDir });
    await service.stop();
  } finally {
    await postgres.stop();
  }
});
