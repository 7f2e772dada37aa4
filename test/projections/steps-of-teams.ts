import fc from 'fast-check';
import type { GroupCommand, MembershipEdit } from '../../src/domain/group.js';
import type { ClaimId, GroupId, TeamId, UserId } from '../../src/domain/identifiers.js';
import type { ExistingOrganization } from '../../src/domain/organization.js';
import type { TeamCommand } from '../../src/domain/team.js';
import type { UserCommand } from '../../src/domain/user.js';

const slot = fc.nat({ max: 1 });
const name = fc.constantFrom('ada', 'Ada', 'bob');
const then = fc.constantFrom('stay' as const, 'archive' as const, 'delete' as const);

/** What happens by other hands than the identity provider's, and where both meet; slots stand for users, groups, teams. */
const step = {
  register: fc.record({ kind: fc.constant('registerUser' as const), slot, name }),
  create: fc.record({ kind: fc.constant('createTeam' as const), slot, name }),
  rename: fc.record({ kind: fc.constant('renameTeam' as const), slot, name }),
  change: fc.record({
    kind: fc.constantFrom('archiveTeam' as const, 'restoreTeam' as const, 'deleteTeam' as const),
    slot,
  }),
  addMember: fc.record({ kind: fc.constant('addMember' as const), slot, member: slot }),
  adopt: fc.record({
    kind: fc.constant('adoptTeam' as const),
    slot,
    group: slot,
    name,
    teamFirst: fc.boolean(),
    fenced: fc.boolean(),
  }),
  link: fc.record({ kind: fc.constant('linkGroup' as const), slot, group: slot }),
  unlink: fc.record({
    kind: fc.constant('unlinkGroup' as const),
    group: slot,
    byChoice: fc.boolean(),
    then,
  }),
};

export const teamSteps = [
  { weight: 2, arbitrary: step.register },
  { weight: 3, arbitrary: step.create },
  { weight: 2, arbitrary: step.rename },
  { weight: 4, arbitrary: step.change },
  { weight: 1, arbitrary: step.addMember },
  { weight: 3, arbitrary: step.adopt },
  { weight: 3, arbitrary: step.link },
  { weight: 3, arbitrary: step.unlink },
] as const;

type Arbitraries = (typeof step)[keyof typeof step];
export type TeamStep = Arbitraries extends fc.Arbitrary<infer Value> ? Value : never;

const kinds: readonly TeamStep['kind'][] = [
  'registerUser',
  'createTeam',
  'renameTeam',
  'archiveTeam',
  'restoreTeam',
  'deleteTeam',
  'addMember',
  'adoptTeam',
  'linkGroup',
  'unlinkGroup',
];

export const isTeamStep = (given: { readonly kind: string }): given is TeamStep =>
  kinds.some((kind) => kind === given.kind);

/** What these steps need of an organization. */
export interface TeamWorld {
  readonly organization: ExistingOrganization;
  readonly users: UserId[];
  readonly groups: { readonly id: GroupId; readonly team: TeamId }[];
  readonly teams: TeamId[];
  isGroup(id: GroupId): boolean;
  newId(): string;
  claim(): ClaimId;
  edit(op: MembershipEdit['op'], named: readonly number[]): MembershipEdit;
  user(id: UserId | undefined, command: UserCommand): void;
  group(id: GroupId | undefined, command: GroupCommand): void;
  team(id: TeamId | undefined, command: TeamCommand): void;
}

export function happenToTeams(world: TeamWorld, step: TeamStep): void {
  const { organization } = world;
  switch (step.kind) {
    case 'registerUser': {
      const userId = world.newId() as UserId;
      world.users[step.slot] = userId;
      const stated = { userName: step.name, active: true, profile: {} };
      const made = { userId, claimId: world.claim(), stated, role: null, predecessorId: null };
      world.user(userId, { type: 'Register', organization, origin: 'manual', ...made });
      return;
    }
    case 'createTeam': {
      const teamId = world.newId() as TeamId;
      world.teams[step.slot] = teamId;
      world.team(teamId, { type: 'Create', teamId, name: step.name, groupId: null });
      return;
    }
    case 'renameTeam': {
      const { name } = step;
      const command = { type: 'Rename', organization, name, stated: true } as const;
      return world.team(world.teams[step.slot], command);
    }
    case 'archiveTeam':
      return world.team(world.teams[step.slot], { type: 'Archive', organization });
    case 'restoreTeam':
      return world.team(world.teams[step.slot], { type: 'Restore' });
    case 'deleteTeam':
      return world.team(world.teams[step.slot], { type: 'Delete', organization });
    case 'addMember': {
      const userId = world.users[step.member];
      if (userId === undefined) return;
      return world.team(world.teams[step.slot], { type: 'AddMember', organization, userId });
    }
    case 'adoptTeam':
      return adopt(world, step);
    case 'linkGroup': {
      const teamId = world.teams[step.slot];
      const held = world.groups[step.group];
      if (teamId === undefined || !held) return;
      world.group(held.id, { type: 'Link', teamId, members: [] });
      world.team(teamId, { type: 'Feed', groupId: held.id });
      world.groups[step.group] = { id: held.id, team: teamId };
      return;
    }
    case 'unlinkGroup': {
      const held = world.groups[step.group];
      if (!held) return;
      const { byChoice, then } = step;
      world.team(held.team, { type: 'Release', groupId: held.id, keep: [], then });
      world.group(held.id, { type: 'Unlink', byChoice });
      return;
    }
  }
}

/** The team's own group, perhaps after a claim was fenced that never came to anything. */
function adopt(world: TeamWorld, step: Extract<TeamStep, { kind: 'adoptTeam' }>): void {
  const teamId = world.teams[step.slot];
  if (teamId === undefined) return;
  const groupId = teamId as string as GroupId;
  if (world.isGroup(groupId)) return;
  if (step.fenced) world.group(groupId, { type: 'FenceClaim', claimId: world.claim() });
  const stated = {
    displayName: step.name,
    externalId: null,
    membership: [world.edit('replace', [step.slot])],
  };
  const create = { type: 'Create', groupId, claimId: world.claim(), teamId, stated } as const;
  const feed = { type: 'Feed', groupId } as const;
  if (step.teamFirst) world.team(teamId, feed);
  world.group(groupId, create);
  if (!step.teamFirst) world.team(teamId, feed);
  world.groups[step.group] = { id: groupId, team: teamId };
}
