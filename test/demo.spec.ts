import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { logEnvironment } from './support/log-place.js';
import { sharedService, type ServiceAddress } from './support/service.js';

const DEMO = fileURLToPath(new URL('../scripts/demo.mjs', import.meta.url));
const TIMEOUT_MS = 120_000;

interface Ended {
  readonly code: number;
  readonly output: string;
}

function runDemo(environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const env = {
    PATH: process.env.PATH,
    TMPDIR: process.env.ROLLCALL_TEST_FOLDER,
    ...logEnvironment({}),
    ...environment,
  };
  return new Promise((resolve) => {
    const demo = execFile(process.execPath, [DEMO], { env }, (_error, stdout, stderr) =>
      resolve({ code: demo.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}

/** The cells of the table under a heading, without its first line and its first column, the organization. */
function table(output: string, heading: string): string[][] {
  const [, after = ''] = output.split(`\n${heading}\n`);
  const [, , ...lines] = (after.split('\n\n')[0] ?? '').split('\n');
  return lines.map((line) => line.trim().split(/ {2,}/).slice(1));
}

/** The service behind something that acknowledges deletions and does not pass them on. */
async function forgetfulProxy(service: ServiceAddress): Promise<http.Server> {
  const proxy = http.createServer((request, response) => {
    if (request.method === 'DELETE') return void response.writeHead(204).end();
    const { method, url, headers } = request;
    const forwarded = http.request(
      new URL(url ?? '/', service.url),
      { method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(forwarded);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

it(
  'plays four identity providers against a service of its own and shows what the administrator sees',
  async () => {
    const { code, output } = await runDemo();
    expect(output).toContain('of 4 identity providers, 0 failed');
    expect(table(output, 'Users, as the administrator sees them')).toEqual([
      [
        'ada.lovelace@example.com',
        'Ada King',
        'ada.lovelace@example.com',
        'active',
        'yes',
        'Platform Engineering',
      ],
      [
        'grace.hopper@example.com',
        'Grace Hopper',
        'grace.hopper@example.com',
        'disabled',
        'yes',
        'Platform Engineering',
      ],
      [
        'alan.turing@example.com',
        'Alan M. Turing',
        'alan.turing@example.com',
        'active',
        'yes',
        'Research Lab',
      ],
      [
        'edsger.dijkstra@example.com',
        'Edsger Dijkstra',
        'edsger.dijkstra@example.com',
        'active',
        'yes',
      ],
      [
        'donald.knuth@example.com',
        'Donald E. Knuth',
        'donald@example.org',
        'active',
        'yes',
        'Data Analysts',
      ],
      [
        'barbara.liskov@example.com',
        'Barbara Liskov',
        'barbara.liskov@example.com',
        'removed',
        'yes',
      ],
      [
        'niklaus.wirth@example.com',
        'Niklaus E. Wirth',
        'niklaus@example.org',
        'active',
        'yes',
        'Compiler Team',
      ],
      ['frances.allen@example.com', 'Frances Allen', 'frances.allen@example.com', 'removed', 'yes'],
    ]);
    expect(table(output, 'Teams, as the administrator sees them')).toEqual([
      ['Platform Engineering', 'active', 'yes', '2', 'Platform Engineering'],
      ['Contractors', 'archived', 'no', '0'],
      ['Research Lab', 'active', 'yes', '1', 'Research Lab'],
      ['Interns', 'archived', 'no', '0'],
      ['Data Analysts', 'active', 'yes', '1', 'Data Analysts'],
      ['Visitors', 'archived', 'no', '0'],
      ['Compiler Team', 'active', 'yes', '1', 'Compiler Team'],
      ['Guests', 'archived', 'no', '0'],
    ]);
    expect(code).toBe(0);
  },
  TIMEOUT_MS,
);

it('plays them against a service that runs already, without colours in a pipe', async () => {
  const { url, adminKey } = await sharedService();
  const { code, output } = await runDemo({ ROLLCALL_URL: url, ROLLCALL_ADMIN_KEY: adminKey });
  expect(output).toContain(`→ ${url}/scim/v2/okta-catalogue-`);
  expect(output).not.toContain('\u001b');
  expect(code).toBe(0);
});

it('fails and says why when an answer is not what the identity provider needs', async () => {
  const service = await sharedService();
  const proxy = await forgetfulProxy(service);
  const { port } = proxy.address() as AddressInfo;
  try {
    const { code, output } = await runDemo({
      ROLLCALL_URL: `http://127.0.0.1:${port}`,
      ROLLCALL_ADMIN_KEY: service.adminKey,
    });
    expect(output).toContain('✗ status: found 200, expected 404');
    expect(output).toContain('of 4 identity providers, 4 failed');
    expect(code).toBe(1);
  } finally {
    proxy.close();
  }
});
