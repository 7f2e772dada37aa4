import {
  ENTERPRISE,
  USER,
  expectScimError,
  newOrganization,
  patchOp,
} from '../support/scim-client.js';
import type { ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

let organization: TestOrganization;
let user: ScimDocument;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
  user = await organization.createUser({
    displayName: 'Ada',
    password: 'correct horse',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    emails: [
      { value: 'ada@example.com', type: 'work', primary: true },
      { value: 'ada@home.org', type: 'home' },
    ],
    [ENTERPRISE]: { department: 'Engines', employeeNumber: '1', manager: { value: 'm-1' } },
  });
});

function readWith(query: string): Promise<ScimDocument> {
  return organization.read(`/Users/${user.id}?${query}`);
}

const names = (body: ScimDocument): string[] => Object.keys(body).sort();

it('ATT-01 answers the attributes asked for and what is always returned, without meta', async () => {
  expect(names(await readWith('attributes=userName'))).toEqual(['id', 'schemas', 'userName']);
});

it('ATT-01 projects every item of a list', async () => {
  const { Resources } = await organization.read('/Users?attributes=userName');
  expect(names(Resources[0]!)).toEqual(['id', 'schemas', 'userName']);
});

it('ATT-02 answers one sub-attribute', async () => {
  expect((await readWith('attributes=name.givenName'))['name']).toEqual({ givenName: 'Ada' });
});

it('ATT-03 answers one sub-attribute of every value', async () => {
  const { emails } = await readWith('attributes=emails.type');
  expect(emails).toEqual([{ type: 'work' }, { type: 'home' }]);
});

it('ATT-04 answers whole complex values', async () => {
  expect((await readWith('attributes=emails')).emails).toEqual(user.emails);
});

it('ATT-05 reads fully qualified names', async () => {
  const body = await readWith(`attributes=${USER}:userName,${ENTERPRISE}:department`);
  expect(body.userName).toBe(user.userName);
  expect(body[ENTERPRISE]).toEqual({ department: 'Engines' });
  expect(body.displayName).toBeUndefined();
});

it('ATT-07 resolves the bare name of an extension attribute', async () => {
  expect((await readWith('attributes=manager'))[ENTERPRISE]).toEqual({
    manager: expect.objectContaining({ value: 'm-1' }),
  });
});

it.each(['USERNAME', 'userName,,', '%20userName%20,%20', ',UserName'])(
  'ATT-08 reads the list "%s" without regard to case, spaces and blanks',
  async (list) => {
    expect(names(await readWith(`attributes=${list}`))).toEqual(['id', 'schemas', 'userName']);
  },
);

it.each(['attributes=', 'excludedAttributes=', 'attributes=%20'])(
  'ATT-09 takes the empty %s for absent',
  async (query) => {
    expect(await readWith(query)).toEqual(await organization.readUser(user.id));
  },
);

it('ATT-10 answers only what is always returned for an unknown name', async () => {
  expect(names(await readWith('attributes=doesNotExist'))).toEqual(['id', 'schemas']);
});

it('ATT-12 never leaves out id and schemas', async () => {
  const body = await readWith('excludedAttributes=id,schemas,meta');
  expect(body.id).toBe(user.id);
  expect(body.schemas).toEqual(user.schemas);
});

it('ATT-13 leaves out meta when asked to', async () => {
  expect(names(await readWith('excludedAttributes=meta'))).not.toContain('meta');
});

it('leaves out a sub-attribute, an extension and an extension attribute when asked to', async () => {
  expect((await readWith('excludedAttributes=name.givenName'))['name']).toEqual({
    familyName: 'Lovelace',
  });
  expect((await readWith(`excludedAttributes=${ENTERPRISE}`))[ENTERPRISE]).toBeUndefined();
  const withoutDepartment = await readWith(`excludedAttributes=${ENTERPRISE}:department`);
  expect(withoutDepartment[ENTERPRISE]).toMatchObject({ employeeNumber: '1' });
  expect(withoutDepartment[ENTERPRISE]).not.toHaveProperty('department');
});

it('ATT-14 refuses attributes together with excludedAttributes', async () => {
  const query = 'attributes=userName&excludedAttributes=emails';
  const response = await organization.scim('GET', `/Users/${user.id}?${query}`);
  expectScimError(response, 400, 'invalidValue');
});

it.each(['attributes=password', 'attributes=userName,password', ''])(
  'ATT-15 never returns a password: "%s"',
  async (query) => {
    const { text } = await organization.scim('GET', `/Users/${user.id}?${query}`);
    expect(text).not.toMatch(/password|correct horse/);
  },
);

it('ATT-16 returns an attribute of returned "request" only when it is asked for', async () => {
  const schema = await organization.read(`/Schemas/${USER}`);
  const attributes = schema['attributes'] as readonly { name: string; returned: string }[];
  const onRequest = attributes.filter(({ returned }) => returned === 'request');
  const shown = names(await organization.readUser(user.id));
  expect(onRequest.filter(({ name }) => shown.includes(name))).toEqual([]);
});

it('ATT-18 reads a group without its members', async () => {
  const group = await organization.createGroup({ members: [{ value: user.id }] });
  const path = `/Groups/${group.id}`;
  expect(names(await organization.read(path))).toContain('members');
  const body = await organization.read(`${path}?excludedAttributes=members`);
  expect(names(body)).not.toContain('members');
  expect(body.displayName).toBe(group.displayName);
});

it('ATT-19 projects the answer of a PUT and of a PATCH', async () => {
  const other = await organization.createUser({ displayName: 'Grace' });
  const path = `/Users/${other.id}?attributes=displayName`;
  const put = await organization.scim('PUT', path, { ...other, displayName: 'Grace H.' });
  expect(put.status).toBe(200);
  expect(names(put.body)).toEqual(['displayName', 'id', 'schemas']);
  const operation = { op: 'replace', path: 'displayName', value: 'Grace' };
  const patch = await organization.scim('PATCH', path, patchOp(operation));
  expect(patch.status).toBe(200);
  expect(names(patch.body)).toEqual(['displayName', 'id', 'schemas']);
  expect(patch.body.displayName).toBe('Grace');
});

it('ATT-20 refuses or ignores a filter among the attributes', async () => {
  const query = `attributes=${encodeURIComponent('emails[type eq "work"]')}`;
  const response = await organization.scim('GET', `/Users/${user.id}?${query}`);
  if (response.status !== 200) expectScimError(response, 400);
  else expect(response.body.displayName).toBeUndefined();
});
