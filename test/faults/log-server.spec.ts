import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { createTestDatabase } from '../support/database.js';
import type { EventStoreDoubleProcess } from '../support/eventstoredb/process.js';
import { startEventStoreDoubleProcess } from '../support/eventstoredb/process.js';
import { newOrganization, randomUserName, USER } from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';
import { request } from './request.js';
import { expectNothingLost } from './soundness.js';
import { Writers } from './writers.js';

/** The service whose log is on a server of its own, which fails while the service lives. */

/** Of every writer, before and after each fault. */
const WRITES = 3;

jest.setTimeout(180_000);

let folder: string;
let server: EventStoreDoubleProcess;
let service: RunningService;
let writers: Writers | undefined;

beforeEach(async () => {
  folder = mkdtempSync(path.join(process.env.ROLLCALL_TEST_FOLDER!, 'log-server-'));
  server = await startServer();
  const databaseUrl = (await createTestDatabase()).url;
  service = await startService({ databaseUrl, eventStoreUrl: server.connectionString });
});

afterEach(async () => {
  await writers?.stop();
  writers = undefined;
  await service.stop();
  await server.kill();
  rmSync(folder, { recursive: true });
});

const startServer = (port = 0): Promise<EventStoreDoubleProcess> =>
  startEventStoreDoubleProcess({ file: path.join(folder, 'log'), port });

async function startWriters(): Promise<Writers> {
  const { slug, token } = await newOrganization(service);
  writers = await Writers.start({ slug, token, urls: [service.url] });
  await writers.everyoneWrites(WRITES);
  return writers;
}

async function expectAllThere(load: Writers): Promise<void> {
  await load.everyoneWrites(WRITES);
  const { databaseUrl } = service;
  await expectNothingLost(load, { databaseUrl, eventStoreUrl: server.connectionString });
}

it.each([0, 2_000])('loses nothing when it is killed and comes back after %i ms', async (ms) => {
  const load = await startWriters();
  await server.kill();
  await sleep(ms);
  server = await startServer(Number(/:(\d+)\?/.exec(server.connectionString)?.[1]));
  await expectAllThere(load);
});

it('loses nothing when it stands still for a while', async () => {
  const load = await startWriters();
  server.freeze();
  await sleep(4_000);
  server.thaw();
  await expectAllThere(load);
});

it('loses nothing when connections break, answers are lost and subscriptions fall silent', async () => {
  const load = await startWriters();
  await server.control('inject', 'batchAppend', { kind: 'hang' }, { at: 'answer', times: 5 });
  await server.control('stallSubscriptions');
  await load.everyoneWrites(1);
  await server.control('dropConnections');
  await expectAllThere(load);
});

it('loses nothing when the service is killed meanwhile', async () => {
  const load = await startWriters();
  const { databaseUrl, port, adminKey } = service;
  await service.kill('SIGKILL');
  service = await startService({
    databaseUrl: databaseUrl!,
    port,
    adminKey,
    eventStoreUrl: server.connectionString,
  });
  await expectAllThere(load);
});

it('is not taken for another one, on which the service refuses to start', async () => {
  const load = await startWriters();
  const { databaseUrl, port, adminKey } = service;
  await service.kill('SIGKILL');
  const another = await startEventStoreDoubleProcess();
  const onAnother = { databaseUrl: databaseUrl!, port, adminKey };
  await expect(
    startService({ ...onAnother, eventStoreUrl: another.connectionString }),
  ).rejects.toThrow('filled from another log in EventStoreDB');
  await another.kill();
  service = await startService({ ...onAnother, eventStoreUrl: server.connectionString });
  await expectAllThere(load);
});

it('lets the service answer what is in flight before it ends with code 0 on SIGTERM', async () => {
  const { slug, token } = await newOrganization(service);
  await server.control('inject', 'batchAppend', { kind: 'wait', ms: 1_500 }, { times: 20 });
  const inFlight = Array.from({ length: 20 }, () =>
    request({ slug, token, urls: [] }, service.url, 'POST', '/Users', {
      schemas: [USER],
      userName: randomUserName(),
    }),
  );
  await sleep(500);
  const ended = once(service.process, 'exit');
  service.process.kill('SIGTERM');
  const answers = await Promise.all(inFlight);
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
  expect(await ended).toEqual([0, null]);
});
