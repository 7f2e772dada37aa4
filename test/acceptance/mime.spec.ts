import { Agent, request } from 'node:http';
import {
  USER,
  expectScimError,
  newOrganization,
  patchOp,
  randomUserName,
} from '../support/scim-client.js';
import type { TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
});

const user = () => ({ schemas: [USER], userName: randomUserName() });

it.each([
  'application/scim+json',
  '*/*',
  'application/*',
  'application/scim+json; charset=utf-8',
  'application/scim+json, text/html;q=0.5',
  'application/json, application/scim+json',
])('MIME-01 answers application/scim+json to Accept: %s', async (accept) => {
  const response = await organization.scim('GET', '/Users', undefined, { accept });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/scim\+json/);
});

it('MIME-01 answers application/scim+json without an Accept header', async () => {
  const { status, contentType } = await send({ method: 'GET', path: '/Users' });
  expect(status).toBe(200);
  expect(contentType).toMatch(/^application\/scim\+json/);
});

it('MIME-01 answers a client that accepts only application/json', async () => {
  const headers = { accept: 'application/json' };
  const response = await organization.scim('GET', '/Users', undefined, headers);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/(scim\+)?json/);
});

it.each(
  [
    'application/scim+json',
    'application/json',
    'application/scim+json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/SCIM+JSON',
  ].flatMap((type) => ['POST', 'PUT', 'PATCH'].map((method) => [method, type] as const)),
)('MIME-03 accepts a %s of %s', async (method, type) => {
  const target = await organization.createUser();
  const path = method === 'POST' ? '/Users' : `/Users/${target.id}`;
  const body = method === 'PATCH' ? patchOp() : user();
  const response = await organization.scim(method, path, body, { 'content-type': type });
  expect(response.status).toBe(method === 'POST' ? 201 : 200);
});

it.each(['application/scim+json; charset=utf-16', 'application/json; charset=iso-8859-1'])(
  'MIME-05 refuses %s',
  async (type) => {
    const response = await organization.scim('POST', '/Users', user(), { 'content-type': type });
    expectScimError(response, [415, 400]);
  },
);

it('MIME-06 answers a GET with a Content-Type and no body', async () => {
  const headers = { 'content-type': 'application/json' };
  expect((await organization.scim('GET', '/Users', undefined, headers)).status).toBe(200);
});

it('MIME-07 sends no body with 204', async () => {
  const { id } = await organization.createUser();
  const response = await organization.scim('DELETE', `/Users/${id}`);
  expect(response.status).toBe(204);
  expect(response.text).toBe('');
  expect(response.headers.get('content-length') ?? '0').toBe('0');
});

it('MIME-08 is not confused by a suffix of the id', async () => {
  const { id } = await organization.createUser();
  const response = await organization.scim('GET', `/Users/${id}.scim`);
  if (response.status === 200) expect(response.body.id).toBe(id);
  else expectScimError(response, 404);
});

it('MIME-09 names every request', async () => {
  const headers = { 'x-request-id': 'request-1' };
  const given = await organization.scim('GET', '/Users', undefined, headers);
  expect(given.headers.get('x-request-id')).toMatch(/\S/);
});

describe('MIME-10 transport', () => {
  it('MIME-10 serves two requests on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await send({ method: 'GET', path: '/Users', agent });
    const second = await send({ method: 'GET', path: '/Groups', agent });
    agent.destroy();
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.localPort).toBe(first.localPort);
  });

  it('MIME-10 answers Expect: 100-continue', async () => {
    const body = JSON.stringify(user());
    const headers = { expect: '100-continue', 'content-length': String(Buffer.byteLength(body)) };
    const answer = await send({ method: 'POST', path: '/Users', headers, body });
    expect(answer.continued).toBe(true);
    expect(answer.status).toBe(201);
  });
});

it('MIME-12 keeps SCIM JSON in front of a browser', async () => {
  const headers = { origin: 'https://console.example.com', 'sec-fetch-mode': 'cors' };
  const response = await organization.scim('GET', '/Users', undefined, headers);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/scim\+json/);
});

interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent?: Agent;
}

interface RawResponse {
  readonly status: number | undefined;
  readonly contentType: string | undefined;
  readonly localPort: number | undefined;
  readonly continued: boolean;
}

/** Sends only the headers given, which `fetch` would complete; the body waits for `100 Continue`. */
function send({ method, path, headers, body, agent }: RawRequest): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    let continued = false;
    let localPort: number | undefined;
    const outgoing = request(
      organization.scimUrl + path,
      {
        method,
        ...(agent === undefined ? {} : { agent }),
        headers: {
          authorization: `Bearer ${organization.token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
          ...headers,
        },
      },
      (response) => {
        response.resume().on('end', () =>
          resolve({
            status: response.statusCode,
            contentType: response.headers['content-type'],
            localPort,
            continued,
          }),
        );
      },
    );
    outgoing.on('socket', (socket) => {
      localPort = socket.localPort;
      socket.once('connect', () => (localPort = socket.localPort));
    });
    outgoing.on('error', reject);
    if (headers?.['expect'] === undefined) return void outgoing.end(body);
    outgoing.on('continue', () => {
      continued = true;
      outgoing.end(body);
    });
    outgoing.flushHeaders();
  });
}
