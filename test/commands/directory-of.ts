import type { JsonValue, OrganizationId, TeamId, UserId } from '../../src/domain/identifiers.js';
import { organization as organizationDecider } from '../../src/domain/organization.js';
import { isExternal } from '../../src/domain/team.js';
import { user } from '../../src/domain/user.js';
import type { EventStore, RecordedEvent } from '../../src/event-store/event-store.js';
import { organizationStream, userStream } from '../../src/commands/streams.js';
import { StreamLookup } from './stream-lookup.js';
import { context, writeSide } from './write-side.js';

/** A team as an application sees it: who is in it by manual grants and by the groups that feed it. */
export interface SeenTeam {
  readonly id: TeamId;
  readonly name: string;
  readonly archived: boolean;
  readonly synced: boolean;
  readonly members: readonly UserId[];
}

/** The teams of the organization as the streams tell them; a link that stands in one stream alone is an error. */
export async function teamsOf(store: EventStore, id: OrganizationId): Promise<readonly SeenTeam[]> {
  const lookup = new StreamLookup(store);
  const [teams, groups, users] = [
    await lookup.teams(id),
    await lookup.groups(id),
    new Set((await lookup.users(id)).map(({ userId }) => userId)),
  ];
  return teams.map((state) => {
    const { teamId, name, archived, members, excluded } = state;
    const feeding = groups.filter((group) => group.teamId === teamId);
    expect(feeding.map(({ groupId }) => groupId).sort()).toEqual([...state.groups].sort());
    const granted = feeding
      .flatMap((group) => [...group.members])
      .filter((member) => !excluded.has(member));
    const all = new Set([...members, ...granted]);
    return {
      id: teamId,
      name,
      archived,
      synced: feeding.length > 0,
      members: [...all].filter((member) => users.has(member)).sort(),
    };
  });
}

export async function teamOf(
  store: EventStore,
  id: OrganizationId,
  teamId: string,
): Promise<SeenTeam | undefined> {
  return (await teamsOf(store, id)).find((team) => team.id === teamId);
}

export async function externalTeamsOf(store: EventStore, id: OrganizationId) {
  return (await new StreamLookup(store).teams(id)).filter(isExternal).map(({ teamId }) => teamId);
}

export const groupOf = async (store: EventStore, id: OrganizationId, groupId: string) =>
  (await new StreamLookup(store).groups(id)).find((group) => group.groupId === groupId);

export async function eventsOf(
  store: EventStore,
  id: OrganizationId,
): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const page of store.readOrganization(id, 0n, await store.head())) {
    events.push(...page);
  }
  return events;
}

export const typesOf = async (store: EventStore, id: OrganizationId): Promise<readonly string[]> =>
  (await eventsOf(store, id)).map(({ event }) => event.type);

/** Sets policies as SetPolicies does; a write side that is made afterwards knows them. */
export async function setPolicies(
  store: EventStore,
  id: OrganizationId,
  values: Readonly<Record<string, JsonValue>>,
): Promise<void> {
  const { model } = writeSide(store, id);
  const stream = organizationStream(id);
  const { state, revision } = await model.load(organizationDecider, stream);
  const events = organizationDecider.decide({ type: 'SetPolicies', values }, state);
  if (events.length > 0) await model.commit(id, context, [{ stream, revision, events }]);
}

/** What a sign-in records whose claims lead into these teams. */
export async function signIn(
  { model }: ReturnType<typeof writeSide>,
  id: OrganizationId,
  userId: UserId,
  teams: readonly TeamId[],
  era: number,
): Promise<void> {
  const stream = userStream(id, userId);
  const { state, revision } = await model.load(user, stream);
  const events = user.decide({ type: 'JoinBySignIn', teams, era }, state);
  await model.commit(id, context, [{ stream, revision, events }]);
}

export async function postUsers(
  side: ReturnType<typeof writeSide>,
  count: number,
): Promise<readonly UserId[]> {
  const users: UserId[] = [];
  for (let i = 0; i < count; i += 1) {
    users.push((await side.postUser({ userName: `user-${i}` })).id);
  }
  return users;
}

export const valuesOf = (users: readonly UserId[]) => users.map((value) => ({ value }));
