import { expectProblem } from '../admin/expect-problem.js';
import { randomUserName, type ScimDocument } from '../support/scim-client.js';
import type { AppTeam, TeamMember } from './client.js';
import { lookup, type IdentityProvider } from './identity-providers.js';
import { presetOrganization, type Preset, type PresetOrganization } from './preset-organization.js';

/** What several rows of product.md promise alike of groups, teams and links; see scenarios.ts. */

export interface PushedTeam {
  readonly group: ScimDocument;
  readonly team: AppTeam;
}

/** The one team that a group feeds. */
export async function teamOf(at: PresetOrganization, groupId: string): Promise<AppTeam> {
  const teams = await teamsOf(at, groupId);
  expect(teams).toHaveLength(1);
  return teams[0]!;
}

export async function teamsOf(
  at: PresetOrganization,
  groupId: string,
): Promise<readonly AppTeam[]> {
  return (await at.app.teams()).filter(({ groups }) => groups.some(({ id }) => id === groupId));
}

export async function memberIds(at: PresetOrganization, teamId: string): Promise<string[]> {
  return (await at.app.members(teamId)).map(({ id }) => id).sort();
}

export async function memberOf(
  at: PresetOrganization,
  teamId: string,
  userId: string,
): Promise<TeamMember | undefined> {
  return (await at.app.members(teamId)).find(({ id }) => id === userId);
}

export async function scimMembers(
  at: PresetOrganization,
  groupId: string,
): Promise<(string | undefined)[]> {
  return ((await at.readGroup(groupId)).members ?? []).map(({ value }) => value).sort();
}

export function ids(users: readonly { readonly id: string }[]): string[] {
  return users.map(({ id }) => id).sort();
}

export async function createUsers(at: PresetOrganization, count: number): Promise<ScimDocument[]> {
  const users: ScimDocument[] = [];
  while (users.length < count) users.push(await at.createUser());
  return users;
}

/** Pushes a group with these members, which becomes a team under every preset's own mapping. */
export async function pushGroup(
  at: PresetOrganization,
  members: readonly { readonly id: string }[],
  displayName = 'Analysts',
): Promise<PushedTeam> {
  const group = await at.createGroup({
    displayName,
    members: members.map(({ id }) => ({ value: id })),
  });
  return { group, team: await teamOf(at, group.id) };
}

/** A team of the application with these members, which no group feeds. */
export async function teamWith(
  at: PresetOrganization,
  members: readonly { readonly id: string }[],
  name = 'Analysts',
): Promise<AppTeam> {
  const { id } = await at.app.createTeam(name);
  for (const member of members) await at.app.addMember(id, member.id);
  return at.app.team(id);
}

/** @param statement the whole membership, as PUT or as a PATCH that replaces it */
export function stateMembers(
  at: PresetOrganization,
  group: ScimDocument,
  members: readonly { readonly id: string }[],
  statement: 'PUT' | 'PATCH replace' = 'PUT',
) {
  const value = members.map(({ id }) => ({ value: id }));
  const { schemas, displayName } = group;
  return statement === 'PUT'
    ? at.scim('PUT', `/Groups/${group.id}`, { schemas, displayName, members: value })
    : at.patchGroup(group.id, { op: 'replace', path: 'members', value });
}

export async function pushesAGroupAsATeam(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const users = await createUsers(at, 2);
  const { team } = await pushGroup(at, users);
  expect(team).toMatchObject({ name: 'Analysts', synced: true, memberCount: 2 });
  expect(await memberIds(at, team.id)).toEqual(ids(users));
  expect((await at.app.members(team.id)).map(({ grants }) => grants)).toEqual([['scim'], ['scim']]);
}

export async function managesItsOwnTeams(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const [user] = await createUsers(at, 1);
  const { id } = await at.app.createTeam('Guild');
  await at.app.addMember(id, user!.id);
  expect(await memberIds(at, id)).toEqual([user!.id]);
  await at.app.removeMember(id, user!.id);
  expect(await memberIds(at, id)).toEqual([]);
  expect(await at.app.updateTeam(id, { name: 'Chapter' })).toMatchObject({ name: 'Chapter' });
  await at.app.deleteTeam(id);
  expect((await at.app.teams()).map((team) => team.id)).not.toContain(id);
}

export async function linksAndUnlinksATeam(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const users = await createUsers(at, 2);
  const { group, team } = await pushGroup(at, users);
  await at.app.unlink(group.id);
  expect(await at.app.team(team.id)).toMatchObject({ synced: false, groups: [] });
  expect(await memberIds(at, team.id)).toEqual(ids(users));
  await at.app.decideLink(group.id, { teamId: team.id });
  expect(await at.app.team(team.id)).toMatchObject({ synced: true, groups: [{ id: group.id }] });
  expect(await memberIds(at, team.id)).toEqual(ids(users));
}

/** Under `warn`: an addition by hand stands, with a warning, until the identity provider states the members. */
export async function theNextStatementWins(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset, { policies: { manualUpdates: 'warn' } });
  const [pushed, added] = await createUsers(at, 2);
  const { group, team } = await pushGroup(at, [pushed!]);
  const member = await at.app.addMember(team.id, added!.id);
  expect(member.grants).toEqual(['manual']);
  expect(member.override).toBeTruthy();
  expect(member.warnings).toEqual([expect.stringMatching(/.+/)]);
  expect(await memberIds(at, team.id)).toEqual(ids([pushed!, added!]));
  expect((await stateMembers(at, group, [pushed!])).status).toBe(200);
  expect(await memberIds(at, team.id)).toEqual([pushed!.id]);
  const story = await at.app.history(`?team=${team.id}`);
  const byType = (type: string) => story.find((entry) => entry.type === type);
  expect(byType('TeamMembersAdded')?.actor.kind).toBe('key');
  expect(byType('TeamOverridesReplaced')?.actor.kind).toBe('token');
}

export async function refusesLockedMemberships(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset, { policies: { manualUpdates: 'locked' } });
  const [pushed, other] = await createUsers(at, 2);
  const { team } = await pushGroup(at, [pushed!]);
  const refused = await at.app.call('PUT', `/teams/${team.id}/members/${other!.id}`);
  expectProblem(refused, 409, 'managed-by-identity-provider');
  expect(refused.body['detail']).toMatch(/manualUpdates.*locked/);
  expect(await memberIds(at, team.id)).toEqual([pushed!.id]);
}

export async function aNewGroupBecomesATeam(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const { group, team } = await pushGroup(at, [], 'Data Platform');
  expect(team).toMatchObject({ name: 'Data Platform', synced: true, groups: [{ id: group.id }] });
}

export async function aFoundTeamIsLinkedByTheFirstWrite(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const [user] = await createUsers(at, 1);
  const team = await teamWith(at, []);
  const { Resources } = await at.read(lookup('/Groups', 'displayName eq "Analysts"'));
  expect(ids(Resources)).toEqual([team.id]);
  const value = [{ value: user!.id }];
  const patched = await at.patchGroup(team.id, { op: 'add', path: 'members', value });
  expect([200, 204]).toContain(patched.status);
  expect(await at.app.team(team.id)).toMatchObject({ synced: true, groups: [{ id: team.id }] });
  expect(await memberIds(at, team.id)).toEqual([user!.id]);
}

/** Under `ask`: nothing is linked until an administrator chooses one of two ways. */
export async function aClashWaitsForADecision(
  preset: Preset,
  choice: 'link' | 'create',
): Promise<void> {
  const at = await presetOrganization(preset, { policies: { groupMapping: 'ask' } });
  const [joining, leaving] = await createUsers(at, 2);
  const team = await teamWith(at, [leaving!]);
  const group = await at.createGroup({
    displayName: 'Analysts',
    members: [{ value: joining!.id }],
  });
  expect(await at.app.groupLink(group.id)).toMatchObject({
    state: 'pending',
    candidates: [{ id: team.id, name: 'Analysts' }],
    joining: [joining!.id],
  });
  expect(await at.app.team(team.id)).toEqual(team);
  if (choice === 'link') {
    await at.app.decideLink(group.id, { teamId: team.id });
    expect((await teamOf(at, group.id)).id).toBe(team.id);
  } else {
    await at.app.decideLink(group.id, { createTeam: true });
    expect((await teamOf(at, group.id)).id).not.toBe(team.id);
    expect(await at.app.team(team.id)).toEqual(team);
  }
  expect((await at.app.groupLink(group.id)).state).toBe('linked');
}

export async function discloseMembersOnlyOnceLinked(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset);
  const [first, second, third] = await createUsers(at, 3);
  const team = await teamWith(at, [first!, second!]);
  const listed = (await at.read('/Groups')).Resources;
  expect(listed).toMatchObject([{ id: team.id, displayName: 'Analysts' }]);
  expect(listed[0]!.members ?? []).toEqual([]);
  expect(await scimMembers(at, team.id)).toEqual([]);
  await at.patchGroup(team.id, { op: 'add', path: 'members', value: [{ value: third!.id }] });
  expect(await scimMembers(at, team.id)).toEqual(ids([first!, second!, third!]));
}

/** The application hangs permissions and settings on the team's id: all that a link may touch is the members. */
export async function linkingKeepsTheTeam(preset: Preset): Promise<void> {
  const at = await presetOrganization(preset, { policies: { groupMapping: 'ask' } });
  const users = await createUsers(at, 2);
  const { id, name, createdAt } = await teamWith(at, users);
  const group = await at.createGroup({ displayName: 'Analysts' });
  await at.app.decideLink(group.id, { teamId: id });
  expect(await at.app.team(id)).toMatchObject({ id, name, createdAt, archived: false });
  expect(await memberIds(at, id)).toEqual(ids(users));
}

/** Okta's sequence for a group: lookup, empty group, rename with every change of membership, full push. */
export async function oktaPushGivesTheTeam(
  preset: Preset,
  provider: IdentityProvider,
): Promise<void> {
  const at = await presetOrganization(preset);
  const users = await createUsers(at, 3);
  const [first, second, third] = users;
  const displayName = 'Test SCIMv2';
  const found = await at.read(lookup('/Groups', `displayName eq "${displayName}"`));
  expect(found.totalResults).toBe(0);
  const group = await at.createGroup(provider.group(displayName));
  const { id } = await teamOf(at, group.id);
  await provider.rename(at, group.id, displayName);
  await provider.addMember(at, group.id, first!.id);
  await provider.addMember(at, group.id, second!.id);
  expect(await memberIds(at, id)).toEqual(ids([first!, second!]));
  await provider.removeMember(at, group.id, first!.id);
  expect(await memberIds(at, id)).toEqual([second!.id]);
  await stateMembers(at, group, [second!, third!], 'PATCH replace');
  expect(await memberIds(at, id)).toEqual(ids([second!, third!]));
  await provider.rename(at, group.id, 'Test SCIMv2 renamed');
  expect(await at.app.team(id)).toMatchObject({ name: 'Test SCIMv2 renamed', memberCount: 2 });
  expect((await at.scim('DELETE', `/Groups/${group.id}`)).status).toBe(204);
  expect((await at.scim('GET', `/Groups/${group.id}`)).status).toBe(404);
}

/** A user's whole life and a group's, in the words of one identity provider. */
export async function replaysTheSuite(preset: Preset, provider: IdentityProvider): Promise<void> {
  const at = await presetOrganization(preset);
  for (const probe of provider.probes) expect((await at.read(probe)).totalResults).toBe(0);
  const { id } = await at.createUser(provider.user(randomUserName()));
  const email = randomUserName();
  const change = { displayName: 'Augusta King', givenName: 'Augusta', email };
  expect([200, 204]).toContain((await provider.changeProfile(at, id, change)).status);
  const changed = {
    displayName: 'Augusta King',
    name: { givenName: 'Augusta' },
    emails: [{ value: email }],
  };
  expect(await at.app.user(id)).toMatchObject(changed);
  await provider.setActive(at, id, false);
  expect(await at.app.user(id)).toMatchObject({ id, status: 'disabled' });
  await provider.setActive(at, id, true);
  expect(await at.app.user(id)).toMatchObject({ id, status: 'active', ...changed });
  const other = await at.createUser(provider.user(randomUserName()));
  const group = await at.createGroup(provider.group('Analysts'));
  const team = await teamOf(at, group.id);
  await provider.addMember(at, group.id, id);
  await provider.addMember(at, group.id, other.id);
  await provider.removeMember(at, group.id, id);
  expect(await memberIds(at, team.id)).toEqual([other.id]);
  await provider.rename(at, group.id, 'Senior Analysts');
  expect((await at.app.team(team.id)).name).toBe('Senior Analysts');
  expect((await at.scim('DELETE', `/Groups/${group.id}`)).status).toBe(204);
}
