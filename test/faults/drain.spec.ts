import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { withLogInPostgres } from '../support/log-place.js';
import { newOrganization, randomUserName, USER } from '../support/scim-client.js';
import { startService } from '../support/service.js';
import { isSuccess, request } from './request.js';
import { Writers } from './writers.js';

withLogInPostgres('appends are held back by a lock on their table', () => {
  it('answers the requests in flight before it ends with code 0 on SIGTERM', async () => {
    const service = await startService();
    const { slug, token } = await newOrganization(service);
    const endpoint = { slug, token, urls: [service.url] };
    const blocker = new pg.Client({ connectionString: service.databaseUrl });
    await blocker.connect();
    await blocker.query('BEGIN; LOCK TABLE log.events IN EXCLUSIVE MODE');
    const inFlight = Array.from({ length: 20 }, () =>
      request(endpoint, service.url, 'POST', '/Users', {
        schemas: [USER],
        userName: randomUserName(),
      }),
    );
    await sleep(500);
    const ended = once(service.process, 'exit');
    service.process.kill('SIGTERM');
    await sleep(500);
    const late = await request(endpoint, service.url, 'GET', '/Users?count=1');
    expect([0, 503]).toContain(late.status);
    expect(service.process.exitCode).toBeNull();
    await blocker.query('ROLLBACK');
    await blocker.end();
    const answers = await Promise.all(inFlight);
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
    expect(await ended).toEqual([0, null]);
  });
});

it('loses nothing when it is stopped under load and started again', async () => {
  const service = await startService();
  const { slug, token } = await newOrganization(service);
  const writers = await Writers.start({ slug, token, urls: [service.url] });
  await writers.everyoneWrites(3);
  expect(await service.stop()).toBe(0);
  const { databaseUrl, port, adminKey } = service;
  const again = await startService({ databaseUrl: databaseUrl!, port, adminKey });
  await writers.everyoneWrites(3);
  await writers.stop();
  expect(writers.surprises).toEqual([]);
  expect(await writers.losses()).toEqual([]);
  expect(isSuccess(await request({ slug, token, urls: [] }, again.url, 'GET', '/Users'))).toBe(
    true,
  );
  await again.stop();
}, 120_000);
