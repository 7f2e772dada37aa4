import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { systemTimeAndIds, type TimeAndIds } from '../../src/commands/time-and-ids.js';
import { organizationStream } from '../../src/commands/streams.js';
import { organization as organizationDecider } from '../../src/domain/organization.js';
import { Rejection } from '../../src/domain/rejection.js';
import type { JsonValue, OrganizationId, TeamId, UserId } from '../../src/domain/identifiers.js';
import type { EventStore, Position, RecordedEvent } from '../../src/event-store/event-store.js';
import { eventsOf, postUsers, teamsOf, valuesOf } from './directory-of.js';
import { StreamLookup } from './stream-lookup.js';
import {
  context,
  enabledOrganization,
  openLog,
  ProcessDied,
  sequential,
  writeSide,
  type Log,
} from './write-side.js';

/*
 * Several processes on a store that appends to one stream at a time: they do what identity providers and administrators
 * ask for, some die before an append, and another one repairs at once what it finds, never knowing whether somebody is
 * still at it. One step runs at a time and ends where a process is about to read or append: fast-check decides who goes
 * on, so that what fails is found again and shrinks.
 */

const HISTORIES = Number(process.env['ROLLCALL_RACES'] ?? 40);
/** No more rounds of the reactor than this until nothing is left to do. */
const MOST_ROUNDS = 12;
const NAMES = ['Analysts', 'Engineers'] as const;

let log: Log;
beforeAll(async () => {
  log = await openLog();
});
afterAll(() => log.close());

type Side = ReturnType<typeof writeSide> & Pick<EventStore, 'head'>;

/** Lets one process at a time come as far as its next read or append. */
class Turns {
  private readonly waiting: (() => void)[] = [];
  private busy = 0;
  private free = false;

  constructor(private readonly choices: readonly number[]) {}

  /** Holds until the process may go on. */
  gate(): Promise<void> {
    if (this.free) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.busy += 1;
    try {
      return await work();
    } finally {
      this.busy -= 1;
    }
  }

  /** A pause of whoever lost a race: others may go on meanwhile. */
  pause(ms: number): void {
    this.busy += 1;
    setTimeout(() => (this.busy -= 1), ms + 2);
  }

  async run(processes: readonly Promise<void>[]): Promise<void> {
    let running = true;
    const ended = Promise.allSettled(processes).then(() => (running = false));
    for (let step = 0; running; step += 1) {
      for (let quiet = 0; quiet < 3 && running; quiet = this.busy === 0 ? quiet + 1 : 0)
        await turn();
      const [next] = this.waiting.splice((this.choices[step] ?? 0) % (this.waiting.length || 1), 1);
      next?.();
    }
    await ended;
    this.free = true;
    await Promise.all(processes);
  }
}

/** The log as one process sees it, whose steps are chosen, until it dies. */
function mortal(turns: Turns, diesBefore: number): EventStore {
  const { store } = log;
  const one = sequential(store);
  let appends = 0;
  return {
    ...one,
    async append(stream, expected, events) {
      await turns.gate();
      if (appends++ >= diesBefore) throw new ProcessDied();
      return turns.during(() => one.append(stream, expected, events));
    },
    async readStream(stream, from) {
      if (/^(?:group|team)-/.test(stream)) await turns.gate();
      return turns.during(() => one.readStream(stream, from));
    },
    head: () => turns.during(() => one.head()),
    async *readOrganization(id, from, upTo) {
      const pages = one.readOrganization(id, from, upTo)[Symbol.asyncIterator]();
      for (;;) {
        const page = await turns.during(() => pages.next());
        if (page.done) return;
        yield page.value;
      }
    },
  };
}

/** What was asked for, and how that went. */
interface Deed {
  readonly what: string;
  readonly group?: string;
  readonly team?: string;
  readonly user?: string;
  /** What the group fed when it was asked. */
  readonly fed?: TeamId | null;
  readonly from: Position;
  upTo: Position;
  acknowledged: boolean;
}

interface World {
  readonly organization: OrganizationId;
  readonly users: readonly UserId[];
  readonly lookup: StreamLookup;
  readonly deeds: Deed[];
}

interface Command {
  readonly what: string;
  readonly pick: number;
  readonly other: number;
}

const WHAT = [
  'post',
  'put',
  'join',
  'leave',
  'delete group',
  'link',
  'link new',
  'unlink',
  'create team',
  'archive',
  'restore',
  'delete team',
  'exclude',
  'grant',
  'policy',
  'migrate',
  'roll back',
] as const;

const POLICIES = [
  { groupMapping: 'create' },
  { groupMapping: 'ask' },
  { groupMapping: 'strict' },
  { groupMapping: 'link-by-name' },
  { onGroupDelete: 'unlink' },
  { onGroupDelete: 'archive' },
  { onGroupDelete: 'delete' },
] as const;

/** There was nothing of which it could have been asked. */
const NOTHING = Symbol('nothing');

const at = <Item>(items: readonly Item[], index: number): Item | undefined =>
  items[index % (items.length || 1)];

async function perform(side: Side, world: World, { what, pick, other }: Command): Promise<void> {
  const { users, deeds, organization } = world;
  const { lookup } = side.services;
  const groups = await lookup.groups(organization);
  const teams = await lookup.teams(organization);
  const group = at(groups, pick);
  const team = at(teams, other);
  const user = at(users, other)!;
  const deed: Deed = {
    what,
    ...(group && { group: group.groupId, fed: group.teamId }),
    ...(team && { team: team.teamId }),
    user,
    from: await side.head(),
    upTo: 1n << 62n,
    acknowledged: false,
  };
  deeds.push(deed);
  try {
    const told = await asked(side, world, deed, { what, pick, other });
    deed.acknowledged = told !== NOTHING;
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
  } finally {
    deed.upTo = await side.head();
  }
}

function asked(
  side: Side,
  { organization, users }: World,
  { group, team, user }: Deed,
  { what, pick, other }: Command,
): Promise<unknown> {
  const name = NAMES[other % NAMES.length]!;
  const member = { value: user! };
  switch (what) {
    case 'post':
      return side.postGroup({ displayName: name, members: valuesOf(users.slice(0, pick % 3)) });
    case 'create team':
      return side.createTeam(name);
    case 'policy':
      return setPolicy(side, organization, at(POLICIES, pick * 4 + other)!);
    case 'migrate':
      return migrate(side, team);
    case 'roll back':
      return side.rollBack();
    case 'put': {
      const id = pick % 2 === 0 ? (team ?? group) : group;
      return id === undefined
        ? Promise.resolve(NOTHING)
        : side.putGroup(id, { displayName: name, members: valuesOf(users.slice(0, pick % 3)) });
    }
  }
  if (team !== undefined) {
    if (what === 'archive') return side.editTeam(team, { archived: true });
    if (what === 'restore') return side.editTeam(team, { archived: false });
    if (what === 'delete team') return side.deleteTeam(team);
    if (what === 'exclude') return side.removeTeamMember(team, user!);
    if (what === 'grant') return side.addTeamMember(team, user!);
  }
  if (group !== undefined) {
    if (what === 'join')
      return side.patchGroup(group, { op: 'add', path: 'members', value: [member] });
    if (what === 'leave')
      return side.patchGroup(group, { op: 'remove', path: `members[value eq "${user}"]` });
    if (what === 'delete group') return side.deleteGroup(group);
    if (what === 'link new') return side.linkGroup(group, { createTeam: true });
    if (what === 'unlink') return side.unlinkGroup(group);
    if (what === 'link' && team !== undefined) return side.linkGroup(group, { teamId: team });
  }
  return Promise.resolve(NOTHING);
}

function setPolicy(
  { model }: Side,
  id: OrganizationId,
  values: Readonly<Record<string, JsonValue>>,
): Promise<unknown> {
  const stream = organizationStream(id);
  return model.decide(stream, async () => {
    const { state, revision } = await model.load(organizationDecider, stream);
    const events = organizationDecider.decide({ type: 'SetPolicies', values }, state);
    return events.length > 0 ? model.commit(id, context, [{ stream, revision, events }]) : NOTHING;
  });
}

async function migrate(side: Side, team: string | undefined): Promise<unknown> {
  if (team === undefined) return NOTHING;
  await side.mapTeamSync([{ externalGroup: NAMES[0], teamId: team as TeamId }]);
  return side.migrate();
}

const command: fc.Arbitrary<Command> = fc.record({
  what: fc.oneof(fc.constantFrom(...WHAT), fc.constantFrom('link', 'unlink', 'delete group')),
  pick: fc.nat(5),
  other: fc.nat(3),
});

/** How many appends a process makes before it dies. */
const death = fc.option(fc.nat(5), { nil: Number.POSITIVE_INFINITY });

const history = fc.record({
  mapping: fc.constantFrom('create', 'ask', 'strict', 'link-by-name'),
  onGroupDelete: fc.constantFrom('unlink', 'archive', 'delete'),
  before: fc.array(command, { maxLength: 2 }),
  processes: fc.array(
    fc.record({
      commands: fc.array(command, { minLength: 1, maxLength: 3 }),
      dies: death,
    }),
    { minLength: 2, maxLength: 3 },
  ),
  /** How often each looks for what is to be repaired, and after how many appends it dies. */
  reactors: fc.array(fc.record({ rounds: fc.integer({ min: 1, max: 3 }), dies: death }), {
    maxLength: 2,
  }),
  choices: fc.array(fc.nat(11), { maxLength: 300, size: 'max' }),
});

type History = typeof history extends fc.Arbitrary<infer Drawn> ? Drawn : never;

async function live(drawn: History): Promise<World> {
  const { mapping, onGroupDelete } = drawn;
  const organization = await enabledOrganization(log.store, undefined, {
    groupMapping: mapping,
    onGroupDelete,
    groupNames: 'any',
    manualUpdates: 'warn',
  });
  const store = sequential(log.store);
  const first = { ...writeSide(store, organization), head: () => store.head() };
  const users = await postUsers(first, 2);
  const world: World = { organization, users, lookup: new StreamLookup(log.store), deeds: [] };
  await first.postGroup({ displayName: NAMES[0], members: valuesOf(users) });
  const { id: apart } = await first.postGroup({ displayName: NAMES[1] });
  await first.unlinkGroup(apart);
  await first.createTeam(NAMES[1]);
  for (const each of drawn.before) await perform(first, world, each);

  const turns = new Turns(drawn.choices);
  const timeAndIds: TimeAndIds = {
    ...systemTimeAndIds,
    jitter: () => {
      turns.pause(0);
      return 0;
    },
  };
  const alive = async (dies: number, work: (side: Side) => Promise<void>): Promise<void> => {
    const mortalStore = mortal(turns, dies);
    const side = writeSide(mortalStore, organization, timeAndIds);
    await work({ ...side, head: () => mortalStore.head() }).catch((error: unknown) => {
      if (!(error instanceof ProcessDied)) throw error;
    });
  };
  const commanded = drawn.processes.map(({ commands, dies }) =>
    alive(dies, async (side) => {
      for (const each of commands) {
        await turns.gate();
        await perform(side, world, each);
      }
    }),
  );
  const repairing = drawn.reactors.map(({ rounds, dies }) =>
    alive(dies, async (side) => {
      for (let round = 0; round < rounds; round += 1) {
        await turns.gate();
        await side.react();
      }
    }),
  );
  await turns.run([...commanded, ...repairing]);
  return world;
}

async function untilQuiet({ organization }: World): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const head = await log.store.head();
    await writeSide(sequential(log.store), organization).react();
    if ((await log.store.head()) === head) return;
  }
  const events = await eventsOf(log.store, organization);
  throw new Error(`never quiet: ${events.slice(-12).map(told).join(', ')}`);
}

const told = ({ event, stream, position }: RecordedEvent): string =>
  `${position} ${stream.slice(0, 5)}${stream.slice(-4)} ${JSON.stringify(event)}`;

/** Whether anything of these was asked for when the deed was, or later. */
const since = (world: World, deed: Deed, matches: (other: Deed) => boolean): boolean =>
  world.deeds.some((other) => other !== deed && other.upTo > deed.from && matches(other));

async function expectAcknowledged(world: World): Promise<void> {
  const groups = await world.lookup.groups(world.organization);
  const teams = await world.lookup.teams(world.organization);
  for (const deed of world.deeds.filter(({ acknowledged }) => acknowledged)) {
    const { what, group: groupId, team: teamId, user } = deed;
    const group = groups.find((each) => each.groupId === groupId);
    const team = teams.find((each) => each.teamId === teamId);
    const parted = since(world, deed, (other) => {
      if (['roll back', 'migrate'].includes(other.what)) return true;
      if (['delete team', 'archive'].includes(other.what))
        return what === 'link new' || other.team === teamId;
      return (
        other.group === groupId &&
        ['unlink', 'delete group', 'link', 'link new'].includes(other.what)
      );
    });
    if (what === 'link' && !parted && groupId) {
      expect({ deed, feeds: group?.teamId }).toEqual({ deed, feeds: teamId });
    }
    if (what === 'link new' && !parted && groupId) {
      expect({ deed, feeds: typeof group?.teamId }).toEqual({ deed, feeds: 'string' });
    }
    const joined = since(world, deed, (other) =>
      ['roll back', 'migrate', 'delete team'].includes(other.what)
        ? true
        : other.group === groupId && ['link', 'link new'].includes(other.what),
    );
    if (what === 'unlink' && deed.fed && !joined) {
      expect({ deed, feeds: group?.teamId ?? null }).toEqual({ deed, feeds: null });
    }
    if (what === 'delete group' && groupId) {
      expect({ deed, group }).toEqual({ deed, group: undefined });
    }
    if (what === 'delete team' && teamId) expect({ deed, team }).toEqual({ deed, team: undefined });
    const restored = since(
      world,
      deed,
      (other) => other.team === teamId && other.what === 'restore',
    );
    if (what === 'archive' && team && !restored) {
      expect({ deed, archived: team.archived }).toEqual({ deed, archived: true });
    }
    const stated = since(world, deed, (other) =>
      ['put', 'link', 'post', 'join', 'leave'].includes(other.what),
    );
    if (what === 'leave' && group && !stated) {
      expect({ deed, member: group.members.has(user as UserId) }).toEqual({ deed, member: false });
    }
  }
}

/**
 * Whom a parting keeps in the team stays there by a grant that nothing but an administrator ends: so the link does not
 * come back by itself, which would leave those in the team whom the identity provider takes out of the group.
 */
async function expectPartingsComplete({ organization, deeds }: World): Promise<void> {
  const events = await eventsOf(log.store, organization);
  const decided = (groupId: string): boolean =>
    deeds.some(
      ({ what, group }) => what === 'migrate' || (what.startsWith('link') && group === groupId),
    );
  const linked = new Map<string, string>();
  const partings = new Set<string>();
  for (const { event } of events) {
    const key = 'teamId' in event && 'groupId' in event ? `${event.groupId} ${event.teamId}` : '';
    if (event.type === 'GroupLinked') linked.set(event.groupId, event.teamId);
    if (event.type === 'GroupUnlinked' || event.type === 'GroupDeleted') {
      linked.delete(event.groupId);
      for (const each of partings) if (each.startsWith(event.groupId)) partings.delete(each);
    }
    if (event.type === 'TeamReleased' && linked.get(event.groupId) === event.teamId) {
      partings.add(key);
    }
    if (event.type === 'TeamSynced' && !decided(event.groupId)) {
      expect([...partings]).not.toContain(key);
    }
  }
}

it('links of groups and teams come to agree, whoever dies at what moment, and undo nothing that was acknowledged', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (drawn) => {
      const world = await live(drawn);
      try {
        await untilQuiet(world);
        await teamsOf(log.store, world.organization);
        await expectAcknowledged(world);
        await expectPartingsComplete(world);
      } catch (error) {
        const events = await eventsOf(log.store, world.organization);
        const record = [
          ...world.deeds.map((deed) =>
            JSON.stringify(deed, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
          ),
          ...events.map(told),
        ];
        throw new Error(`${String(error)}\n${record.join('\n')}`, { cause: error });
      }
    }),
    { numRuns: HISTORIES, endOnFailure: process.env['ROLLCALL_RACES'] === undefined },
  );
}, 600_000);
