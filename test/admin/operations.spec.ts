import { createTestDatabase } from '../support/database.js';
import { eventually, newOrganization, type Service } from '../support/scim-client.js';
import { sharedService, startService } from '../support/service.js';
import { proxyTo } from './database-proxy.js';

let service: Service;

beforeAll(async () => {
  service = await sharedService();
});

const metrics = async (): Promise<string> => (await fetch(`${service.url}/metrics`)).text();

async function value(metric: string): Promise<number> {
  const line = (await metrics()).split('\n').find((each) => each.startsWith(`${metric} `));
  return Number(line?.slice(metric.length));
}

it('/healthz answers whoever asks', async () => {
  const response = await fetch(`${service.url}/healthz`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: 'ok' });
});

it('/startupz answers ok from when everything has caught up', async () => {
  const response = await fetch(`${service.url}/startupz`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: 'ok' });
});

it('/readyz names the start, the database and every projection', async () => {
  const response = await fetch(`${service.url}/readyz`);
  expect(response.status).toBe(200);
  const up = { status: 'up', responseTime: expect.any(Number) };
  const parts = { start: up, database: up, access: up, directory: up, roster: up, history: up };
  expect(await response.json()).toEqual({ status: 'ok', parts });
});

it('a projector announces no address that it does not serve', async () => {
  const projector = await startService({ env: { ROLLCALL_ROLE: 'projector' } });
  try {
    const announced = await eventually(
      () => Promise.resolve(projector.output()),
      (output) => output.includes('is ready'),
    );
    expect(announced).toContain(`${projector.url}/readyz`);
    expect(announced).not.toMatch(/\/api|\/docs|\/scim/);
  } finally {
    await projector.stop();
  }
});

it('tells that the database is gone, and is right again when it is back', async () => {
  const database = await createTestDatabase();
  const proxy = await proxyTo(database.url);
  const alone = await startService({ databaseUrl: proxy.url });
  const get = (path: string) =>
    fetch(alone.url + path, { headers: { authorization: `Bearer ${alone.adminKey}` } });
  try {
    await proxy.close();
    const ready = await get('/readyz');
    const text = await ready.text();
    expect(ready.status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({
      status: 'error',
      parts: { database: { status: 'down', message: 'it cannot be reached' } },
    });
    expect(text).not.toMatch(/test_|postgres|127\.0\.0\.1/);
    expect((await get('/healthz')).status).toBe(200);
    const refused = await get('/api/organizations');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await refused.json()).toMatchObject({ type: '/problems/service-unavailable' });
    await proxy.open();
    const back = await eventually(
      () => get('/readyz'),
      ({ status }) => status === 200,
      20_000,
    );
    expect(back.status).toBe(200);
    expect((await get('/api/organizations')).status).toBe(200);
  } finally {
    await alone.kill();
    await proxy.close();
    await database.drop();
  }
}, 60_000);

it.each(['access', 'directory', 'roster', 'history'])(
  '/metrics tells the position of the projection %s, which grows',
  async (projection) => {
    const metric = `rollcall_projection_position{projection="${projection}"}`;
    const before = await value(metric);
    const organization = await newOrganization(service);
    // The roster and the history are read, because both may gather events for a moment.
    await organization.api('GET', '/users');
    await organization.api('GET', '/history');
    expect(await value(metric)).toBeGreaterThan(before);
  },
);

it('/metrics counts requests by edge, method and status class, and times them', async () => {
  const labels = '{edge="scim",method="GET",status="4xx"}';
  const metric = `rollcall_http_request_duration_seconds_count${labels}`;
  const before = (await value(metric)) || 0;
  const organization = await newOrganization(service, { enableScim: false });
  await organization.scim('GET', '/Users');
  expect(await value(metric)).toBeGreaterThanOrEqual(before + 1);
  expect(await value(`rollcall_http_request_duration_seconds_sum${labels}`)).toBeGreaterThan(0);
});

it.each([
  'process_resident_memory_bytes',
  'nodejs_eventloop_lag_seconds',
  'rollcall_read_your_writes_expired_total',
  'rollcall_projection_halted{projection="directory"}',
])('/metrics has %s', async (metric) => {
  expect(await value(metric)).toBeGreaterThanOrEqual(0);
});

it('/metrics is text as Prometheus reads it', async () => {
  const response = await fetch(`${service.url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
});

it('says in a sentence, without the password, that the database cannot be reached at its start', async () => {
  const start = startService({ databaseUrl: 'postgres://rollcall:hunter22@127.0.0.1:1/rollcall' });
  const failure = await start.catch((error: Error) => error.message);
  expect(failure).toMatch(/did not start: the database \(DATABASE_URL\) cannot be reached: .*:1$/m);
  expect(failure).not.toMatch(/hunter22|^ {4}at /m);
});
