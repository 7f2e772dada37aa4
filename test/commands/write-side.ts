import { randomBytes } from 'node:crypto';
import type { FormerMember } from '../../src/commands/directory-lookup.js';
import { UserDeletion } from '../../src/commands/user-deletion.js';
import { ExistingUsers } from '../../src/commands/existing-users.js';
import { BrokenLinks } from '../../src/commands/broken-links.js';
import { ExternalGroups } from '../../src/commands/external-groups.js';
import { GroupBackfill } from '../../src/commands/group-backfill.js';
import { GroupFolds, TeamFolds } from '../../src/commands/folds.js';
import { GroupNames } from '../../src/commands/group-names.js';
import { GroupRules } from '../../src/commands/group-rules.js';
import {
  CreateGroupHandler,
  DeleteGroupHandler,
  GroupSynchronizer,
  PatchGroupHandler,
  ReplaceGroupHandler,
} from '../../src/commands/groups.handlers.js';
import { LinkGroupHandler, UnlinkGroupHandler } from '../../src/commands/links.handlers.js';
import {
  AddTeamMember,
  CommitTeamSyncMigration,
  CreateGroup,
  CreateTeam,
  CreateUser,
  DeleteGroup,
  DeleteTeam,
  DeleteUser,
  EditTeam,
  LinkGroup,
  MapTeamSync,
  PatchGroup,
  PatchUser,
  PlanTeamSyncMigration,
  RemoveTeamMember,
  ReplaceGroup,
  ReplaceUser,
  RollBackTeamSyncMigration,
  UnlinkGroup,
} from '../../src/commands/messages.js';
import { Members } from '../../src/commands/members.js';
import { Owners } from '../../src/commands/owners.js';
import { Organizations } from '../../src/commands/organizations.js';
import { PolicyReactor } from '../../src/commands/policy-reactor.js';
import { PolicyReferences } from '../../src/commands/policy-references.js';
import { organizationStream } from '../../src/commands/streams.js';
import { Safeguard } from '../../src/commands/safeguard.js';
import { Seats } from '../../src/commands/seats.js';
import { TeamLinks } from '../../src/commands/team-links.js';
import {
  CommitTeamSyncMigrationHandler,
  MapTeamSyncHandler,
  MigrationPlanner,
  PlanTeamSyncMigrationHandler,
  RollBackTeamSyncMigrationHandler,
} from '../../src/commands/team-sync.handlers.js';
import {
  AddTeamMemberHandler,
  CreateTeamHandler,
  DeleteTeamHandler,
  EditTeamHandler,
  RemoveTeamMemberHandler,
  TeamDecisions,
} from '../../src/commands/teams.handlers.js';
import { systemTimeAndIds, type TimeAndIds } from '../../src/commands/time-and-ids.js';
import { UniqueNames } from '../../src/commands/unique-names.js';
import { UserAppender } from '../../src/commands/user-appender.js';
import {
  CreateUserHandler,
  DeleteUserHandler,
  PatchUserHandler,
  ReplaceUserHandler,
  UserSynchronizer,
} from '../../src/commands/users.handlers.js';
import { WriteModel } from '../../src/commands/write-model.js';
import type { OrganizationEvent, TeamSyncMapping } from '../../src/domain/events.js';
import type { JsonValue, OrganizationId } from '../../src/domain/identifiers.js';
import type { EventStore, NewEvent, StreamAppend } from '../../src/event-store/event-store.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import type { JsonObject } from '../../src/scim/json.js';
import { patchSchema, readPatch } from '../../src/scim/patch.js';
import { readResource } from '../../src/scim/resource.js';
import { groupType, userType } from '../../src/scim/schema.js';
import { createTestDatabase } from '../support/database.js';
import { StreamLookup } from './stream-lookup.js';

/** Somebody's command: what `system` does of itself is told apart from that. */
export const context = { actor: 'key:test', correlationId: 'test' } as const;

export interface Log {
  readonly url: string;
  readonly store: PostgresEventStore;
  readonly close: () => Promise<void>;
}

export async function openLog(): Promise<Log> {
  const { url, drop } = await createTestDatabase();
  const store = new PostgresEventStore({ connectionString: url });
  return {
    url,
    store,
    async close() {
      await store.close();
      await drop();
    },
  };
}

/** The store as one that cannot append to several streams at once sees it: EventStoreDB. */
export function sequential(store: EventStore, before?: BeforeAppend): EventStore {
  return {
    async append(stream, expected, events) {
      await before?.(stream, events);
      return store.append(stream, expected, events);
    },
    readStream: (stream, from) => store.readStream(stream, from),
    readAll: (from, limit) => store.readAll(from, limit),
    readOrganization: (id, from, upTo) => store.readOrganization(id, from, upTo),
    head: () => store.head(),
    subscribe: (options) => store.subscribe(options),
    close: () => store.close(),
  };
}

/** Runs before each append: may wait, or throw where the process dies. */
export type BeforeAppend = (stream: string, events: readonly NewEvent[]) => Promise<void> | void;

/** The store, with every atomic append gathered. */
export function observed(store: EventStore, gathered: StreamAppend[][]): EventStore {
  return {
    ...sequential(store),
    appendMany: (appends) => {
      gathered.push([...appends]);
      return store.appendMany!(appends);
    },
  };
}

export class ProcessDied extends Error {}

/** Dies before the append of that number, counted from 0. */
export function dyingBefore(number: number): BeforeAppend {
  let appends = 0;
  return () => {
    if (appends++ >= number) throw new ProcessDied();
  };
}

/** A fresh organization with SCIM on. */
export async function enabledOrganization(
  store: EventStore,
  organization = `org-${randomBytes(4).toString('hex')}` as OrganizationId,
  policies: Readonly<Record<string, JsonValue>> = {},
): Promise<OrganizationId> {
  const nameKey = randomBytes(32).toString('base64url');
  const facts: OrganizationEvent[] = [
    { type: 'OrganizationCreated', organization, displayName: 'Acme', nameKey },
    { type: 'SyncEnabled', organization },
    ...Object.entries(policies).map(
      ([policy, value]) => ({ type: 'PolicyChanged', organization, policy, value }) as const,
    ),
  ];
  const plans = [{ stream: organizationStream(organization), revision: -1, events: facts }];
  await new WriteModel(store, systemTimeAndIds).commit(organization, context, plans);
  return organization;
}

const body = (type: typeof userType, attributes: JsonObject) =>
  readResource(type, { schemas: [type.schema.id], ...attributes });
const operations = (type: typeof userType, given: readonly JsonObject[]) =>
  readPatch(type, { schemas: [patchSchema], Operations: given });

/** One process: the write side with its commands, in the words of SCIM requests. */
export function writeSide(
  store: EventStore,
  organization: OrganizationId,
  timeAndIds: TimeAndIds = systemTimeAndIds,
) {
  const model = new WriteModel(store, timeAndIds);
  const names = new UniqueNames(model, timeAndIds);
  const organizations = new Organizations(model);
  const lookup = new StreamLookup(store);
  const folds = new GroupFolds(model);
  const teams = new TeamFolds(model);
  const members = new Members(model, folds, lookup);
  const appender = new UserAppender(
    model,
    new Owners(model),
    new Seats(model, store, timeAndIds),
    new Safeguard(model, lookup, timeAndIds),
  );
  const existing = new ExistingUsers(model, lookup);
  const users = new UserSynchronizer(model, names, organizations, appender);
  const deletion = new UserDeletion(model, organizations, appender, members, lookup);
  const groupNames = new GroupNames(names);
  const references = new PolicyReferences(names, folds, existing, lookup);
  const rules = new GroupRules(model, organizations, references);
  const links = new TeamLinks(model, folds, teams, lookup);
  const externals = new ExternalGroups(model, groupNames, folds, teams, members, rules);
  const backfill = new GroupBackfill(model, folds, teams, members, links, externals, store, lookup);
  const broken = new BrokenLinks(model, folds, teams, backfill, store);
  const decisions = new TeamDecisions(model, organizations, teams);
  const planner = new MigrationPlanner(folds, teams, lookup);
  const synchronizer = new GroupSynchronizer(
    model,
    groupNames,
    organizations,
    folds,
    members,
    links,
    rules,
    externals,
  );
  return {
    model,
    /** What other commands of the same process are made of; see application-side.ts. */
    services: {
      model,
      names,
      organizations,
      lookup,
      folds,
      teams,
      existing,
      appender,
      deletion,
      backfill,
    },
    backfill: () => backfill.run(organization, context),
    adopt: () => backfill.adopt(organization, context),
    /** Works off what is left to do, and the list of members that are no users any more. */
    react: (former: readonly FormerMember[] = []) => {
      lookup.former = former;
      lookup.only = organization;
      return new PolicyReactor(members, backfill, broken, rules, lookup, timeAndIds).react();
    },
    postUser: (attributes: JsonObject) =>
      new CreateUserHandler(model, names, organizations, existing, appender, timeAndIds).execute(
        new CreateUser(organization, body(userType, attributes), context),
      ),
    putUser: (id: string, attributes: JsonObject) =>
      new ReplaceUserHandler(users).execute(
        new ReplaceUser(organization, id, body(userType, attributes), null, context),
      ),
    patchUser: (id: string, ...given: readonly JsonObject[]) =>
      new PatchUserHandler(users).execute(
        new PatchUser(organization, id, operations(userType, given), null, context),
      ),
    deleteUser: (id: string) =>
      new DeleteUserHandler(deletion).execute(new DeleteUser(organization, id, null, context)),
    postGroup: (attributes: JsonObject) =>
      new CreateGroupHandler(
        model,
        groupNames,
        organizations,
        folds,
        members,
        links,
        rules,
        backfill,
        timeAndIds,
      ).execute(new CreateGroup(organization, body(groupType, attributes), context)),
    putGroup: (id: string, attributes: JsonObject, expected: readonly number[] | null = null) =>
      new ReplaceGroupHandler(synchronizer).execute(
        new ReplaceGroup(organization, id, body(groupType, attributes), expected, context),
      ),
    patchGroup: (id: string, ...given: readonly JsonObject[]) =>
      new PatchGroupHandler(synchronizer).execute(
        new PatchGroup(organization, id, operations(groupType, given), null, context),
      ),
    deleteGroup: (id: string) =>
      new DeleteGroupHandler(model, organizations, folds, links, rules, externals).execute(
        new DeleteGroup(organization, id, null, context),
      ),
    createTeam: (name: string) =>
      new CreateTeamHandler(model, organizations, timeAndIds).execute(
        new CreateTeam(organization, name, context),
      ),
    editTeam: (id: string, changes: { readonly name?: string; readonly archived?: boolean }) =>
      new EditTeamHandler(decisions, links).execute(
        new EditTeam(organization, id, changes, context),
      ),
    deleteTeam: (id: string) =>
      new DeleteTeamHandler(decisions, folds).execute(new DeleteTeam(organization, id, context)),
    addTeamMember: (id: string, userId: string) =>
      new AddTeamMemberHandler(model, decisions).execute(
        new AddTeamMember(organization, id, userId, context),
      ),
    removeTeamMember: (id: string, userId: string) =>
      new RemoveTeamMemberHandler(model, decisions, links).execute(
        new RemoveTeamMember(organization, id, userId, context),
      ),
    linkGroup: (
      groupId: string,
      target: { readonly teamId: string } | { readonly createTeam: true },
    ) =>
      new LinkGroupHandler(model, organizations, folds, teams, members, links).execute(
        new LinkGroup(organization, groupId, target, context),
      ),
    unlinkGroup: (groupId: string) =>
      new UnlinkGroupHandler(model, organizations, folds, links).execute(
        new UnlinkGroup(organization, groupId, context),
      ),
    mapTeamSync: (mappings: readonly TeamSyncMapping[]) =>
      new MapTeamSyncHandler(model, teams).execute(
        new MapTeamSync(organization, mappings, context),
      ),
    planMigration: () =>
      new PlanTeamSyncMigrationHandler(model, planner).execute(
        new PlanTeamSyncMigration(organization),
      ),
    migrate: () =>
      new CommitTeamSyncMigrationHandler(model, planner, folds, teams, links).execute(
        new CommitTeamSyncMigration(organization, context),
      ),
    rollBack: () =>
      new RollBackTeamSyncMigrationHandler(model, folds, teams).execute(
        new RollBackTeamSyncMigration(organization, context),
      ),
  };
}
