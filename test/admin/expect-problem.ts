import type { ApiResponse } from '../support/scim-client.js';

/** Expects a problem document, whole and with nothing of the service's inside in it. RFC 9457 §3.1 */
export function expectProblem(response: ApiResponse, status: number, reason: string): void {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(response.body).toMatchObject({
    type: `/problems/${reason}`,
    title: expect.stringMatching(/.+/),
    status,
    detail: expect.stringMatching(/.+/),
    instance: `urn:uuid:${response.headers.get('x-request-id')}`,
  });
  expect(response.status).toBe(status);
  expect(response.text).not.toMatch(/\\n\s+at |node_modules|QueryFailed|SELECT .* FROM/);
}

/** What a problem says, without what tells one request from another. */
export function withoutInstance({ body }: ApiResponse): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([member]) => member !== 'instance'));
}
