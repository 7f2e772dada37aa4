import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const LIST_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** A running service and a key that administers all of it. */
export interface Service {
  readonly url: string;
  readonly adminKey: string;
}

export type Attributes = Readonly<Record<string, unknown>>;

/** One value of a multi-valued complex attribute, with the sub-attributes the specs read. */
export interface MultiValue {
  readonly value?: string;
  readonly type?: string;
  readonly display?: string;
  readonly primary?: boolean;
  readonly $ref?: string;
  readonly [subAttribute: string]: unknown;
}

/**
 * Any SCIM body, with the members the specs read declared as if always present.
 * A member that the answer lacks is `undefined` at run time, and the expectation that reads it fails.
 */
export interface ScimDocument {
  readonly schemas: readonly string[];
  readonly id: string;
  readonly userName: string;
  readonly displayName: string;
  readonly meta: Readonly<
    Record<'resourceType' | 'created' | 'lastModified' | 'location' | 'version', string>
  >;
  readonly emails: readonly MultiValue[];
  readonly roles: readonly MultiValue[];
  readonly addresses: readonly MultiValue[];
  readonly phoneNumbers: readonly MultiValue[];
  readonly groups: readonly MultiValue[];
  readonly members: readonly MultiValue[];
  readonly totalResults: number;
  readonly startIndex: number;
  readonly itemsPerPage: number;
  readonly Resources: readonly ScimDocument[];
  readonly status: string;
  readonly scimType: string;
  readonly detail: string;
  readonly [attribute: string]: unknown;
}

export interface ScimResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ScimDocument;
  readonly text: string;
}

/** A body of the management API; see {@link ScimDocument} for why nothing is optional. */
export interface ApiDocument {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly type: string;
  readonly items: readonly ApiDocument[];
  readonly [member: string]: unknown;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ApiDocument;
  readonly text: string;
}

/** `null` leaves a header out that the client would otherwise send. */
export type RequestHeaders = Readonly<Record<string, string | null>>;

export interface OrganizationOptions {
  /** Leave SCIM off and issue no token. */
  readonly enableScim?: boolean;
}

/** One organization with its SCIM endpoint and its part of the management API. */
export class TestOrganization {
  readonly scimUrl: string;

  constructor(
    readonly service: Service,
    readonly slug: string,
    readonly token: string,
  ) {
    this.scimUrl = `${service.url}/scim/v2/${slug}`;
  }

  /**
   * Sends one SCIM request and checks what holds for every answer: see {@link checkProtocol}.
   * @param path below the organization's base URL, or an absolute URL
   * @param body sent as it is when a string, as JSON otherwise
   */
  async scim(
    method: string,
    path: string,
    body?: unknown,
    headers: RequestHeaders = {},
  ): Promise<ScimResponse> {
    const url = path.startsWith('http') ? path : this.scimUrl + path;
    const sent = requestHeaders(
      {
        authorization: `Bearer ${this.token}`,
        accept: 'application/scim+json',
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
      },
      headers,
    );
    const response = await fetch(url, { method, headers: sent, body: encodeBody(body) });
    const text = await response.text();
    const answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: parseBody<ScimDocument>(text),
    };
    checkProtocol(`${method} ${url.slice(0, 300)}`, answer, sent['accept'] === 'application/json');
    return answer;
  }

  /** Calls the management API below `/api/organizations/{slug}` with the administrator's key. */
  api(method: string, path: string, body?: unknown): Promise<ApiResponse> {
    return callApi(this.service, method, `/api/organizations/${this.slug}${path}`, body);
  }

  /** Issues a further token and returns this organization seen through it. */
  async withNewToken(name = `token-${randomUUID()}`): Promise<TestOrganization & { id: string }> {
    const { body } = await expectCreated(this.api('POST', '/scim/tokens', { name }));
    return Object.assign(new TestOrganization(this.service, this.slug, body.token), {
      id: body.id,
    });
  }

  /** Creates a user with a random userName unless one is given. */
  async createUser(attributes: Attributes = {}): Promise<ScimDocument> {
    const user = { schemas: [USER], userName: randomUserName(), ...attributes };
    return (await expectCreated(this.scim('POST', '/Users', user))).body;
  }

  /** Creates a group with a random displayName unless one is given. */
  async createGroup(attributes: Attributes = {}): Promise<ScimDocument> {
    const group = { schemas: [GROUP], displayName: randomDisplayName(), ...attributes };
    return (await expectCreated(this.scim('POST', '/Groups', group))).body;
  }

  async read(path: string): Promise<ScimDocument> {
    const response = await this.scim('GET', path);
    assert.equal(response.status, 200, `GET ${path}: ${response.text}`);
    return response.body;
  }

  readUser(id: string): Promise<ScimDocument> {
    return this.read(`/Users/${id}`);
  }

  readGroup(id: string): Promise<ScimDocument> {
    return this.read(`/Groups/${id}`);
  }

  patch(path: string, ...operations: readonly unknown[]): Promise<ScimResponse> {
    return this.scim('PATCH', path, patchOp(...operations));
  }

  patchUser(id: string, ...operations: readonly unknown[]): Promise<ScimResponse> {
    return this.patch(`/Users/${id}`, ...operations);
  }

  patchGroup(id: string, ...operations: readonly unknown[]): Promise<ScimResponse> {
    return this.patch(`/Groups/${id}`, ...operations);
  }

  /** @param parameters further query parameters, already encoded, such as `count=1` */
  search(filter: string, resource = '/Users', parameters = ''): Promise<ScimResponse> {
    const suffix = parameters === '' ? '' : `&${parameters}`;
    return this.scim('GET', `${resource}?filter=${encodeURIComponent(filter)}${suffix}`);
  }
}

/** Creates an organization of its own for a spec file, with SCIM on and one token. */
export async function newOrganization(
  service: Service,
  options: OrganizationOptions = {},
): Promise<TestOrganization> {
  const slug = `t-${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  await expectCreated(
    callApi(service, 'POST', '/api/organizations', { slug, displayName: `Test ${slug}` }),
  );
  const organization = new TestOrganization(service, slug, 'no-token-issued');
  if (options.enableScim === false) return organization;
  const enabled = await organization.api('POST', '/scim/enable');
  assert.ok(enabled.status < 300, `enable SCIM: ${enabled.status} ${enabled.text}`);
  return organization.withNewToken();
}

export async function callApi(
  service: Service,
  method: string,
  path: string,
  body?: unknown,
  headers: RequestHeaders = {},
): Promise<ApiResponse> {
  const response = await fetch(service.url + path, {
    method,
    headers: requestHeaders(
      {
        authorization: `Bearer ${service.adminKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      headers,
    ),
    body: encodeBody(body),
  });
  const text = await response.text();
  assert.ok(response.status < 500, `${method} ${path}: ${response.status} ${text}`);
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: parseBody<ApiDocument>(text),
  };
}

export function patchOp(...operations: readonly unknown[]): Attributes {
  return { schemas: [PATCH_OP], Operations: operations };
}

export function randomUserName(): string {
  return `user-${randomUUID()}@example.com`;
}

export function randomDisplayName(): string {
  return `Group ${randomUUID()}`;
}

/** Expects a SCIM Error; with several statuses or scimTypes any of them will do. */
export function expectScimError(
  response: ScimResponse,
  status: number | readonly number[],
  scimType?: string | readonly string[],
): void {
  expect([status].flat()).toContain(response.status);
  expect(response.body.schemas).toEqual([ERROR]);
  if (scimType !== undefined) expect([scimType].flat()).toContain(response.body.scimType);
}

/** Runs `task` for every item, at most `width` at a time, and keeps the order of the results. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

/** Repeats `read` until `accept` holds; the last value read decides when `timeoutMs` is over. */
export async function eventually<Value>(
  read: () => Promise<Value>,
  accept: (value: Value) => boolean,
  timeoutMs = 5_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  let value = await read();
  while (!accept(value) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    value = await read();
  }
  return value;
}

async function expectCreated<Response extends { status: number; text: string }>(
  pending: Promise<Response>,
): Promise<Response> {
  const response = await pending;
  assert.equal(response.status, 201, response.text);
  return response;
}

function requestHeaders(defaults: RequestHeaders, given: RequestHeaders): Record<string, string> {
  const entries = Object.entries({ ...defaults, ...given });
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

function encodeBody(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
}

function parseBody<Document>(text: string): Document {
  try {
    return JSON.parse(text === '' ? '{}' : text) as Document;
  } catch {
    return {} as Document;
  }
}

const SCIM_TYPES = [
  undefined,
  ...['invalidFilter', 'tooMany', 'uniqueness', 'mutability', 'invalidSyntax', 'invalidPath'],
  ...['noTarget', 'invalidValue', 'invalidVers', 'sensitive', 'invalidCursor', 'expiredCursor'],
  'invalidCount',
];

/**
 * Throws unless the answer keeps what RFC 7644 §3.8 and §3.12 ask of every one of them: no 500, the
 * SCIM media type on every body, an Error for every failure, no internals in it, and the id asked for.
 */
function checkProtocol(request: string, answer: ScimResponse, mayBeJson: boolean): void {
  const shown = `${request} → ${answer.status} ${answer.text.slice(0, 500)}`;
  const { body, status, text } = answer;
  assert.ok(status < 500 || status === 501, `server failure: ${shown}`);
  if (status === 204 || status === 304)
    assert.equal(text, '', `a body where none may be: ${shown}`);
  if (text === '') {
    assert.ok(status < 400, `an error without a body: ${shown}`);
    return;
  }
  const contentType = answer.headers.get('content-type') ?? 'none';
  const mediaType = contentType.split(';', 1)[0]?.trim();
  const isScim = mediaType === 'application/scim+json';
  assert.ok(
    isScim || (mayBeJson && mediaType === 'application/json'),
    `Content-Type ${contentType}: ${shown}`,
  );
  if (status >= 400) {
    assert.deepEqual(body.schemas, [ERROR], `not a SCIM Error: ${shown}`);
    assert.equal(body.status, String(status), `status is not the HTTP code as a string: ${shown}`);
    assert.ok(typeof body.detail === 'string' && body.detail !== '', `no detail: ${shown}`);
    assert.ok(SCIM_TYPES.includes(body.scimType), `unknown scimType: ${shown}`);
    assert.doesNotMatch(text, /\\n\s+at |node_modules|QueryFailed|SELECT .* FROM/, shown);
    return;
  }
  const asked = /\/(?:Users|Groups)\/([^/?]+)/.exec(request)?.[1];
  if (asked !== undefined) {
    assert.equal(body.id, decodeURIComponent(asked).replace(/\.scim$/, ''), `other id: ${shown}`);
  }
  for (const resource of body.Resources ?? []) {
    assert.ok(typeof resource.id === 'string' && resource.id !== '', `item without id: ${shown}`);
  }
}
