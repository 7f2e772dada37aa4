/** Okta as a SCIM client, in its two personalities: an app of its catalogue, and a custom app. */
import { isDeepStrictEqual } from 'node:util';
import { filtered, patch } from './identity-provider.mjs';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PAGE = 'startIndex=1&count=100&';

export const oktaClient = {
  headers: { 'user-agent': 'Okta SCIM Client 1.0.0' },
  contentType: 'application/json',
};

const ada = { userName: 'ada.lovelace@example.com', givenName: 'Ada', familyName: 'Lovelace' };
const grace = { userName: 'grace.hopper@example.com', givenName: 'Grace', familyName: 'Hopper' };
const alan = { userName: 'alan.turing@example.com', givenName: 'Alan', familyName: 'Turing' };
const edsger = {
  userName: 'edsger.dijkstra@example.com',
  givenName: 'Edsger',
  familyName: 'Dijkstra',
};

/** Updates by PUT; deactivates, renames and pushes memberships by PATCH, mostly without a path. */
export async function oktaCatalogueApp(okta) {
  await testCredentials(okta);
  const adaUser = await assign(okta, ada, '00ujl29u0le5T6Aj10h7');
  const graceUser = await assign(okta, grace, '00ujl29u0le5T6Aj10h8');
  await updateByPut(okta, adaUser.id, 'Update her profile', (read) => ({
    ...read,
    displayName: 'Ada King',
    name: { ...read.name, familyName: 'King' },
  }));
  await setActiveByPatch(okta, graceUser.id, false);
  await setActiveByPatch(okta, graceUser.id, true);

  const engineering = await pushGroup(okta, 'Engineering');
  await membership(okta, 'Add a member', engineering, [
    { op: 'add', path: 'members', value: [memberOf(adaUser)] },
  ]);
  await membership(okta, 'Remove one member, add another', engineering, [
    { op: 'remove', path: `members[value eq "${adaUser.id}"]` },
    { op: 'add', path: 'members', value: [memberOf(graceUser)] },
  ]);
  await membership(okta, 'Push now: the whole membership', engineering, [
    { op: 'replace', path: 'members', value: [memberOf(adaUser), memberOf(graceUser)] },
  ]);
  await membersAre(okta, engineering.id, [adaUser, graceUser]);
  const renamed = { ...engineering, displayName: 'Platform Engineering' };
  await okta.send('Rename the group', 'PATCH', `/Groups/${engineering.id}`, {
    body: patch({ op: 'replace', value: { id: engineering.id, displayName: renamed.displayName } }),
    status: [200, 204],
  });
  await findGroup(okta, renamed.displayName);

  const contractors = await pushGroup(okta, 'Contractors');
  await deleteGroup(okta, contractors.id);
  await setActiveByPatch(okta, graceUser.id, false);
}

/** Sends every change as a PUT of the whole resource. */
export async function oktaCustomApp(okta) {
  await testCredentials(okta);
  const alanUser = await assign(okta, alan, '00u3xk8z1pQ7mN4rT5d7');
  const edsgerUser = await assign(okta, edsger, '00u3xk8z1pQ7mN4rT5d8');
  await updateByPut(okta, alanUser.id, 'Update his profile', (read) => ({
    ...read,
    displayName: 'Alan M. Turing',
    name: { ...read.name, middleName: 'Mathison' },
  }));
  for (const [purpose, active] of [
    ['Deactivate him', false],
    ['Reactivate him', true],
  ]) {
    await updateByPut(okta, edsgerUser.id, purpose, (read) => ({ ...read, active }));
  }

  const research = await pushGroup(okta, 'Research');
  const put = (purpose, displayName, members) =>
    okta.send(purpose, 'PUT', `/Groups/${research.id}`, {
      body: { schemas: [GROUP], id: research.id, displayName, members },
      status: [200],
    });
  await put('Add two members', 'Research', [memberOf(alanUser), memberOf(edsgerUser)]);
  await membersAre(okta, research.id, [alanUser, edsgerUser]);
  await put('Remove one member', 'Research', [memberOf(alanUser)]);
  await put('Rename the group', 'Research Lab', [memberOf(alanUser)]);
  await membersAre(okta, research.id, [alanUser]);
  await findGroup(okta, 'Research Lab');

  const interns = await pushGroup(okta, 'Interns');
  await deleteGroup(okta, interns.id);
}

async function testCredentials(okta) {
  const needs = { status: [200], answer: { totalResults: 0, startIndex: 1 }, withinMs: 600 };
  await okta.send('Test API credentials', 'GET', '/Users?startIndex=1&count=2', needs);
  await okta.send('Test API credentials', 'GET', '/Groups?startIndex=1&count=100', needs);
}

/** Looks the user up and creates it. */
async function assign(okta, { userName, givenName, familyName }, externalId) {
  const lookup = (name) => filtered('/Users', `userName eq "${name}"`, PAGE);
  await okta.lookUp('Is there such a user?', lookup(userName), { found: false });
  const displayName = `${givenName} ${familyName}`;
  const user = await okta.send('Create the user', 'POST', '/Users', {
    body: {
      schemas: [USER],
      userName,
      name: { givenName, familyName },
      emails: [{ primary: true, value: userName, type: 'work' }],
      displayName,
      locale: 'en-US',
      externalId,
      groups: [],
      password: '1mz050nq',
      active: true,
    },
    status: [201],
    answer: {
      id: isId,
      userName,
      displayName,
      name: { givenName, familyName },
      active: true,
      password: undefined,
    },
  });
  await okta.lookUp('Look it up again', lookup(userName.toUpperCase()), { found: true });
  return user;
}

/** Okta sends back what it read, with its changes in it. */
async function updateByPut(okta, id, purpose, change) {
  const read = await okta.send('Read the user', 'GET', `/Users/${id}`, {
    status: [200],
    answer: { id },
  });
  const changed = change(read);
  const { name, displayName, active } = changed;
  await okta.send(purpose, 'PUT', `/Users/${id}`, {
    body: changed,
    status: [200],
    answer: { id, name, displayName, active },
  });
}

async function setActiveByPatch(okta, id, active) {
  await okta.send(active ? 'Reactivate the user' : 'Deactivate the user', 'PATCH', `/Users/${id}`, {
    body: patch({ op: 'replace', value: { active } }),
    status: [200, 204],
  });
  await okta.send('Check it', 'GET', `/Users/${id}`, { status: [200], answer: { id, active } });
}

async function pushGroup(okta, displayName) {
  const lookup = filtered('/Groups', `displayName eq "${displayName}"`, PAGE);
  await okta.lookUp('Is there such a group?', lookup, { found: false });
  return okta.send('Push the group', 'POST', '/Groups', {
    body: { schemas: [GROUP], displayName, members: [] },
    status: [201],
    answer: { id: isId, displayName },
  });
}

/** With every change of membership Okta repeats the group's name. */
async function membership(okta, purpose, { id, displayName }, operations) {
  await okta.send('Repeat the name', 'PATCH', `/Groups/${id}`, {
    body: patch({ op: 'replace', value: { id, displayName } }),
    status: [200, 204],
  });
  await okta.send(purpose, 'PATCH', `/Groups/${id}`, {
    body: patch(...operations),
    status: [200, 204],
  });
}

async function membersAre(okta, id, users) {
  const expected = new Set(users.map((user) => user.id));
  await okta.send('Read the membership', 'GET', `/Groups/${id}`, {
    status: [200],
    answer: {
      members: (found = []) =>
        isDeepStrictEqual(new Set(found.map(({ value }) => value)), expected),
    },
  });
}

async function findGroup(okta, displayName) {
  const lookup = filtered('/Groups', `displayName eq "${displayName}"`, PAGE);
  await okta.lookUp('Find it under its new name', lookup, { found: true });
}

async function deleteGroup(okta, id) {
  await okta.send('Delete the group', 'DELETE', `/Groups/${id}`, { status: [204] });
  await okta.send('It is gone', 'GET', `/Groups/${id}`, {
    status: [404],
    answer: { status: '404' },
  });
}

function memberOf({ id, userName }) {
  return { value: id, display: userName };
}

function isId(value) {
  return typeof value === 'string' && value !== '';
}
