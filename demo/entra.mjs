/** Microsoft Entra ID as a SCIM client: as it is by default, and with `aadOptscim062020` on its tenant URL. */
import { randomUUID } from 'node:crypto';
import { filtered, patch } from './identity-provider.mjs';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const MICROSOFT_GROUP = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group';
const WITHOUT_MEMBERS = 'excludedAttributes=members&';

export const entraClient = { contentType: 'application/scim+json; charset=utf-8' };

export const entraFlag = 'aadOptscim062020';

const barbara = {
  userName: 'barbara.liskov@example.com',
  givenName: 'Barbara',
  familyName: 'Liskov',
};
const donald = { userName: 'donald.knuth@example.com', givenName: 'Donald', familyName: 'Knuth' };
const frances = {
  userName: 'frances.allen@example.com',
  givenName: 'Frances',
  familyName: 'Allen',
};
const niklaus = {
  userName: 'niklaus.wirth@example.com',
  givenName: 'Niklaus',
  familyName: 'Wirth',
};

/** One operation per attribute, capitalised operations, booleans as strings, members to remove as values. */
const byDefault = {
  change: ({ email, displayName, givenName, employeeNumber }) => [
    { op: 'Replace', path: 'emails[type eq "work"].value', value: email },
    { op: 'Replace', path: 'displayName', value: displayName },
    { op: 'Replace', path: 'name.givenName', value: givenName },
    { op: 'Add', path: `${ENTERPRISE}:employeeNumber`, value: employeeNumber },
  ],
  setManager: (id, location) => ({
    op: 'Add',
    path: 'manager',
    value: [{ $ref: location, value: id }],
  }),
  setActive: (active) => ({ op: 'Replace', path: 'active', value: active ? 'True' : 'False' }),
  rename: (displayName) => ({ op: 'Replace', path: 'displayName', value: displayName }),
  addMember: (value) => ({ op: 'Add', path: 'members', value: [{ $ref: null, value }] }),
  removeMember: (value) => ({ op: 'Remove', path: 'members', value: [{ value }] }),
};

/** One operation without path for all plain attributes, real booleans, members to remove by filter. */
const withFlag = {
  change: ({ email, displayName, givenName, employeeNumber }) => [
    { op: 'replace', path: 'emails[type eq "work"].value', value: email },
    {
      op: 'replace',
      value: {
        displayName,
        'name.givenName': givenName,
        [`${ENTERPRISE}:employeeNumber`]: employeeNumber,
      },
    },
  ],
  setManager: (id) => ({ op: 'add', path: `${ENTERPRISE}:manager`, value: id }),
  setActive: (active) => ({ op: 'replace', path: 'active', value: active }),
  rename: (displayName) => ({ op: 'replace', path: 'displayName', value: displayName }),
  addMember: (value) => ({ op: 'add', path: 'members', value: [{ $ref: null, value }] }),
  removeMember: (value) => ({ op: 'remove', path: `members[value eq "${value}"]` }),
};

export function entraDefault(entra) {
  return provision(entra, byDefault, [barbara, donald], ['Analysts', 'Data Analysts', 'Visitors']);
}

export function entraWithFlag(entra) {
  return provision(entra, withFlag, [frances, niklaus], ['Compilers', 'Compiler Team', 'Guests']);
}

/** The cycles of an Entra job from its first connection on, in one of its two dialects of PATCH. */
async function provision(entra, dialect, [first, second], [groupName, newName, shortLived]) {
  await testConnection(entra);
  const boss = await create(entra, first);
  const user = await create(entra, second);
  await updateProfile(entra, dialect, user, second);
  await patchUser(entra, 'Set the manager', user, dialect.setManager(boss.id, boss.meta.location));
  await checkUser(entra, user, { [ENTERPRISE]: { manager: { value: boss.id } } });
  for (const active of [false, true]) {
    const purpose = active ? 'Restore the user' : 'Unassign: disable the user';
    await patchUser(entra, purpose, user, dialect.setActive(active));
    await checkUser(entra, user, { active });
  }

  const group = await createGroup(entra, groupName);
  await patchGroup(entra, 'Add a member', group, dialect.addMember(boss.id));
  await patchGroup(entra, 'Add another member', group, dialect.addMember(user.id));
  await patchGroup(entra, 'Remove one member', group, dialect.removeMember(boss.id));
  await patchGroup(entra, 'Rename the group', group, dialect.rename(newName));
  await entra.lookUp('Find it under its new name', groupLookup(newName), { found: true });
  await entra.send('What Entra never reads: the membership', 'GET', `/Groups/${group.id}`, {
    status: [200],
    answer: { displayName: newName, members: [{ value: user.id }] },
  });

  const visitors = await createGroup(entra, shortLived);
  await remove(entra, 'Delete a group', `/Groups/${visitors.id}`);
  await patchUser(entra, 'Soft-delete the user', boss, dialect.setActive(false));
  await remove(entra, 'Thirty days later: delete it', `/Users/${boss.id}`);
}

async function testConnection(entra) {
  const nobody = filtered('/Users', `userName eq "${randomUUID()}"`);
  await entra.lookUp('Test connection', nobody, { found: false });
  await entra.lookUp('Test connection', groupLookup(randomUUID()), { found: false });
}

async function create(entra, { userName, givenName, familyName }) {
  const externalId = randomUUID();
  for (const filter of [`externalId eq "${externalId}"`, `userName eq "${userName}"`]) {
    await entra.lookUp('Match the user', filtered('/Users', filter), { found: false });
  }
  const user = await entra.send('Create the user', 'POST', '/Users', {
    body: {
      schemas: [USER, ENTERPRISE],
      externalId,
      userName,
      active: true,
      emails: [{ primary: true, type: 'work', value: userName }],
      meta: { resourceType: 'User' },
      name: { formatted: `${givenName} ${familyName}`, familyName, givenName },
      roles: [],
    },
    status: [201],
    answer: { id: isId, externalId, userName, active: true },
  });
  const match = filtered('/Users', `externalId eq "${externalId}"`);
  await entra.lookUp('Match the user', match, { found: true });
  return user;
}

async function updateProfile(entra, dialect, user, { givenName, familyName }) {
  const change = {
    email: `${givenName.toLowerCase()}@example.org`,
    displayName: `${givenName} E. ${familyName}`,
    givenName: `${givenName} E.`,
    employeeNumber: '701984',
  };
  await patchUser(entra, 'Update the profile', user, ...dialect.change(change));
  await checkUser(entra, user, {
    displayName: change.displayName,
    name: { givenName: change.givenName, familyName },
    emails: [{ type: 'work', value: change.email, primary: true }],
    [ENTERPRISE]: { employeeNumber: change.employeeNumber },
  });
}

async function patchUser(entra, purpose, { id }, ...operations) {
  const body = patch(...operations);
  await entra.send(purpose, 'PATCH', `/Users/${id}`, { body, status: [200, 204] });
}

/** By the lookup that precedes every change: a disabled user must be found too. */
async function checkUser(entra, { id, externalId }, attributes) {
  await entra.send('Check it', 'GET', filtered('/Users', `externalId eq "${externalId}"`), {
    status: [200],
    answer: { totalResults: 1, Resources: [{ id, ...attributes }] },
  });
}

async function createGroup(entra, displayName) {
  await entra.lookUp('Match the group', groupLookup(displayName), { found: false });
  const externalId = randomUUID();
  const group = await entra.send('Create the group', 'POST', '/Groups', {
    body: {
      schemas: [GROUP, MICROSOFT_GROUP],
      externalId,
      displayName,
      meta: { resourceType: 'Group' },
    },
    status: [201],
    answer: { id: isId, externalId, displayName },
  });
  const found = await entra.lookUp('Match the group', groupLookup(displayName), { found: true });
  return { ...group, id: found.id };
}

async function patchGroup(entra, purpose, { id }, operation) {
  const body = patch(operation);
  await entra.send(purpose, 'PATCH', `/Groups/${id}`, { body, status: [200, 204] });
}

async function remove(entra, purpose, path) {
  await entra.send(purpose, 'DELETE', path, { status: [204] });
  await entra.send('It is gone', 'GET', path, { status: [404], answer: { status: '404' } });
}

function groupLookup(displayName) {
  return filtered('/Groups', `displayName eq "${displayName}"`, WITHOUT_MEMBERS);
}

function isId(value) {
  return typeof value === 'string' && value !== '';
}
