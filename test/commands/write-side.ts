import { randomBytes } from 'node:crypto';
import type { DirectoryLookup, FormerMember } from '../../src/commands/directory-lookup.js';
import { GroupFolds } from '../../src/commands/group-folds.js';
import {
  CreateGroupHandler,
  DeleteGroupHandler,
  GroupSynchronizer,
  PatchGroupHandler,
  ReplaceGroupHandler,
} from '../../src/commands/groups.handlers.js';
import {
  CreateGroup,
  CreateUser,
  DeleteGroup,
  DeleteUser,
  PatchGroup,
  PatchUser,
  ReplaceGroup,
  ReplaceUser,
} from '../../src/commands/messages.js';
import { Members } from '../../src/commands/members.js';
import { Organizations } from '../../src/commands/organizations.js';
import { PolicyReactor } from '../../src/commands/policy-reactor.js';
import { organizationStream } from '../../src/commands/streams.js';
import { systemTimeAndIds, type TimeAndIds } from '../../src/commands/time-and-ids.js';
import { UniqueNames } from '../../src/commands/unique-names.js';
import {
  CreateUserHandler,
  DeleteUserHandler,
  PatchUserHandler,
  ReplaceUserHandler,
} from '../../src/commands/users.handlers.js';
import { WriteModel } from '../../src/commands/write-model.js';
import type { OrganizationEvent } from '../../src/domain/events.js';
import type { GroupId, OrganizationId, UserId } from '../../src/domain/identifiers.js';
import type { EventStore, NewEvent, StreamAppend } from '../../src/event-store/event-store.js';
import { PostgresEventStore } from '../../src/event-store/postgres.js';
import type { JsonObject } from '../../src/scim/json.js';
import { patchSchema, readPatch } from '../../src/scim/patch.js';
import { readResource } from '../../src/scim/resource.js';
import { groupType, userType } from '../../src/scim/schema.js';
import { createTestDatabase } from '../support/database.js';

export const context = { actor: 'system', correlationId: 'test' } as const;

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
): Promise<OrganizationId> {
  const nameKey = randomBytes(32).toString('base64url');
  const facts: OrganizationEvent[] = [
    { type: 'OrganizationCreated', organization, displayName: 'Acme', nameKey },
    { type: 'SyncEnabled', organization },
  ];
  const plans = [{ stream: organizationStream(organization), revision: -1, events: facts }];
  await new WriteModel(store, systemTimeAndIds).commit(organization, context, plans);
  return organization;
}

/** Looks into the streams: a directory that is never behind. */
class StreamLookup implements DirectoryLookup {
  former: readonly FormerMember[] = [];

  constructor(private readonly store: EventStore) {}

  usersAmong(): Promise<ReadonlySet<UserId>> {
    return Promise.resolve(new Set());
  }

  formerMembers(): Promise<readonly FormerMember[]> {
    return Promise.resolve(this.former);
  }

  async groupsOf(organization: OrganizationId, member: UserId): Promise<readonly GroupId[]> {
    const groups = new Map<GroupId, boolean>();
    const head = await this.store.head();
    for await (const page of this.store.readOrganization(organization, 0n, head)) {
      for (const { event } of page) {
        if (event.type !== 'GroupMembersChanged') continue;
        if (event.added.includes(member)) groups.set(event.groupId, true);
        if (event.removed.includes(member)) groups.set(event.groupId, false);
      }
    }
    return [...groups].filter(([, holds]) => holds).map(([id]) => id);
  }
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
  const members = new Members(model, folds, lookup);
  const synchronizer = new GroupSynchronizer(model, names, organizations, folds, members);
  return {
    model,
    /** Works off the list of members that are no users any more. */
    react: (former: readonly FormerMember[]) => {
      lookup.former = former;
      return new PolicyReactor(members, lookup, timeAndIds).react();
    },
    postUser: (attributes: JsonObject) =>
      new CreateUserHandler(model, names, organizations, timeAndIds).execute(
        new CreateUser(organization, body(userType, attributes), context),
      ),
    putUser: (id: string, attributes: JsonObject) =>
      new ReplaceUserHandler(model, names, organizations).execute(
        new ReplaceUser(organization, id, body(userType, attributes), null, context),
      ),
    patchUser: (id: string, ...given: readonly JsonObject[]) =>
      new PatchUserHandler(model, names, organizations).execute(
        new PatchUser(organization, id, operations(userType, given), null, context),
      ),
    deleteUser: (id: string) =>
      new DeleteUserHandler(model, organizations, members, lookup).execute(
        new DeleteUser(organization, id, null, context),
      ),
    postGroup: (attributes: JsonObject) =>
      new CreateGroupHandler(model, names, organizations, folds, members, timeAndIds).execute(
        new CreateGroup(organization, body(groupType, attributes), context),
      ),
    putGroup: (id: string, attributes: JsonObject) =>
      new ReplaceGroupHandler(synchronizer).execute(
        new ReplaceGroup(organization, id, body(groupType, attributes), null, context),
      ),
    patchGroup: (id: string, ...given: readonly JsonObject[]) =>
      new PatchGroupHandler(synchronizer).execute(
        new PatchGroup(organization, id, operations(groupType, given), null, context),
      ),
    deleteGroup: (id: string) =>
      new DeleteGroupHandler(model, organizations, folds).execute(
        new DeleteGroup(organization, id, null, context),
      ),
  };
}
