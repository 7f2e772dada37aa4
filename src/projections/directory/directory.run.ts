import type { GroupEvent, TeamEvent, UserEvent } from '../../domain/events.js';
import type { Instant, OrganizationId, UserId } from '../../domain/identifiers.js';
import type { RecordedEvent } from '../../event-store/event-store.js';
import type { ProjectionTarget } from '../projection.js';
import {
  foldGroup,
  foldUser,
  resourceIdOf,
  type GroupRow,
  type ResourceRow,
} from '../resource-fold.js';
import {
  loadGroups,
  loadTeams,
  loadUsers,
  writeGroups,
  writeMembers,
  writeTeams,
  writeUsers,
  type Changes,
  type MemberChange,
  type RowKey,
} from './directory.rows.js';
import { writeHalfLinks, type TouchedLink } from './half-links.js';
import { externalGroupOf, foldTeam, isExternal, type TeamRow } from './team-fold.js';

/** An event of the stream of a user, group or team. */
export type DirectoryEvent = RecordedEvent & {
  readonly event: UserEvent | GroupEvent | TeamEvent;
  readonly metadata: { readonly organization: OrganizationId };
};

export const isDirectoryEvent = (recorded: RecordedEvent): recorded is DirectoryEvent =>
  isOf('user', recorded) || isOf('group', recorded) || isOf('team', recorded);

const isOf = (category: 'user' | 'group' | 'team', { stream }: RecordedEvent): boolean =>
  stream.startsWith(`${category}-`);

const keyOf = (organization: string, id: string): string => `${organization} ${id}`;

/** The rows of one table in a run, keyed by organization and id. */
class Rows<Row> implements Changes<Row> {
  /** As they become. */
  readonly current = new Map<string, Row | undefined>();
  private readonly touched = new Set<string>();
  private readonly removed = new Map<string, RowKey>();

  put(key: string, row: Row | undefined, { metadata, stream }: DirectoryEvent): void {
    if (!row) this.removed.set(key, [metadata.organization, resourceIdOf(stream)]);
    this.current.set(key, row);
    this.touched.add(key);
  }

  get kept(): readonly Row[] {
    return [...this.touched].flatMap((key) => this.current.get(key) ?? []);
  }

  /** Also what came, or came back, within the run. */
  get gone(): readonly RowKey[] {
    return [...this.removed.values()];
  }
}

/** Working state of events that are applied together. */
interface Run {
  readonly users: Rows<ResourceRow>;
  readonly groups: Rows<GroupRow>;
  readonly teams: Rows<TeamRow>;
  /** The last word on each membership, by group: whether the user is a member. */
  readonly members: Map<string, Map<UserId, boolean>>;
  /** Of which something was said, in log order. */
  readonly links: TouchedLink[];
  /** Streams of teams that begin with a group, and when that was. */
  readonly madeForGroups: ReadonlyMap<string, Instant>;
}

/** Applies events that stand in log order; those applied before change nothing. */
export async function applyRun(
  events: readonly DirectoryEvent[],
  target: ProjectionTarget,
): Promise<void> {
  if (events.length === 0) return;
  const run: Run = {
    users: new Rows(),
    groups: new Rows(),
    teams: new Rows(),
    members: new Map(),
    links: [],
    madeForGroups: new Map(
      events
        .filter(beginsWithGroup)
        .map(({ stream, metadata }) => [stream, metadata.occurredAt] as const),
    ),
  };
  await loadRows(events, run, target);
  for (const recorded of events) fold(recorded, run);
  await writeUsers(run.users, target);
  await writeGroups(run.groups, target);
  await writeTeams(run.teams, target);
  await writeMembers(memberChanges(run), target);
  await writeHalfLinks(run.links, target);
}

function fold(recorded: DirectoryEvent, run: Run): void {
  const { event, metadata, stream } = recorded;
  const key = keyOf(metadata.organization, resourceIdOf(stream));
  if (isOf('user', recorded)) {
    const row = foldUser(run.users.current.get(key), event as UserEvent, recorded);
    run.users.put(key, row, recorded);
  } else if (isOf('group', recorded)) {
    foldGroupEvent(key, event as GroupEvent, recorded, run);
  } else {
    foldTeamEvent(key, event as TeamEvent, recorded, run);
  }
}

function foldGroupEvent(
  key: string,
  event: GroupEvent,
  recorded: DirectoryEvent,
  { groups, teams, members, links }: Run,
): void {
  const before = groups.current.get(key);
  const team = teams.current.get(key);
  const external = before !== undefined && isExternal(before);
  if (event.type === 'GroupCreated') {
    if (team && recorded.revision <= team.group_revision) return;
    // A stream can begin with ClaimFenced: the group is still to come.
  } else if (external) return;
  const row = foldGroup(before, event, recorded);
  if (row === before) return;
  // What was an external group keeps its place in lists.
  groups.put(key, external && row ? { ...row, sequence: before.sequence } : row, recorded);
  for (const team of new Set([before?.team_id, row?.team_id])) {
    if (team && before?.team_id !== row?.team_id) links.push(linkOf(recorded, { team }));
  }
  if (event.type === 'GroupMembersChanged') {
    const group = members.get(key) ?? new Map<UserId, boolean>();
    members.set(key, group);
    for (const user of event.removed) group.set(user, false);
    for (const user of event.added) group.set(user, true);
  } else if (event.type === 'GroupDeleted') {
    members.delete(key);
    if (!team) return;
    teams.put(key, { ...team, group_revision: recorded.revision }, recorded);
  }
}

function foldTeamEvent(
  key: string,
  event: TeamEvent,
  recorded: DirectoryEvent,
  { groups, teams, madeForGroups, links }: Run,
): void {
  const before = teams.current.get(key);
  const team = foldTeam(before, event, recorded);
  if (team === before) return;
  teams.put(key, team, recorded);
  for (const group of changedFeeders(before, team)) links.push(linkOf(recorded, { group }));
  const { stream, position, metadata } = recorded;
  if (event.type === 'TeamCreated' && madeForGroups.get(stream) === metadata.occurredAt) return;
  const shown = groups.current.get(key);
  if (shown && !isExternal(shown)) return;
  const external = team && externalGroupOf(team, shown?.sequence ?? position.toString());
  if (shown || external) groups.put(key, external, recorded);
}

/** The link of the group or team whose stream this is with the other one. */
function linkOf(
  { metadata, stream }: DirectoryEvent,
  other: { readonly group: string } | { readonly team: string },
): TouchedLink {
  const { organization, occurredAt: at } = metadata;
  const own = resourceIdOf(stream);
  return { organization, group: own, team: own, at, ...other };
}

/** The groups that feed the team before or after, and not both. */
function changedFeeders(
  before: TeamRow | undefined,
  after: TeamRow | undefined,
): readonly string[] {
  const [was, is] = [before?.feeders ?? [], after?.feeders ?? []];
  if (was === is) return [];
  return [
    ...was.filter((group) => !is.includes(group)),
    ...is.filter((group) => !was.includes(group)),
  ];
}

/** Whether a group feeds the team first of all: one that was made for it at that instant was never external. */
const beginsWithGroup = ({ event, revision }: DirectoryEvent): boolean =>
  event.type === 'TeamSynced' && revision === 1 && event.groupId.toString() !== event.teamId;

/** What is left to do of the changes of members. */
function memberChanges({ members, groups }: Run): readonly MemberChange[] {
  return [...members].flatMap(([key, changes]) => {
    const row = groups.current.get(key);
    if (!row) return [];
    const { organization, id: group, revision } = row;
    return [...changes].map(([user, present]) => ({
      organization,
      group,
      user,
      present,
      revision,
    }));
  });
}

async function loadRows(
  events: readonly DirectoryEvent[],
  { users, groups, teams }: Run,
  target: ProjectionTarget,
): Promise<void> {
  const wanted = wantedRows(events);
  const load = async <Row extends ResourceRow | TeamRow>(
    from: (keys: readonly RowKey[], target: ProjectionTarget) => Promise<readonly Row[]>,
    keys: ReadonlyMap<string, RowKey>,
    into: Rows<Row>,
  ): Promise<void> => {
    if (keys.size === 0) return;
    const rows = await from([...keys.values()], target);
    for (const row of rows) into.current.set(keyOf(row.organization, row.id), row);
  };
  await Promise.all([
    load(loadUsers, wanted.users, users),
    load(loadGroups, wanted.groups, groups),
    load(loadTeams, wanted.teams, teams),
  ]);
}

/** The rows that the events may change, and those that tell what becomes of them. */
function wantedRows(events: readonly DirectoryEvent[]) {
  const users = new Map<string, RowKey>();
  const groups = new Map<string, RowKey>();
  const teams = new Map<string, RowKey>();
  const made = new Set<string>();
  for (const recorded of events) {
    const id = resourceIdOf(recorded.stream);
    const row: RowKey = [recorded.metadata.organization, id];
    const key = keyOf(...row);
    const { type } = recorded.event;
    if (isOf('user', recorded)) {
      // Who begins in this run has no row yet, or one that the guard of the write keeps.
      if (type === 'UserProvisioned' || type === 'UserRegistered') made.add(key);
      else if (!made.has(key)) users.set(key, row);
      continue;
    }
    groups.set(key, row);
    const bearsOnTeam = type === 'GroupCreated' || type === 'GroupDeleted';
    if (bearsOnTeam || isOf('team', recorded)) teams.set(key, row);
  }
  return { users, groups, teams };
}
