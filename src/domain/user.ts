import type { Decider, Recorded } from './decider.js';
import { sameJson } from './equality.js';
import type { AdoptionMatch, UnsyncedOrigin, UserEvent, UserProfileChanged } from './events.js';
import type { ClaimId, Instant, JsonObject, JsonValue, TeamId, UserId } from './identifiers.js';
import { requireCapability, requireUnlocked, type ExistingOrganization } from './organization.js';
import { isOwnerRole } from './policies.js';
import { Rejection } from './rejection.js';

export interface ProvisionedUser {
  readonly status: 'provisioned';
  readonly userId: UserId;
  readonly origin: 'scim' | UnsyncedOrigin;
  /** Whether the identity provider provisioned or adopted it by itself; see `isSynced`. */
  readonly synced: boolean;
  readonly claimId: ClaimId;
  readonly userName: string;
  readonly active: boolean;
  /** Every other attribute that the client may write. */
  readonly profile: JsonObject;
  /** Attributes that an administrator changed since the identity provider stated them. */
  readonly overrides: readonly string[];
  /** The role that a sign-in or an administrator gave; null: the organization's default. */
  readonly role: string | null;
  readonly signInTeams: { readonly teams: readonly TeamId[]; readonly era: number } | null;
  /** Revision of the last event that changed what SCIM shows of the user. */
  readonly version: number;
  /** Where its first event stands in the log. */
  readonly position: bigint;
  readonly createdAt: Instant;
  readonly modifiedAt: Instant;
}

export type UserState = { readonly status: 'absent' | 'deleted' } | ProvisionedUser;

/** The whole state that a statement describes. */
export interface StatedUser {
  readonly userName: string;
  readonly active: boolean;
  readonly profile: JsonObject;
}

/** Why a user cannot be deactivated or removed. */
export type Protection = 'last-owner' | 'break-glass';

export type UserCommand =
  /** Through SCIM. */
  | {
      readonly type: 'Provision';
      readonly organization: ExistingOrganization;
      readonly userId: UserId;
      readonly claimId: ClaimId;
      readonly stated: StatedUser;
      /** The deleted user who held the userName before. */
      readonly predecessorId: UserId | null;
    }
  /** By a sign-in, an administrator or the application. */
  | {
      readonly type: 'Register';
      readonly organization: ExistingOrganization;
      readonly userId: UserId;
      readonly claimId: ClaimId;
      readonly origin: UnsyncedOrigin;
      readonly stated: StatedUser;
      readonly role: string | null;
      readonly predecessorId: UserId | null;
    }
  /** The identity provider states what the user is. `claimId` is the claim of the stated userName. */
  | {
      readonly type: 'Synchronize';
      readonly organization: ExistingOrganization;
      readonly claimId: ClaimId;
      readonly stated: StatedUser;
      /** Top-level attributes that the statement is about, or all. */
      readonly about: 'all' | readonly string[];
      readonly matchedBy: AdoptionMatch;
      readonly lastOwner: boolean;
    }
  /** An administrator changes the user. */
  | {
      readonly type: 'Edit';
      readonly organization: ExistingOrganization;
      readonly claimId: ClaimId;
      readonly stated: StatedUser;
      readonly lastOwner: boolean;
    }
  | {
      readonly type: 'ChangeRole';
      readonly role: string;
      readonly source: 'sign-in' | 'manual';
      readonly lastOwner: boolean;
    }
  | { readonly type: 'JoinBySignIn'; readonly teams: readonly TeamId[]; readonly era: number }
  | {
      readonly type: 'Delete';
      readonly organization: ExistingOrganization;
      readonly by: 'identity-provider' | 'administrator';
      readonly lastOwner: boolean;
    }
  | { readonly type: 'FenceClaim'; readonly claimId: ClaimId };

type Command<Type extends UserCommand['type']> = Extract<UserCommand, { type: Type }>;

/** @throws Rejection user-unknown */
export function requireUser(state: UserState): ProvisionedUser {
  if (state.status !== 'provisioned') throw new Rejection('user-unknown');
  return state;
}

/** Whether the user owns the organization by the role that it was given. */
export const isOwner = (state: UserState): boolean =>
  state.status === 'provisioned' && state.active && state.role !== null && isOwnerRole(state.role);

/** Whether the identity provider manages the user: by its own statement, or because it adopted all at once. */
export function isSynced(
  { synced, position }: ProvisionedUser,
  { adoptedThrough }: ExistingOrganization,
): boolean {
  return synced || (adoptedThrough !== null && position < adoptedThrough);
}

function decide(command: UserCommand, state: UserState): readonly UserEvent[] {
  switch (command.type) {
    case 'Provision':
      return provision(command);
    case 'Register':
      return register(command);
    case 'Synchronize':
      return synchronize(requireUser(state), command);
    case 'Edit':
      return edit(requireUser(state), command);
    case 'ChangeRole':
      return changeRole(requireUser(state), command);
    case 'JoinBySignIn':
      return joinBySignIn(requireUser(state), command);
    case 'Delete':
      return remove(requireUser(state), command);
    case 'FenceClaim':
      return [{ type: 'ClaimFenced', claimId: command.claimId }];
  }
}

function provision(command: Command<'Provision'>): readonly UserEvent[] {
  const { organization, userId, claimId, stated, predecessorId } = command;
  const { userName, active, profile } = stated;
  requireCapability(organization, 'create');
  requireUserName(organization, userName);
  return [
    { type: 'UserProvisioned', userId, active, claimId, personal: { userName, profile } },
    ...(active ? [] : departure(userId, organization)),
    ...succession(userId, predecessorId),
  ];
}

const succession = (userId: UserId, predecessorId: UserId | null): readonly UserEvent[] =>
  predecessorId ? [{ type: 'UserSucceeded', userId, predecessorId }] : [];

/** @throws Rejection managed-by-identity-provider: only the identity provider adds users while SCIM is on */
function register(command: Command<'Register'>): readonly UserEvent[] {
  const { organization, userId, claimId, origin, stated, role, predecessorId } = command;
  const { syncEnabled, policies } = organization;
  if (syncEnabled && policies.appCreatedUsers === 'refuse' && origin !== 'sign-in') {
    throw new Rejection('managed-by-identity-provider', {
      policy: 'appCreatedUsers',
      value: 'refuse',
    });
  }
  const { userName, profile } = stated;
  return [
    { type: 'UserRegistered', userId, origin, claimId, personal: { userName, profile } },
    ...succession(userId, predecessorId),
    ...(role === null
      ? []
      : [
          {
            type: 'UserRoleChanged',
            userId,
            role,
            source: origin === 'sign-in' ? 'sign-in' : 'manual',
          } as const,
        ]),
  ];
}

function synchronize(user: ProvisionedUser, command: Command<'Synchronize'>): readonly UserEvent[] {
  const { organization, claimId, stated, about, matchedBy, lastOwner } = command;
  const { userId } = user;
  const described = describe(user, claimId, stated);
  const { capabilities } = organization.policies;
  // Either of the two abilities gives back what was taken away.
  const reactivates = !user.active && stated.active;
  // Whoever is recognised by its key was stated by a POST: a connection that only creates may do that.
  if (matchedBy !== 'id') requireCapability(organization, 'create');
  else if (described.length > 0 || (reactivates && !capabilities.deactivate)) {
    requireCapability(organization, 'update');
  }
  if (stated.userName !== user.userName) requireUserName(organization, stated.userName);
  if (user.active && !stated.active) {
    requireCapability(organization, 'deactivate');
    requireUnprotected(user, organization, lastOwner);
  }
  const replaced = user.overrides.filter((name) => about === 'all' || about.includes(name));
  return [
    ...(isSynced(user, organization) ? [] : [{ type: 'UserAdopted', userId, matchedBy } as const]),
    ...described,
    ...activity(user, stated, organization),
    ...(replaced.length > 0
      ? [{ type: 'UserOverridesReplaced', userId, attributes: replaced } as const]
      : []),
  ];
}

/** @throws Rejection managed-by-identity-provider, protected-user */
function edit(user: ProvisionedUser, command: Command<'Edit'>): readonly UserEvent[] {
  const { organization, claimId, stated, lastOwner } = command;
  const described = [...describe(user, claimId, stated), ...activity(user, stated, organization)];
  if (described.length === 0) return [];
  if (user.active && !stated.active && lastOwner) {
    throw new Rejection('protected-user', { protection: 'last-owner' });
  }
  if (!organization.syncEnabled || !isSynced(user, organization)) return described;
  requireUnlocked(organization, 'users');
  const { userId } = user;
  const attributes = changedAttributes(user, stated).filter(
    (name) => !user.overrides.includes(name),
  );
  return [
    ...described,
    ...(attributes.length > 0 ? [{ type: 'UserOverridden', userId, attributes } as const] : []),
  ];
}

/** Everything but whether the user is active. */
function describe(
  user: ProvisionedUser,
  claimId: ClaimId,
  stated: StatedUser,
): readonly UserEvent[] {
  const { userId } = user;
  const events: UserEvent[] = [];
  if (stated.userName !== user.userName) {
    const { userName } = stated;
    events.push({ type: 'UserRenamed', userId, claimId, personal: { userName } });
  }
  const personal = profileChange(user.profile, stated.profile);
  if (personal) events.push({ type: 'UserProfileChanged', userId, personal });
  return events;
}

function activity(
  { userId, active }: ProvisionedUser,
  stated: StatedUser,
  organization: ExistingOrganization,
): readonly UserEvent[] {
  if (stated.active === active) return [];
  if (stated.active) return [{ type: 'UserReactivated', userId }];
  return [{ type: 'UserDeactivated', userId }, ...departure(userId, organization)];
}

/** What else it is to be inactive, from the beginning too. */
const departure = (userId: UserId, { policies }: ExistingOrganization): readonly UserEvent[] =>
  policies.onDeactivate === 'remove' ? [{ type: 'UserLeftOrganization', userId }] : [];

/** Names of the top-level attributes in which the statement differs from the user. */
export function changedAttributes(user: ProvisionedUser, stated: StatedUser): readonly string[] {
  const change = profileChange(user.profile, stated.profile);
  return [
    ...(stated.userName === user.userName ? [] : ['userName']),
    ...(stated.active === user.active ? [] : ['active']),
    ...Object.keys(change?.set ?? {}),
    ...(change?.removed ?? []),
  ];
}

function changeRole(
  { userId, role: before }: ProvisionedUser,
  { role, source, lastOwner }: Command<'ChangeRole'>,
): readonly UserEvent[] {
  if (role === before) return [];
  if (lastOwner && !isOwnerRole(role))
    throw new Rejection('protected-user', { protection: 'last-owner' });
  return [{ type: 'UserRoleChanged', userId, role, source }];
}

function joinBySignIn(
  { userId, signInTeams }: ProvisionedUser,
  { teams, era }: Command<'JoinBySignIn'>,
): readonly UserEvent[] {
  const sorted = [...new Set(teams)].sort();
  const before = signInTeams?.era === era ? signInTeams.teams : [];
  return sameJson(before, sorted)
    ? []
    : [{ type: 'SignInTeamsChanged', userId, teams: sorted, era }];
}

/** @throws Rejection managed-by-identity-provider, protected-user, capability-off */
function remove(user: ProvisionedUser, command: Command<'Delete'>): readonly UserEvent[] {
  const { organization, by, lastOwner } = command;
  const { syncEnabled, policies } = organization;
  if (by === 'identity-provider') {
    requireCapability(organization, 'deactivate');
    requireUnprotected(user, organization, lastOwner);
  } else {
    if (syncEnabled && isSynced(user, organization) && policies.manualDelete === 'refuse') {
      throw new Rejection('managed-by-identity-provider', {
        policy: 'manualDelete',
        value: 'refuse',
      });
    }
    if (lastOwner) throw new Rejection('protected-user', { protection: 'last-owner' });
  }
  return [{ type: 'UserDeleted', userId: user.userId }];
}

const EMAIL = /^[^\s@]+@[^\s@]+$/;

function requireUserName({ policies }: ExistingOrganization, userName: string): void {
  if (policies.userNameFormat === 'email' && !EMAIL.test(userName)) {
    throw new Rejection('user-name-not-an-email', { provider: policies.provider });
  }
}

/** What the identity provider cannot take away. @throws Rejection protected-user */
function requireUnprotected(
  { userId }: ProvisionedUser,
  { policies }: ExistingOrganization,
  lastOwner: boolean,
): void {
  const breakGlass = policies.breakGlassUsers.includes(userId);
  const protection: Protection | undefined = breakGlass
    ? 'break-glass'
    : lastOwner
      ? 'last-owner'
      : undefined;
  if (protection) throw new Rejection('protected-user', { protection });
}

function profileChange(
  before: JsonObject,
  after: JsonObject,
): UserProfileChanged['personal'] | undefined {
  const set: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(after)) {
    if (!sameJson(before[name], value)) set[name] = value;
  }
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  return removed.length > 0 || Object.keys(set).length > 0 ? { set, removed } : undefined;
}

function evolve(state: UserState, event: UserEvent, recorded: Recorded): UserState {
  if (event.type === 'UserProvisioned' || event.type === 'UserRegistered') {
    return created(event, recorded);
  }
  if (event.type === 'ClaimFenced' || state.status !== 'provisioned') return state;
  const seen = { ...state, version: recorded.revision, modifiedAt: recorded.occurredAt };
  switch (event.type) {
    case 'UserRenamed':
      return { ...seen, userName: event.personal.userName, claimId: event.claimId };
    case 'UserProfileChanged':
      return { ...seen, profile: changedProfile(state.profile, event.personal) };
    case 'UserDeactivated':
      return { ...seen, active: false };
    case 'UserReactivated':
      return { ...seen, active: true };
    case 'UserAdopted':
      return { ...state, synced: true };
    case 'UserOverridden':
      return { ...state, overrides: [...state.overrides, ...event.attributes] };
    case 'UserOverridesReplaced': {
      const { attributes } = event;
      return { ...state, overrides: state.overrides.filter((name) => !attributes.includes(name)) };
    }
    case 'UserRoleChanged':
      return { ...state, role: event.role };
    case 'SignInTeamsChanged':
      return { ...state, signInTeams: { teams: event.teams, era: event.era } };
    case 'UserSucceeded':
    case 'UserLeftOrganization':
      return state;
    case 'UserDeleted':
      return { status: 'deleted' };
  }
}

function created(
  event: Extract<UserEvent, { type: 'UserProvisioned' | 'UserRegistered' }>,
  { revision, position, occurredAt }: Recorded,
): ProvisionedUser {
  const { userId, claimId, personal } = event;
  const bySelf = event.type === 'UserProvisioned';
  return {
    status: 'provisioned',
    userId,
    origin: bySelf ? 'scim' : event.origin,
    synced: bySelf,
    claimId,
    active: bySelf ? event.active : true,
    userName: personal.userName,
    profile: personal.profile,
    overrides: [],
    role: null,
    signInTeams: null,
    version: revision,
    position,
    createdAt: occurredAt,
    modifiedAt: occurredAt,
  };
}

/** The profile after a recorded change. */
export function changedProfile(
  profile: JsonObject,
  change: UserProfileChanged['personal'],
): JsonObject {
  const kept = Object.entries(profile).filter(([name]) => !change.removed.includes(name));
  return { ...Object.fromEntries(kept), ...change.set };
}

export const user: Decider<UserState, UserCommand, UserEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
