import { createServer, type Server } from 'node:http';
import { refuseUnreadable } from '../../src/http/malformed-request.js';
import { requestOf, sendRaw } from './raw-request.js';

let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(
    { requestTimeout: 200, headersTimeout: 100, connectionsCheckingInterval: 20 },
    (request, response) => {
      request.on('end', () => response.end()).resume();
    },
  );
  server.on('clientError', refuseUnreadable);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

it.each([
  ['headers over the limit', 431, requestOf('GET', '/', { 'x-long': 'x'.repeat(20_000) })],
  ['headers that never end', 408, 'GET / HTTP/1.1\r\nHost: x\r\n'],
  ['a body that never ends', 408, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{'],
  ['what is no HTTP', 400, 'hello\r\n\r\n'],
])('answers %s with %i and a SCIM Error', async (_what, expected, request) => {
  const { status, headers, text } = await sendRaw(url, request);
  expect(status).toBe(expected);
  expect(headers.get('content-type')).toBe('application/scim+json');
  expect(JSON.parse(text)).toMatchObject({ status: String(expected) });
});
