import {
  ENTERPRISE,
  USER,
  expectScimError,
  newOrganization,
  randomUserName,
} from '../support/scim-client.js';
import type { ScimDocument, TestOrganization } from '../support/scim-client.js';
import { sharedService } from '../support/service.js';

const MANAGER = `${ENTERPRISE}:manager`;

let organization: TestOrganization;
let boss: ScimDocument;

beforeAll(async () => {
  organization = await newOrganization(await sharedService());
  boss = await organization.createUser({ displayName: 'The Boss' });
});

interface Enterprise {
  readonly manager?: Readonly<Record<string, string>>;
  readonly [attribute: string]: unknown;
}

function enterpriseOf(user: ScimDocument): Enterprise | undefined {
  return user[ENTERPRISE] as Enterprise | undefined;
}

async function managerOf(id: string): Promise<string | undefined> {
  return enterpriseOf(await organization.readUser(id))?.manager?.['value'];
}

function managed(): Promise<ScimDocument> {
  return organization.createUser({
    [ENTERPRISE]: { department: 'Engines', manager: { value: boss.id } },
  });
}

it('ENT-01 keeps every attribute of the extension, without what the client says of the manager', async () => {
  const flat = {
    employeeNumber: '701984',
    costCenter: '4130',
    organization: 'Universal',
    division: 'Theme Park',
    department: 'Tours',
  };
  const user = await organization.createUser({
    schemas: [USER, ENTERPRISE],
    [ENTERPRISE]: { ...flat, manager: { value: boss.id, displayName: 'An Impostor' } },
  });
  const { manager, ...rest } = enterpriseOf(await organization.readUser(user.id))!;
  expect(rest).toEqual(flat);
  expect(manager?.['value']).toBe(boss.id);
  expect([undefined, 'The Boss']).toContain(manager?.['displayName']);
  expect(enterpriseOf(user)).toEqual({ ...flat, manager });
});

it.each(['POST', 'PUT'])('ENT-02 accepts the manager as a bare string in a %s', async (method) => {
  const userName = randomUserName();
  const body = { schemas: [USER, ENTERPRISE], userName, [ENTERPRISE]: { manager: boss.id } };
  const path =
    method === 'POST' ? '/Users' : `/Users/${(await organization.createUser({ userName })).id}`;
  const response = await organization.scim(method, path, body);
  expect(response.status).toBe(method === 'POST' ? 201 : 200);
  expect(await managerOf(response.body.id)).toBe(boss.id);
});

it.each([
  ['ENT-03', 'Add', MANAGER, (id: string) => id],
  ['ENT-03', 'replace', MANAGER, (id: string) => id],
  ['ENT-04', 'replace', MANAGER, (id: string) => ({ value: id })],
  ['ENT-04', 'add', MANAGER, (id: string) => ({ value: id })],
  ['ENT-04', 'replace', `${MANAGER}.value`, (id: string) => id],
  ['ENT-04', 'Add', MANAGER, (id: string) => [{ $ref: '../Users/x', value: id }]],
  ['ENT-04', 'Add', 'manager', (id: string) => [{ $ref: '../Users/x', value: id }]],
  ['ENT-06', 'replace', `${ENTERPRISE}.manager`, (id: string) => id],
])('%s: %s of %s sets the manager', async (_id, op, path, value) => {
  const { id } = await organization.createUser();
  const response = await organization.patchUser(id, { op, path, value: value(boss.id) });
  expect(response.status).toBe(200);
  expect(await managerOf(id)).toBe(boss.id);
});

it.each([
  ['the empty string', { op: 'replace', path: MANAGER, value: '' }],
  ['an empty value', { op: 'replace', path: MANAGER, value: { value: '' } }],
  ['null', { op: 'replace', path: MANAGER, value: null }],
  ['a remove', { op: 'Remove', path: MANAGER }],
  ['an add of the empty string', { op: 'Add', path: MANAGER, value: '' }],
])('ENT-05 clears the manager by %s', async (_how, operation) => {
  const { id } = await managed();
  expect((await organization.patchUser(id, operation)).status).toBe(200);
  expect(await managerOf(id)).toBeUndefined();
  expect(enterpriseOf(await organization.readUser(id))).toEqual({ department: 'Engines' });
});

it("ENT-08 never stores the client's name of the manager", async () => {
  const { id } = await managed();
  const path = `${MANAGER}.displayName`;
  const response = await organization.patchUser(id, { op: 'replace', path, value: 'An Impostor' });
  if (response.status !== 200) expectScimError(response, 400, 'mutability');
  expect(JSON.stringify(await organization.readUser(id))).not.toContain('An Impostor');
});

it('ENT-09 accepts or refuses a manager it does not know, without telling about other organizations', async () => {
  const other = await newOrganization(organization.service);
  const foreign = await other.createUser({ displayName: 'A Foreign Secret' });
  for (const value of ['not-here-yet', foreign.id]) {
    const body = {
      schemas: [USER, ENTERPRISE],
      userName: randomUserName(),
      [ENTERPRISE]: { manager: { value } },
    };
    const response = await organization.scim('POST', '/Users', body);
    expect([201, 400]).toContain(response.status);
    expect(response.text).not.toContain('A Foreign Secret');
  }
});

it.each([
  ['its value', { op: 'remove', path: `${MANAGER}.value` }],
  ['itself', { op: 'remove', path: MANAGER }],
])('ENT-10 removes the manager, and the empty extension, with %s', async (_what, operation) => {
  const { id } = await organization.createUser({ [ENTERPRISE]: { manager: { value: boss.id } } });
  expect((await organization.patchUser(id, operation)).status).toBe(200);
  const user = await organization.readUser(id);
  expect(Object.keys(user)).not.toContain(ENTERPRISE);
  expect(user.schemas).toEqual([USER]);
});

it('ENT-13 lets two users share an employeeNumber, whose published uniqueness is none', async () => {
  const schema = await organization.read(`/Schemas/${ENTERPRISE}`);
  expect(schema['attributes']).toContainEqual(
    expect.objectContaining({ name: 'employeeNumber', uniqueness: 'none' }),
  );
  await organization.createUser({ [ENTERPRISE]: { employeeNumber: '1' } });
  await organization.createUser({ [ENTERPRISE]: { employeeNumber: '1' } });
});

it('accepts the URN without its colon, as Entra documents it once', async () => {
  const { status } = await organization.scim('POST', '/Users', {
    schemas: [USER, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0User'],
    userName: randomUserName(),
  });
  expect(status).toBe(201);
});
