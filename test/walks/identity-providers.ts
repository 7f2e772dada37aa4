import { randomUUID } from 'node:crypto';
import { ENTERPRISE, GROUP, USER } from '../support/scim-client.js';
import type {
  Attributes,
  MultiValue,
  ScimResponse,
  TestOrganization,
} from '../support/scim-client.js';

export interface ProfileChange {
  readonly displayName: string;
  readonly givenName: string;
  readonly email: string;
}

type Sent = Promise<ScimResponse>;

/** How one identity provider words its requests. */
export interface IdentityProvider {
  /** What it asks when its connection is tested, of an empty organization. */
  readonly probes: readonly string[];
  readonly user: (userName: string) => Attributes;
  readonly group: (displayName: string) => Attributes;
  readonly changeProfile: (at: TestOrganization, id: string, change: ProfileChange) => Sent;
  readonly setActive: (at: TestOrganization, id: string, active: boolean) => Sent;
  readonly rename: (at: TestOrganization, id: string, displayName: string) => Sent;
  readonly addMember: (at: TestOrganization, group: string, user: string) => Sent;
  readonly removeMember: (at: TestOrganization, group: string, user: string) => Sent;
}

const OKTA_HEADERS = { 'user-agent': 'Okta SCIM Client 1.0.0', 'content-type': 'application/json' };
const MICROSOFT_GROUP = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group';

export const OKTA_PROBES = ['/Users?startIndex=1&count=2', '/Groups?startIndex=1&count=100'];

/** The body of Okta's POST, groups and meaningless password included. */
export function oktaUser(userName: string): Attributes {
  return {
    schemas: [USER],
    userName,
    name: { givenName: 'Test', familyName: 'User' },
    emails: [{ primary: true, value: userName, type: 'work' }],
    displayName: 'Test User',
    locale: 'en-US',
    externalId: `00u${randomUUID().replaceAll('-', '').slice(0, 17)}`,
    groups: [],
    password: '1mz050nq',
    active: true,
  };
}

export function lookup(resource: '/Users' | '/Groups', filter: string): string {
  return `${resource}?filter=${encodeURIComponent(filter)}&startIndex=1&count=100`;
}

/** Okta's update: it reads the user and sends back all that it read, with the changes. */
export async function putWhatWasRead(
  at: TestOrganization,
  id: string,
  changes: Attributes,
): Promise<ScimResponse> {
  const read = await at.readUser(id);
  return at.scim('PUT', `/Users/${id}`, { ...read, ...changes }, OKTA_HEADERS);
}

/** A custom Okta app sends every change of a group as the whole group. */
async function putGroup(
  at: TestOrganization,
  id: string,
  change: (members: readonly MultiValue[]) => Attributes,
): Promise<ScimResponse> {
  const { displayName, members: read } = await at.readGroup(id);
  const members = read ?? [];
  const body = { schemas: [GROUP], id, displayName, members, ...change(members) };
  return at.scim('PUT', `/Groups/${id}`, body, OKTA_HEADERS);
}

const okta = {
  probes: OKTA_PROBES,
  user: oktaUser,
  group: (displayName: string) => ({ schemas: [GROUP], displayName, members: [] }),
  changeProfile: (at: TestOrganization, id: string, change: ProfileChange) =>
    putWhatWasRead(at, id, {
      displayName: change.displayName,
      name: { givenName: change.givenName, familyName: 'User' },
      emails: [{ primary: true, value: change.email, type: 'work' }],
    }),
};

const oktaCatalogue: IdentityProvider = {
  ...okta,
  setActive: (at, id, active) => at.patchUser(id, { op: 'replace', value: { active } }),
  rename: (at, id, displayName) => at.patchGroup(id, { op: 'replace', value: { id, displayName } }),
  addMember: (at, group, value) =>
    at.patchGroup(group, { op: 'add', path: 'members', value: [{ value, display: 'shown' }] }),
  removeMember: (at, group, value) =>
    at.patchGroup(group, { op: 'remove', path: `members[value eq "${value}"]` }),
};

const oktaCustom: IdentityProvider = {
  ...okta,
  setActive: (at, id, active) => putWhatWasRead(at, id, { active }),
  rename: (at, id, displayName) => putGroup(at, id, () => ({ displayName })),
  addMember: (at, group, value) =>
    putGroup(at, group, (members) => ({ members: [...members, { value }] })),
  removeMember: (at, group, value) =>
    putGroup(at, group, (members) => ({
      members: members.filter((member) => member.value !== value),
    })),
};

const entra = {
  probes: [
    lookup('/Users', `userName eq "${randomUUID()}"`),
    `/Groups?excludedAttributes=members&filter=displayName%20eq%20%22${randomUUID()}%22`,
  ],
  user: (userName: string) => ({
    schemas: [USER, ENTERPRISE],
    externalId: randomUUID(),
    userName,
    active: true,
    emails: [{ primary: true, type: 'work', value: userName }],
    meta: { resourceType: 'User' },
    name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
    roles: [],
  }),
  group: (displayName: string) => ({
    schemas: [GROUP, MICROSOFT_GROUP],
    externalId: randomUUID(),
    displayName,
    meta: { resourceType: 'Group' },
  }),
};

const entraDefault: IdentityProvider = {
  ...entra,
  changeProfile: (at, id, { displayName, givenName, email }) =>
    at.patchUser(
      id,
      { op: 'Replace', path: 'emails[type eq "work"].value', value: email },
      { op: 'Replace', path: 'displayName', value: displayName },
      { op: 'Replace', path: 'name.givenName', value: givenName },
    ),
  setActive: (at, id, active) =>
    at.patchUser(id, { op: 'Replace', path: 'active', value: active ? 'True' : 'False' }),
  rename: (at, id, value) => at.patchGroup(id, { op: 'Replace', path: 'displayName', value }),
  addMember: (at, group, value) =>
    at.patchGroup(group, { op: 'Add', path: 'members', value: [{ $ref: null, value }] }),
  removeMember: (at, group, value) =>
    at.patchGroup(group, { op: 'Remove', path: 'members', value: [{ value }] }),
};

const entraFlag: IdentityProvider = {
  ...entra,
  changeProfile: (at, id, { displayName, givenName, email }) =>
    at.patchUser(
      id,
      { op: 'replace', path: 'emails[type eq "work"].value', value: email },
      { op: 'replace', value: { displayName, 'name.givenName': givenName } },
    ),
  setActive: (at, id, value) => at.patchUser(id, { op: 'replace', path: 'active', value }),
  rename: (at, id, value) => at.patchGroup(id, { op: 'replace', path: 'displayName', value }),
  addMember: (at, group, value) =>
    at.patchGroup(group, { op: 'add', path: 'members', value: [{ $ref: null, value }] }),
  removeMember: oktaCatalogue.removeMember,
};

/** By the names that a test's title shows. */
export const OKTA = {
  "Okta's catalogue app": oktaCatalogue,
  'a custom app of Okta': oktaCustom,
} as const;

export const ENTRA = {
  Entra: entraDefault,
  'Entra with aadOptscim062020': entraFlag,
} as const;
