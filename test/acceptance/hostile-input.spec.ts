import {
  GROUP,
  USER,
  expectScimError,
  newOrganization,
  patchOp,
  randomUserName,
} from '../support/scim-client.js';
import type { ScimDocument, ScimResponse, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const DEEP = 10_000;

let organization: TestOrganization;
let user: ScimDocument;
let group: ScimDocument;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
  user = await organization.createUser({ displayName: 'Ada' });
  group = await organization.createGroup();
});

/** Whatever a test here sends, nothing of it may be stored. */
async function expectNothingStored(): Promise<void> {
  expect((await organization.read('/Users')).Resources).toEqual([user]);
  expect((await organization.read('/Groups')).Resources).toEqual([group]);
}

afterEach(expectNothingStored);

/** The text of a new user's JSON with `member` put first. */
function userWith(member: string): string {
  return `{${member},${JSON.stringify({ schemas: [USER], userName: randomUserName() }).slice(1)}`;
}

function nested(open: string, close: string, depth = DEEP): string {
  return open.repeat(depth) + close.repeat(depth);
}

/** Sends the text as the body of a POST, a PUT and a PATCH. */
async function sendEverywhere(text: string, headers = {}): Promise<ScimResponse[]> {
  return [
    await organization.scim('POST', '/Users', text, headers),
    await organization.scim('PUT', `/Users/${user.id}`, text, headers),
    await organization.scim('PATCH', `/Users/${user.id}`, text, headers),
    await organization.scim('POST', '/Groups', text, headers),
    await organization.scim('PATCH', `/Groups/${group.id}`, text, headers),
  ];
}

it.each(['{', '{"a":1,}', "{'a':1}", '\u0000', '{"a":NaN}', '<user/>', '{"a":"\n"}'])(
  'refuses the malformed JSON %j',
  async (text) => {
    for (const response of await sendEverywhere(text)) {
      expectScimError(response, 400, 'invalidSyntax');
    }
  },
);

it.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'text/json5', '*/*'])(
  'refuses the media type %s',
  async (type) => {
    const text = userWith('"displayName":"x"');
    for (const response of await sendEverywhere(text, { 'content-type': type })) {
      expectScimError(response, 415);
    }
  },
);

it('refuses a form', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  for (const response of await sendEverywhere('userName=x', headers)) {
    expectScimError(response, 415);
  }
});

it.each([
  ['in a new user', '"__proto__":{"polluted":true}'],
  ['deep in a new user', '"name":{"__proto__":{"polluted":true}}'],
  ['in an element', '"emails":[{"__proto__":{"polluted":true},"value":"a@example.com"}]'],
])('refuses __proto__ %s', async (_where, member) => {
  const response = await organization.scim('POST', '/Users', userWith(member));
  expectScimError(response, 400);
});

it.each([
  '{"op":"add","value":{"__proto__":{"polluted":true}}}',
  '{"op":"add","path":"__proto__","value":{"polluted":true}}',
  '{"op":"add","path":"name","value":{"__proto__":{"polluted":true}}}',
  '{"op":"replace","path":"constructor.prototype.polluted","value":true}',
])('refuses the operation %s', async (operation) => {
  const text = `{"schemas":${JSON.stringify(patchOp()['schemas'])},"Operations":[${operation}]}`;
  expectScimError(await organization.scim('PATCH', `/Users/${user.id}`, text), 400);
});

it.each([
  ['NUL', String.raw`\u0000`],
  ['NUL within', String.raw`a\u0000b`],
  ['a lone high surrogate', String.raw`\ud800`],
  ['a lone low surrogate', String.raw`a\udc00b`],
  ['surrogates in the wrong order', String.raw`\udc00\ud800`],
])('refuses %s in any string', async (_what, escaped) => {
  for (const member of [
    `"displayName":"${escaped}"`,
    `"externalId":"${escaped}"`,
    `"name":{"givenName":"${escaped}"}`,
    `"emails":[{"value":"${escaped}"}]`,
  ]) {
    const response = await organization.scim('POST', '/Users', userWith(member));
    expectScimError(response, 400, ['invalidValue', 'invalidSyntax']);
  }
  const userName = `{"schemas":["${USER}"],"userName":"${escaped}"}`;
  expectScimError(await organization.scim('POST', '/Users', userName), 400);
  const displayName = `{"schemas":["${GROUP}"],"displayName":"${escaped}"}`;
  expectScimError(await organization.scim('POST', '/Groups', displayName), 400);
  const operation = `{"op":"replace","path":"displayName","value":"${escaped}"}`;
  const patch = `{"schemas":${JSON.stringify(patchOp()['schemas'])},"Operations":[${operation}]}`;
  expectScimError(await organization.scim('PATCH', `/Users/${user.id}`, patch), 400);
  expectScimError(await organization.scim('PATCH', `/Groups/${group.id}`, patch), 400);
});

it.each([String.raw`\u0000`, String.raw`\ud800`, '%00'])(
  'finds nobody by, or refuses, %s in a filter',
  async (escaped) => {
    for (const [path, attribute] of [
      ['/Users', 'userName'],
      ['/Users', 'name.givenName'],
      ['/Groups', 'displayName'],
    ]) {
      const response = await organization.search(`${attribute} eq "${escaped}"`, path);
      if (response.status === 200) expect(response.body.totalResults).toBe(0);
      else expectScimError(response, 400, 'invalidFilter');
    }
  },
);

it('refuses a body of 2 MB with 413', async () => {
  const text = userWith(`"displayName":"${'x'.repeat(2 * 1024 * 1024)}"`);
  for (const response of await sendEverywhere(text)) expectScimError(response, 413);
});

it.each([
  ['lists', `"deep":${nested('[', ']')}`],
  ['objects', `"deep":${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`],
  ['lists of a known attribute', `"emails":${nested('[', ']')}`],
  ['objects of a known attribute', `"name":${'{"name":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`],
])('refuses JSON 10,000 deep in %s', async (_what, member) => {
  for (const response of await sendEverywhere(userWith(member))) expectScimError(response, 400);
});

it('refuses a PATCH whose value is 10,000 deep', async () => {
  const value = nested('[', ']');
  const text = `{"schemas":${JSON.stringify(patchOp()['schemas'])},"Operations":[{"op":"add","path":"name","value":${value}}]}`;
  expectScimError(await organization.scim('PATCH', `/Users/${user.id}`, text), 400);
});

it.each([
  ['parentheses', `${'('.repeat(1_000)}userName pr${')'.repeat(1_000)}`],
  ['negations', `${'not ('.repeat(1_000)}userName pr${')'.repeat(1_000)}`],
  ['brackets', 'emails['.repeat(1_000)],
])('refuses a filter nested 1,000 deep in %s', async (_what, filter) => {
  expectScimError(await organization.search(filter), 400, 'invalidFilter');
});

it('answers a filter of 500 clauses or refuses it', async () => {
  const filter = Array.from({ length: 500 }, () => 'title pr').join(' or ');
  const response = await organization.search(filter);
  if (response.status === 200) expect(response.body.totalResults).toBe(0);
  else expectScimError(response, 400, 'invalidFilter');
});

it('refuses a PATCH path with a filter nested 1,000 deep', async () => {
  const path = `emails[${'('.repeat(1_000)}type pr${')'.repeat(1_000)}]`;
  const response = await organization.patchUser(user.id, { op: 'remove', path });
  expectScimError(response, 400, ['invalidPath', 'invalidFilter']);
});

it.each([
  `'`,
  `"`,
  `';DROP TABLE users;--`,
  `" or "" eq "`,
  `\\`,
  '%',
  '_',
  `{{7*7}}`,
  '\u{1F600}',
])('answers 404 for the id %j', async (id) => {
  const encoded = encodeURIComponent(id);
  for (const path of [`/Users/${encoded}`, `/Groups/${encoded}`]) {
    expectScimError(await organization.scim('GET', path), 404);
    expectScimError(await organization.scim('DELETE', path), 404);
    const change = patchOp({ op: 'replace', path: 'displayName', value: 'x' });
    expectScimError(await organization.scim('PATCH', path, change), 404);
  }
});

it.each([`'`, `"`, `' or '1'='1`, `" or userName pr or userName eq "`, '%', '\\'])(
  'finds nobody by the value %j',
  async (value) => {
    const { body } = await organization.search(`userName eq ${JSON.stringify(value)}`);
    expect(body.totalResults).toBe(0);
  },
);

it.each([
  'startIndex=99999999999999999999',
  'count=99999999999999999999',
  'startIndex=1&startIndex=2',
  'filter=userName%20pr&filter=title%20pr',
  'attributes=userName&attributes=emails',
  'sortBy=userName&sortBy=title',
  'sortBy=__proto__',
  'sortBy=%00',
  'attributes=__proto__,constructor',
  'filter=%FF',
  'filter[userName]=x',
  '%',
])('answers or refuses the query %s', async (query) => {
  const response = await organization.scim('GET', `/Users?${query}`);
  if (response.status !== 200) expectScimError(response, 400);
});

it.each(['__proto__ eq "x"', 'constructor pr', 'name.__proto__ pr', 'toString eq "x"'])(
  'refuses the filter %s',
  async (filter) => {
    expectScimError(await organization.search(filter), 400, 'invalidFilter');
  },
);

it('refuses a token of another organization for everything', async () => {
  const other = await newOrganization(organization.service);
  const authorization = `Bearer ${other.token}`;
  const send = (method: string, path: string, body?: unknown) =>
    organization.scim(method, path, body, { authorization });
  const answers = [
    await send('GET', '/Users'),
    await send('GET', `/Users/${user.id}`),
    await send('GET', '/Users/unknown-id'),
    await send('POST', '/Users', { schemas: [USER], userName: randomUserName() }),
    await send('DELETE', `/Users/${user.id}`),
    await send('PATCH', `/Groups/${group.id}`, patchOp()),
  ];
  for (const answer of answers) {
    expectScimError(answer, [401, 403]);
    expect(answer.body).toEqual(answers[0]!.body);
  }
});

it.each(['TRACE_ME', 'x'.repeat(3_000)])('ignores an unknown header with %s', async (value) => {
  const headers = { 'x-anything': value, 'x-http-method-override': 'DELETE' };
  const response = await organization.scim('GET', `/Users/${user.id}`, undefined, headers);
  expect(response.status).toBe(200);
});
