import { expectProblem } from '../admin/expect-problem.js';
import {
  USER,
  eventually,
  expectScimError,
  randomUserName,
  type Attributes,
  type ScimDocument,
} from '../support/scim-client.js';
import type { AppUser, LoggedRequest } from './client.js';
import {
  lookup,
  oktaUser,
  OKTA_PROBES,
  type IdentityProvider,
  putWhatWasRead,
} from './identity-providers.js';
import { presetOrganization, type Preset, type PresetOrganization } from './preset-organization.js';

/** What several rows of product.md promise alike. Each scenario works in an organization of its own. */

/** How soon the management API shows what SCIM acknowledged. */
export const VISIBLE_WITHIN_MS = 2_000;

export const ALLOWED = { decision: 'allowed' };

/** The state that "deactivated" is under a preset. */
const DEACTIVATED = { dagster: 'removed', grafana: 'disabled', dbt: 'disabled' } as const;

export async function types(at: PresetOrganization, query = ''): Promise<readonly string[]> {
  return (await at.app.history(`?limit=200${query}`)).map(({ type }) => type);
}

/** Everything that happened to users, groups and teams. */
export async function directoryChanges(at: PresetOrganization): Promise<readonly string[]> {
  return (await types(at)).filter((type) => /^(User|Group|Team)/.test(type));
}

export async function listedUsers(
  at: PresetOrganization,
  query = '',
): Promise<readonly (string | undefined)[]> {
  return (await at.app.users(query)).items.map(({ id }) => id);
}

export async function found(at: PresetOrganization, filter: string): Promise<readonly string[]> {
  return (await at.search(filter)).body.Resources?.map(({ id }) => id) ?? [];
}

/** Waits for the row of the request log that `isIt` accepts: the log is written behind the answer. */
export async function loggedRequest(
  at: PresetOrganization,
  isIt: (row: LoggedRequest) => boolean,
): Promise<LoggedRequest> {
  const rows = await eventually(
    () => at.app.requests('?limit=200'),
    (seen) => seen.some(isIt),
  );
  const row = rows.find(isIt);
  expect(row).toBeDefined();
  return row!;
}

/** An organization that had these users before SCIM was enabled. */
export async function organizationWithUsers(
  preset: Preset,
  userNames: readonly string[],
  policies: Attributes = {},
): Promise<[PresetOrganization, AppUser[]]> {
  const at = await presetOrganization(preset, { policies, enableScim: false });
  const users: AppUser[] = [];
  for (const userName of userNames) users.push(await at.app.createUser({ userName }));
  await at.app.enableScim();
  return [at, users];
}

export async function provisionsWithoutAHumanStep(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const { id, userName } = await at.createUser(oktaUser(randomUserName()));
  const { items } = await at.app.users();
  expect(items).toMatchObject([{ id, userName, synced: true, origin: 'scim', status: 'active' }]);
  expect(await at.app.signIn(items[0]!)).toMatchObject({ ...ALLOWED, user: { id } });
}

export async function listsWhatOnlyTheAppKnows(preset: Preset): Promise<void> {
  const [at, [user]] = await organizationWithUsers(preset, [randomUserName()]);
  const team = await at.app.createTeam('Analysts');
  expect((await at.read('/Users')).Resources.map(({ id }) => id)).toContain(user!.id);
  expect((await at.read('/Groups')).Resources).toMatchObject([
    { id: team.id, displayName: 'Analysts' },
  ]);
}

export async function readsItsOwnWrites(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const { id } = await at.createUser({ displayName: 'Ada' });
  await at.patchUser(id, { op: 'replace', path: 'displayName', value: 'Ada King' });
  const acknowledged = performance.now();
  expect((await at.readUser(id)).displayName).toBe('Ada King');
  const seen = await eventually(
    () => at.app.user(id),
    ({ displayName }) => displayName === 'Ada King',
  );
  expect(seen.displayName).toBe('Ada King');
  expect(performance.now() - acknowledged).toBeLessThan(VISIBLE_WITHIN_MS);
}

export async function refusesNewUsersOfTheApp(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const refused = await at.app.call('POST', '/users', { userName: randomUserName() });
  expectProblem(refused, 409, 'managed-by-identity-provider');
  expect(refused.body['detail']).toMatch(/appCreatedUsers.*refuse/);
  expect((await at.app.users()).total).toBe(0);
  const { id } = await at.createUser();
  expect(await listedUsers(at)).toEqual([id]);
}

export async function removesOnlyUnsyncedUsers(preset: Preset): Promise<void> {
  const [at, [unsynced]] = await organizationWithUsers(preset, [randomUserName()]);
  const synced = await at.createUser();
  await at.app.deleteUser(unsynced!.id);
  const before = await at.app.user(synced.id);
  const story = await at.app.history(`?user=${synced.id}`);
  const refused = await at.app.call('DELETE', `/users/${synced.id}`);
  expectProblem(refused, 409, 'managed-by-identity-provider');
  expect(await at.app.user(synced.id)).toEqual(before);
  expect(await at.app.history(`?user=${synced.id}`)).toEqual(story);
  expect(await listedUsers(at)).toEqual([synced.id]);
}

export async function showsTheManagementState(preset: Preset): Promise<void> {
  const [at, [unsynced]] = await organizationWithUsers(preset, [randomUserName()]);
  const synced = await at.createUser();
  expect(await at.app.user(synced.id)).toMatchObject({ synced: true, origin: 'scim' });
  expect(await at.app.user(unsynced!.id)).toMatchObject({ synced: false, origin: 'manual' });
  expect(await listedUsers(at, '?synced=true')).toEqual([synced.id]);
  expect(await listedUsers(at, '?synced=false')).toEqual([unsynced!.id]);
}

export async function listsBothStatesTogether(preset: Preset): Promise<void> {
  const [at, [unsynced]] = await organizationWithUsers(preset, [randomUserName()]);
  const synced = [await at.createUser(), await at.createUser()];
  const { items, total, counts } = await at.app.users();
  expect(new Set(items.map(({ id }) => id))).toEqual(
    new Set([unsynced, ...synced].map((user) => user!.id)),
  );
  expect(total).toBe(3);
  expect(counts).toEqual({ synced: 2, unsynced: 1 });
}

export async function keepsExistingUsersWorking(preset: Preset): Promise<void> {
  const userNames = [randomUserName(), randomUserName(), randomUserName()];
  const [at, users] = await organizationWithUsers(preset, userNames);
  for (const user of users) expect(await at.app.signIn(user)).toMatchObject(ALLOWED);
  expect((await at.app.users()).counts).toEqual({ synced: 0, unsynced: 3 });
}

/** @param spelled how the identity provider writes the userName that the application knows in lower case */
export async function linksByLookup(
  preset: Preset,
  spelled: (userName: string) => string,
): Promise<void> {
  const userName = randomUserName();
  const [at, [user]] = await organizationWithUsers(preset, [userName]);
  const theirs = spelled(userName);
  expect(await found(at, `userName eq "${theirs}"`)).toEqual([user!.id]);
  const put = await at.scim('PUT', `/Users/${user!.id}`, { schemas: [USER], userName: theirs });
  expect(put.status).toBe(200);
  const { items, total } = await at.app.users();
  expect(items).toMatchObject([{ id: user!.id, synced: true, origin: 'manual' }]);
  expect(total).toBe(1);
}

export async function linksByCreate(preset: Preset): Promise<void> {
  const userName = randomUserName();
  const [at, [user]] = await organizationWithUsers(preset, [userName], {
    linkExistingUser: 'link',
  });
  const created = await at.scim('POST', '/Users', { schemas: [USER], userName });
  expect([200, 201]).toContain(created.status);
  expect(created.body.id).toBe(user!.id);
  expect((await at.app.users()).items).toMatchObject([{ id: user!.id, synced: true }]);
  expect(await types(at, `&user=${user!.id}`)).toContain('UserAdopted');
  const row = await loggedRequest(at, ({ method }) => method === 'POST');
  expect(JSON.stringify(row['matched'])).toContain(user!.id);
}

export async function refusesToLinkByCreate(preset: Preset): Promise<void> {
  const userName = randomUserName();
  const [at, [user]] = await organizationWithUsers(preset, [userName], {
    linkExistingUser: 'refuse',
  });
  const refused = await at.scim('POST', '/Users', { schemas: [USER], userName });
  expectScimError(refused, 409, 'uniqueness');
  expect(await at.app.user(user!.id)).toMatchObject({ synced: false });
  const row = await loggedRequest(at, ({ method }) => method === 'POST');
  expect(row.refusal?.explanation).toMatch(/linkExistingUser/);
}

export async function syncsASignedInUserAtItsFirstWrite(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset, { enableScim: false });
  const userName = randomUserName();
  const { user } = await at.app.signIn({ userName });
  await at.app.enableScim();
  expect(await at.app.user(user!.id)).toMatchObject({ synced: false, origin: 'sign-in' });
  const put = await at.scim('PUT', `/Users/${user!.id}`, { schemas: [USER], userName });
  expect(put.status).toBe(200);
  expect(await at.app.user(user!.id)).toMatchObject({ synced: true, origin: 'sign-in' });
}

/** Users, teams and their members, as the management API shows them. */
export async function snapshot(at: PresetOrganization): Promise<unknown> {
  const [users, teams] = await Promise.all([at.app.users(), at.app.teams()]);
  const members = await Promise.all(teams.map(({ id }) => at.app.members(id)));
  return { users, teams, members };
}

export async function leavesAllAsItIsWhenDisabled(preset: Preset): Promise<void> {
  const [at] = await organizationWithUsers(preset, [randomUserName()]);
  const synced = await at.createUser();
  await at.createGroup({ members: [{ value: synced.id }] });
  const before = await snapshot(at);
  await at.app.disableScim();
  expect(await snapshot(at)).toEqual(before);
  expectScimError(await at.scim('GET', '/Users'), [401, 403]);
  expectScimError(await at.scim('POST', '/Users', oktaUser(randomUserName())), [401, 403]);
  const { id } = await at.app.createUser({ userName: randomUserName() });
  await at.app.deleteUser(id);
  await at.app.deleteUser(synced.id);
  expect(await listedUsers(at)).not.toContain(synced.id);
}

export async function continuesWhereItStopped(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const user = await at.createUser(oktaUser(randomUserName()));
  await at.app.disableScim();
  await at.app.enableScim();
  expect(await at.readUser(user.id)).toEqual(user);
  const put = await putWhatWasRead(at, user.id, { displayName: 'Ada King' });
  expect(put.body).toMatchObject({ id: user.id, externalId: user['externalId'] });
  expect((await at.app.users()).items).toMatchObject([
    { id: user.id, synced: true, displayName: 'Ada King', externalId: user['externalId'] },
  ]);
}

const WORK_EMAIL = { type: 'work', primary: true };

/** What changes in a profile, by the attribute that a test's title names. */
export const PROFILE_CHANGES = {
  name: () => ({ name: { givenName: 'Augusta', familyName: 'King' } }),
  displayName: () => ({ displayName: 'Augusta King' }),
  emails: () => ({ emails: [{ ...WORK_EMAIL, value: randomUserName() }] }),
  userName: () => ({ userName: randomUserName() }),
} satisfies Record<string, () => Attributes>;

export function wholeProfile(): Attributes {
  return Object.assign({}, ...Object.values(PROFILE_CHANGES).map((changed) => changed()));
}

export async function followsProfileChanges(
  preset: Preset,
  method: 'PUT' | 'PATCH',
  changes: Attributes,
): Promise<void> {
  const at = await presetOrganization(preset);
  const user = await at.createUser(oktaUser(randomUserName()));
  const operations = Object.entries(changes).map(([path, value]) => ({
    op: 'replace',
    path,
    value,
  }));
  const answer =
    method === 'PUT'
      ? await putWhatWasRead(at, user.id, changes)
      : await at.patchUser(user.id, ...operations);
  expect([200, 204]).toContain(answer.status);
  expect((await at.app.users()).items).toMatchObject([{ id: user.id, ...changes }]);
  await expectOldNamesToResolveNothing(at, user, changes);
}

async function expectOldNamesToResolveNothing(
  at: PresetOrganization,
  { userName }: ScimDocument,
  changes: Attributes,
): Promise<void> {
  if ('emails' in changes) expect(await found(at, `emails.value eq "${userName}"`)).toEqual([]);
  if ('userName' in changes) expect(await found(at, `userName eq "${userName}"`)).toEqual([]);
  if ('emails' in changes && 'userName' in changes) {
    expect(await listedUsers(at, `?q=${encodeURIComponent(userName)}`)).toEqual([]);
  }
}

/** Deactivates a user as `provider` does, and reactivates it: the person's access follows, the id stays. */
export async function endsAndRestoresAccess(
  preset: Preset,
  provider: IdentityProvider,
): Promise<void> {
  const at = await presetOrganization(preset);
  const { id } = await at.createUser(provider.user(randomUserName()));
  const person = await at.app.user(id);
  expect(await at.app.signIn(person)).toMatchObject(ALLOWED);
  expect([200, 204]).toContain((await provider.setActive(at, id, false)).status);
  const status = DEACTIVATED[preset];
  expect(await at.app.user(id)).toMatchObject({ id, status });
  expect(await listedUsers(at)).toEqual(status === 'removed' ? [] : [id]);
  const refused = { decision: 'refused', reason: 'deactivated' };
  expect(await at.app.signIn(person)).toMatchObject(refused);
  expect(await at.readUser(id)).toMatchObject({ id, active: false });
  expect([200, 204]).toContain((await provider.setActive(at, id, true)).status);
  expect((await at.app.users()).items).toMatchObject([{ id, status: 'active' }]);
  expect(await at.app.signIn(person)).toMatchObject({ ...ALLOWED, user: { id } });
}

export async function deletionEndsMembership(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const { id } = await at.createUser();
  expect((await at.scim('DELETE', `/Users/${id}`)).status).toBe(204);
  expectScimError(await at.scim('GET', `/Users/${id}`), 404);
  expect(await listedUsers(at)).toEqual([]);
}

/** @param unmet policies under which exactly one precondition is missing; `met` supplies it */
export async function refusesToEnable(
  preset: Preset,
  unmet: Attributes,
  problem: string,
  met: Attributes,
): Promise<void> {
  const at = await presetOrganization(preset, { policies: unmet, enableScim: false });
  const refused = await at.app.call('POST', '/scim/enable');
  expectProblem(refused, 409, problem);
  const { enabled, preconditions } = await at.app.connection();
  expect(enabled).toBe(false);
  expect(preconditions.filter(({ met: isMet }) => !isMet)).toHaveLength(1);
  expectScimError(await at.scim('GET', '/Users'), [401, 403]);
  await at.app.setPolicies(met);
  expect((await at.app.enableScim()).enabled).toBe(true);
}

export async function lapseOfTheEntitlementStopsWrites(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const { id } = await at.createUser();
  const before = await snapshot(at);
  await at.app.setPolicies({ entitled: false });
  const refused = await at.patchUser(id, { op: 'replace', path: 'active', value: false });
  expectScimError(refused, 403);
  expect(refused.body.detail).toMatch(/entitle/i);
  expectScimError(await at.scim('POST', '/Users', oktaUser(randomUserName())), 403);
  expect(await snapshot(at)).toEqual(before);
}

export async function answersTheProbesQuickly(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  for (const path of OKTA_PROBES) {
    const began = performance.now();
    const page = await at.read(path);
    expect(performance.now() - began).toBeLessThan(600);
    expect(page).toMatchObject({ totalResults: 0, startIndex: 1 });
    expect([page.totalResults, page.startIndex].every(Number.isInteger)).toBe(true);
  }
}

export async function probesLeaveNoTrace(preset: Preset, times: number): Promise<void> {
  const at = await presetOrganization(preset);
  const before = await types(at);
  for (let round = 0; round < times; round += 1) {
    const statuses = await Promise.all(
      OKTA_PROBES.map(async (path) => (await at.scim('GET', path)).status),
    );
    expect(statuses).toEqual([200, 200]);
  }
  expect(await types(at)).toEqual(before);
}

/** Okta's lookup, then its POST, and nothing after it. */
export async function worksWithCreationsAlone(preset: Preset): Promise<void> {
  const capabilities = { create: true, update: false, deactivate: false, groups: false };
  const at = await presetOrganization(preset, { policies: { capabilities } });
  const userName = randomUserName();
  expect((await at.read(lookup('/Users', `userName eq "${userName}"`))).totalResults).toBe(0);
  const { id } = await at.createUser(oktaUser(userName));
  expect(await at.app.signIn(await at.app.user(id))).toMatchObject({ ...ALLOWED, user: { id } });
}

export async function recordsOneChangeOfAPut(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const { id } = await at.createUser(oktaUser(randomUserName()));
  const before = await at.app.history(`?user=${id}`);
  expect((await putWhatWasRead(at, id, { displayName: 'Ada King' })).status).toBe(200);
  const after = await at.app.history(`?user=${id}`);
  const added = after.slice(0, after.length - before.length);
  expect(added.map(({ type }) => type)).toEqual(['UserProfileChanged']);
  expect(added[0]!.sentence).toContain('displayName');
  expect(added[0]!.sentence).not.toMatch(/emails|locale|givenName/);
}

export async function shownOnceAndNeverAgain(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset, { enableScim: false });
  const { id, token } = await at.app.issueToken('Okta production');
  expect(token).toMatch(/.{32,}/);
  const listed = await at.app.call('GET', '/scim/tokens');
  expect(listed.body.items).toContainEqual(expect.objectContaining({ id }));
  expect(listed.text).not.toContain(token);
}
