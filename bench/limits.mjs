import pg from 'pg';
import { Latencies, measure, repeat } from './drive.mjs';

const DATABASE = 'bench_limit';
const DATA = JSON.stringify({ userId: '0'.repeat(36), attributes: 'x'.repeat(125) });
const META = JSON.stringify({ organization: '0'.repeat(36), correlationId: '0'.repeat(36) });
/** Named, hence parsed and planned once per connection. */
const INSERT = {
  name: 'append',
  text: `INSERT INTO event (stream, version, type, data, meta) VALUES ($1, $2, $3, $4, $5)`,
};

/** Makes the database in which {@link insertLimit} writes. @param {string} url of the server, any database */
export async function prepareInsertLimit(url) {
  await withClient(url, (client) => client.query(`CREATE DATABASE ${DATABASE}`));
  await withClient(inLimitDatabase(url), (client) =>
    client.query(`CREATE TABLE event (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      stream text NOT NULL,
      version bigint NOT NULL,
      type text NOT NULL,
      data jsonb NOT NULL,
      meta jsonb NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (stream, version))`),
  );
}

/**
 * Durable commits of one row each: the least that a log of events costs. Each connection has a stream of its own.
 * @returns {Promise<import('./drive.mjs').Figures>}
 */
export async function insertLimit(url, connections, seconds) {
  const clients = Array.from(
    { length: connections },
    () => new pg.Client({ connectionString: inLimitDatabase(url) }),
  );
  const run = Math.random();
  const versions = clients.map(() => 0);
  const latencies = new Latencies();
  try {
    await Promise.all(clients.map((client) => client.connect()));
    const took = await repeat(connections, seconds, (lane) =>
      latencies.time(() =>
        clients[lane].query({
          ...INSERT,
          values: [`user-${run}-${lane}`, versions[lane]++, 'UserProvisioned', DATA, META],
        }),
      ),
    );
    return latencies.over(took);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

/**
 * Requests to the bare server: the least that HTTP costs on this machine with this client.
 * @returns {Promise<import('./drive.mjs').Figures>}
 */
export function httpLimit(port, connections, seconds) {
  const body = JSON.stringify({ schemas: ['x'.repeat(42)], userName: 'x'.repeat(120) });
  const request =
    `POST /scim/v2/bench/Users HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
    `Content-Type: application/scim+json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  return measure(port, connections, seconds, async (connection) => {
    const { status } = await connection.send(request);
    if (status !== 201) throw new Error(`the bare server answered ${status}`);
  });
}

function inLimitDatabase(url) {
  const limit = new URL(url);
  limit.pathname = `/${DATABASE}`;
  return limit.href;
}

async function withClient(url, use) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
