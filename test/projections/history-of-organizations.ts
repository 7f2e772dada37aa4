import fc from 'fast-check';
import type { Decider } from '../../src/domain/decider.js';
import type { DomainEvent } from '../../src/domain/events.js';
import {
  group,
  type GroupCommand,
  type GroupState,
  type MembershipEdit,
} from '../../src/domain/group.js';
import type {
  ClaimId,
  GroupId,
  JsonObject,
  OrganizationId,
  TeamId,
  TokenId,
  UserId,
} from '../../src/domain/identifiers.js';
import {
  organization,
  type ExistingOrganization,
  type OrganizationCommand,
  type PolicyValues,
} from '../../src/domain/organization.js';
import { Rejection } from '../../src/domain/rejection.js';
import { team, type TeamCommand } from '../../src/domain/team.js';
import { token, type TokenCommand } from '../../src/domain/token.js';
import { user, type UserCommand } from '../../src/domain/user.js';
import type { Fact } from './read-side.js';
import { happenToTeams, isTeamStep, teamSteps, type TeamWorld } from './steps-of-teams.js';

const SLOTS = 4;
const slot = fc.nat({ max: SLOTS - 1 });
const slots = fc.array(slot, { maxLength: 3 });
const name = fc.constantFrom('ada', 'Ada', 'bob', 'Ωmega', 'o\'neil "x"');
const tenant = fc.constantFrom('acme', 'acme-eu');
const profile = fc.dictionary(
  fc.constantFrom('title', 'displayName', 'nickName', 'externalId'),
  fc.constantFrom('a', 'b', ''),
) as fc.Arbitrary<JsonObject>;

/** What happens next in one organization; slots stand for users, groups and tokens. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('provision' as const), slot, name }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('synchronizeUser' as const),
      slot,
      name,
      active: fc.boolean(),
      profile,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('deleteUser' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fenceUser' as const), slot }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('createGroup' as const), slot, name, slots }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('synchronizeGroup' as const),
      slot,
      name,
      externalId: fc.option(fc.constantFrom('x', 'y')),
      joining: slots,
      leaving: slots,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('deleteGroup' as const),
      slot,
      then: fc.constantFrom('stay' as const, 'archive' as const, 'delete' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('enable' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('disable' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('policies' as const),
      values: fc.constantFrom<PolicyValues>(
        { groupNames: 'any' },
        { groupNames: 'unique' },
        { groupMapping: 'strict' },
        { groupMapping: 'link-by-name' },
        { teamSync: 'off' },
        { teamSync: 'scim' },
      ),
    }),
  },
  ...teamSteps,
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('issueToken' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revokeToken' as const), slot }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Steps of two organizations, one of whose names begins the other's. */
export const steps = fc.array(fc.tuple(tenant, step), {
  minLength: 1,
  maxLength: 60,
  size: 'max',
});

/** The facts that the deciders make of the steps; what they refuse does not happen. */
export function factsOf(
  history: readonly (readonly [tenant: string, step: Step])[],
  run: number,
): readonly Fact[] {
  const facts: Fact[] = [];
  const worlds = new Map<string, World>();
  for (const [tenant, each] of history) {
    let world = worlds.get(tenant);
    if (!world) {
      world = new World(`${tenant}-${run}` as OrganizationId, facts);
      worlds.set(tenant, world);
    }
    world.happen(each);
  }
  return facts;
}

/** One organization as its deciders see it. */
class World implements TeamWorld {
  private readonly states = new Map<string, { state: unknown; revision: number }>();
  readonly users: UserId[] = [];
  readonly groups: { readonly id: GroupId; readonly team: TeamId }[] = [];
  readonly teams: TeamId[] = [];
  private readonly tokens: TokenId[] = [];
  private made = 0;

  constructor(
    private readonly id: OrganizationId,
    private readonly facts: Fact[],
  ) {
    const named = { displayName: 'A', nameKey: 'a2V5', policies: {} };
    this.organize({ type: 'Create', organization: id, ...named });
  }

  get organization(): ExistingOrganization {
    return this.states.get(`organization-${this.id}`)?.state as ExistingOrganization;
  }

  isGroup(id: GroupId): boolean {
    const known = this.states.get(`group-${this.id}-${id}`)?.state as GroupState | undefined;
    return known?.status === 'existing';
  }

  happen(step: Step): void {
    if (isTeamStep(step)) return happenToTeams(this, step);
    const { organization } = this;
    switch (step.kind) {
      case 'provision': {
        const userId = this.newId() as UserId;
        const stated = { userName: step.name, active: true, profile: {} };
        this.users[step.slot] = userId;
        const made = { userId, claimId: this.claim(), stated, predecessorId: null };
        this.user(userId, { type: 'Provision', organization, ...made });
        return;
      }
      case 'synchronizeUser': {
        const { name: userName, active, profile: attributes } = step;
        const stated = { userName, active, profile: attributes };
        this.user(this.users[step.slot], {
          type: 'Synchronize',
          organization,
          claimId: this.claim(),
          stated,
          about: 'all',
          matchedBy: 'id',
          lastOwner: false,
        });
        return;
      }
      case 'deleteUser': {
        const member = this.users[step.slot];
        if (member === undefined) return;
        const by = 'identity-provider' as const;
        this.user(member, { type: 'Delete', organization, by, lastOwner: false });
        for (const { id } of this.groups.filter(Boolean)) {
          this.group(id, { type: 'DropMembers', members: [member] });
        }
        return;
      }
      case 'fenceUser': {
        const id = this.users[step.slot] ?? (this.newId() as UserId);
        this.user(id, { type: 'FenceClaim', claimId: this.claim() });
        return;
      }
      case 'createGroup': {
        const groupId = this.newId() as GroupId;
        const teamId = this.newId() as TeamId;
        this.groups[step.slot] = { id: groupId, team: teamId };
        const membership = [this.edit('replace', step.slots)];
        const stated = { displayName: step.name, externalId: null, membership };
        this.group(groupId, { type: 'Create', groupId, claimId: this.claim(), teamId, stated });
        this.team(teamId, { type: 'Create', teamId, name: step.name, groupId });
        return;
      }
      case 'synchronizeGroup': {
        const held = this.groups[step.slot];
        const membership = [this.edit('add', step.joining), this.edit('remove', step.leaving)];
        const stated = { displayName: step.name, externalId: step.externalId, membership };
        this.group(held?.id, { type: 'Synchronize', claimId: this.claim(), stated });
        this.team(held?.team, { type: 'Rename', organization, name: step.name, stated: true });
        return;
      }
      case 'deleteGroup': {
        const held = this.groups[step.slot];
        this.group(held?.id, { type: 'Delete' });
        if (!held) return;
        this.team(held.team, { type: 'Release', groupId: held.id, keep: [], then: step.then });
        return;
      }
      case 'enable':
        return this.organize({ type: 'EnableSync' });
      case 'disable':
        return this.organize({ type: 'DisableSync' });
      case 'policies':
        return this.organize({ type: 'SetPolicies', values: step.values });
      case 'issueToken': {
        const tokenId = this.newId() as TokenId;
        this.tokens[step.slot] = tokenId;
        const secret = { hash: 'aa', expiresAt: null, now: '2026-01-01T00:00:00.000Z' };
        const claimId = this.claim();
        this.token(tokenId, { type: 'Issue', tokenId, claimId, name: `t${this.made}`, ...secret });
        return;
      }
      case 'revokeToken':
        return this.token(this.tokens[step.slot], { type: 'Revoke' });
    }
  }

  /** Users of the slots, the deleted among them: an add may lose the race against a deletion. */
  edit(op: MembershipEdit['op'], named: readonly number[]): MembershipEdit {
    return { op, members: named.flatMap((each) => this.users[each] ?? []) };
  }

  claim(): ClaimId {
    return `claim-${this.made++}` as ClaimId;
  }

  newId(): string {
    const digits = `${this.id.length}${this.id.length % 7}${this.made++}`;
    return `00000000-0000-7000-8000-${digits.padStart(12, '0')}`;
  }

  private organize(command: OrganizationCommand): void {
    this.decide(organization, `organization-${this.id}`, command);
  }

  user(id: UserId | undefined, command: UserCommand): void {
    if (id !== undefined) this.decide(user, `user-${this.id}-${id}`, command);
  }

  group(id: GroupId | undefined, command: GroupCommand): void {
    if (id !== undefined) this.decide(group, `group-${this.id}-${id}`, command);
  }

  team(id: TeamId | undefined, command: TeamCommand): void {
    if (id !== undefined) this.decide(team, `team-${this.id}-${id}`, command);
  }

  private token(id: TokenId | undefined, command: TokenCommand): void {
    if (id !== undefined) this.decide(token, `token-${this.id}-${id}`, command);
  }

  private decide<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    stream: string,
    command: Command,
  ): void {
    const known = this.states.get(stream) ?? { state: decider.initial, revision: -1 };
    let state = known.state as State;
    let { revision } = known;
    const decidedEvents = decided(decider, command, state);
    for (const event of decidedEvents) {
      revision += 1;
      const position = BigInt(this.facts.length);
      const recorded = { revision, position, occurredAt: '2026-01-01T00:00:00.000Z' };
      state = decider.evolve(state, event, recorded);
      const together = event !== decidedEvents[0];
      this.facts.push({ stream, organization: this.id, event, together });
    }
    this.states.set(stream, { state, revision });
  }
}

function decided<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  command: Command,
  state: State,
): readonly Event[] {
  try {
    return decider.decide(command, state);
  } catch (error) {
    if (error instanceof Rejection) return [];
    throw error;
  }
}
