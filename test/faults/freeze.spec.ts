import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { userStream } from '../../src/commands/streams.js';
import type { OrganizationId, UserId } from '../../src/domain/identifiers.js';
import { openLog } from '../support/log-place.js';
import { expectScimError, newOrganization, type TestOrganization } from '../support/scim-client.js';
import { startService, type RunningService } from '../support/service.js';
import { expectNothingLost, expectTablesToEqualLog } from './soundness.js';
import { Writers } from './writers.js';

jest.setTimeout(120_000);

let service: RunningService;
let organization: TestOrganization;

beforeAll(async () => {
  service = await startService();
});

beforeEach(async () => {
  organization = await newOrganization(service);
});

afterAll(() => service.stop());

async function turnScim(to: 'enable' | 'disable'): Promise<void> {
  expect((await organization.api('POST', `/scim/${to}`)).status).toBeLessThan(300);
}

/** Records a change of the user in the log, as later parts of the product do while SCIM is off. */
async function recordDisplayName(id: string, displayName: string): Promise<void> {
  const store = await openLog(service.databaseUrl!);
  const slug = organization.slug as OrganizationId;
  const stream = userStream(slug, id);
  const metadata = {
    organization: slug,
    actor: 'system',
    occurredAt: new Date().toISOString(),
    commandId: randomUUID(),
    $correlationId: randomUUID(),
    $causationId: randomUUID(),
  } as const;
  const event = {
    type: 'UserProfileChanged',
    userId: id as UserId,
    personal: { set: { displayName }, removed: [] },
  } as const;
  try {
    const revision = (await store.readStream(stream)).at(-1)!.revision;
    await store.append(stream, revision, [{ id: randomUUID(), event, metadata }]);
  } finally {
    await store.close();
  }
}

it('shows what was recorded while SCIM was off as soon as it is on again', async () => {
  const { id } = await organization.createUser({ displayName: 'before' });
  await turnScim('disable');
  await recordDisplayName(id, 'meanwhile');
  expectScimError(await organization.scim('GET', `/Users/${id}`), 403);
  expect((await organization.api('GET', `/users/${id}`)).body['displayName']).toBe('meanwhile');
  await expectTablesToEqualLog({ databaseUrl: service.databaseUrl! });
  await turnScim('enable');
  expect((await organization.readUser(id)).displayName).toBe('meanwhile');
  await expectTablesToEqualLog({ databaseUrl: service.databaseUrl! });
});

it('loses nothing when SCIM is turned off and on under load', async () => {
  const { slug, token } = organization;
  const writers = await Writers.start({ slug, token, urls: [service.url] }, { mayRefuse: true });
  for (let round = 0; round < 3; round++) {
    await writers.everyoneWrites(2);
    await turnScim('disable');
    await sleep(100);
    const before = writers.acknowledgedWrites;
    await sleep(200);
    expect(writers.acknowledgedWrites).toBe(before);
    await turnScim('enable');
  }
  await writers.everyoneWrites(2);
  await expectNothingLost(writers, { databaseUrl: service.databaseUrl! });
});
