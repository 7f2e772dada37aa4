import type { Decider, Recorded } from './decider.js';
import { sameJson } from './equality.js';
import type { OrganizationEvent, PolicyChanged, TeamLink, TeamSyncMapping } from './events.js';
import type { JsonValue, OrganizationId } from './identifiers.js';
import {
  conflictAmong,
  defaultPolicies,
  isPreset,
  policyValue,
  presets,
  withPolicy,
  type Capabilities,
  type ManualUpdates,
  type Policies,
} from './policies.js';
import { Rejection } from './rejection.js';

export interface ExistingOrganization {
  readonly status: 'existing';
  readonly organization: OrganizationId;
  readonly displayName: string;
  readonly nameKey: string;
  readonly syncEnabled: boolean;
  readonly policies: Policies;
  /** Users whose first event stands before this position are synced; null when none was adopted at once. */
  readonly adoptedThrough: bigint | null;
  readonly teamSyncMappings: readonly TeamSyncMapping[];
  readonly teamSync: TeamSyncState;
  /** The revision at which the present seat limit came to be; null without one. */
  readonly seatsSince: number | null;
}

export interface TeamSyncState {
  /** The era whose grants by sign-in count; null while none do. */
  readonly era: number | null;
  /** How many eras there were. */
  readonly eras: number;
  /** The migration that can be rolled back. */
  readonly migrated: { readonly links: readonly TeamLink[]; readonly era: number } | null;
}

export type OrganizationState = { readonly status: 'absent' } | ExistingOrganization;

export type PolicyValues = Readonly<Record<string, JsonValue>>;

export type OrganizationCommand =
  | {
      readonly type: 'Create';
      readonly organization: OrganizationId;
      readonly displayName: string;
      readonly nameKey: string;
      /** The values that differ from the defaults, or a `preset`. */
      readonly policies: PolicyValues;
    }
  | { readonly type: 'EnableSync' }
  | { readonly type: 'DisableSync' }
  | { readonly type: 'SetPolicies'; readonly values: PolicyValues }
  | { readonly type: 'MapTeamSync'; readonly mappings: readonly TeamSyncMapping[] }
  | { readonly type: 'MigrateTeamSync'; readonly links: readonly TeamLink[] }
  | { readonly type: 'RollBackTeamSync' };

/** @throws Rejection organization-unknown */
export function requireOrganization(state: OrganizationState): ExistingOrganization {
  if (state.status !== 'existing') throw new Rejection('organization-unknown');
  return state;
}

/** @throws Rejection organization-unknown, sync-disabled, entitlement-missing */
export function requireSync(state: OrganizationState): ExistingOrganization {
  const existing = requireOrganization(state);
  if (!existing.syncEnabled) throw new Rejection('sync-disabled');
  if (!existing.policies.entitled) throw new Rejection('entitlement-missing');
  return existing;
}

/** Whether what a source grants counts at present: grants of the other rest, and count again when it is on again. */
export const grantsCount = (
  { policies }: ExistingOrganization,
  source: 'scim' | 'sign-in',
): boolean => policies.teamSync === source;

/** Whether pushed groups feed teams at present. */
export const groupsFeedTeams = ({ syncEnabled, policies }: ExistingOrganization): boolean =>
  syncEnabled && policies.teamSync === 'scim';

/** @throws Rejection capability-off */
export function requireCapability(
  { policies }: ExistingOrganization,
  capability: keyof Capabilities,
): void {
  if (!policies.capabilities[capability]) throw new Rejection('capability-off', { capability });
}

/** @throws Rejection managed-by-identity-provider */
export function requireUnlocked(
  { policies }: ExistingOrganization,
  kind: keyof ManualUpdates,
): void {
  if (policies.manualUpdates[kind] === 'locked') {
    const details = { policy: `manualUpdates.${kind}`, value: 'locked' };
    throw new Rejection('managed-by-identity-provider', details);
  }
}

function decide(
  command: OrganizationCommand,
  state: OrganizationState,
): readonly OrganizationEvent[] {
  if (command.type === 'Create') return create(command, state);
  const existing = requireOrganization(state);
  const { organization, syncEnabled } = existing;
  switch (command.type) {
    case 'EnableSync':
      return syncEnabled ? [] : enable(existing);
    case 'DisableSync':
      return syncEnabled ? [{ type: 'SyncDisabled', organization }] : [];
    case 'SetPolicies':
      return setPolicies(existing, command.values);
    case 'MapTeamSync': {
      const { mappings } = command;
      const same = sameJson(asJson(mappings), asJson(existing.teamSyncMappings));
      return same ? [] : [{ type: 'TeamSyncMapped', organization, mappings }];
    }
    case 'MigrateTeamSync':
      return migrate(existing, command.links);
    case 'RollBackTeamSync':
      return rollBack(existing);
  }
}

function create(
  command: Extract<OrganizationCommand, { type: 'Create' }>,
  state: OrganizationState,
): readonly OrganizationEvent[] {
  const { organization, displayName, nameKey, policies } = command;
  if (state.status === 'existing') throw new Rejection('organization-already-exists');
  const created = { type: 'OrganizationCreated', organization, displayName, nameKey } as const;
  const fresh = evolve(state, created, { revision: 0, position: 0n, occurredAt: '' });
  return [created, ...setPolicies(requireOrganization(fresh), policies)];
}

/** @throws Rejection entitlement-missing, sso-missing, sso-mismatch: the precondition that is not met */
function enable({ organization, policies }: ExistingOrganization): readonly OrganizationEvent[] {
  requirePreconditions(policies);
  return [
    { type: 'SyncEnabled', organization },
    ...(policies.adoption === 'all-at-once'
      ? [{ type: 'DirectoryAdopted', organization } as const]
      : []),
  ];
}

function requirePreconditions(policies: Policies): void {
  if (!policies.entitled) throw new Rejection('entitlement-missing');
  requireSingleSignOn(policies);
}

function requireSingleSignOn({
  ssoRequired,
  ssoProvider,
  ssoMatchesScim,
  provider,
}: Policies): void {
  if (ssoRequired && ssoProvider === null) throw new Rejection('sso-missing');
  if (ssoMatchesScim && ssoProvider !== provider) {
    throw new Rejection('sso-mismatch', { sso: ssoProvider ?? 'none', scim: provider });
  }
}

/** @throws Rejection policy-unknown, policy-value-invalid, policy-conflict, team-sync-conflict, sso-missing, sso-mismatch */
function setPolicies(
  existing: ExistingOrganization,
  values: PolicyValues,
): readonly OrganizationEvent[] {
  const { organization } = existing;
  const changes: PolicyChanged[] = [];
  let policies = existing.policies;
  for (const [policy, given] of Object.entries(withPreset(values))) {
    const value = policyValue(policies, policy, given);
    if (sameJson(asJson(policies)[policy], value)) continue;
    changes.push({ type: 'PolicyChanged', organization, policy, value });
    policies = withPolicy(policies, policy, value);
  }
  if (changes.length === 0) return [];
  requireCompatible(existing, policies);
  return [...changes, ...consequences(existing, policies)];
}

/** The values with those of a named preset, which the others override. */
function withPreset({ preset, ...values }: PolicyValues): PolicyValues {
  if (preset === undefined) return values;
  if (typeof preset !== 'string' || !isPreset(preset)) {
    const expected = Object.keys(presets).join(', ');
    const found = JSON.stringify(preset);
    throw new Rejection('policy-value-invalid', { policy: 'preset', found, expected });
  }
  return { ...asJson(presets[preset]), ...values };
}

function requireCompatible(
  { syncEnabled, policies: before }: ExistingOrganization,
  after: Policies,
): void {
  const conflict = conflictAmong(after);
  if (conflict !== undefined) throw new Rejection('policy-conflict', { conflict });
  const scimIsOn = before.teamSync === 'scim' && syncEnabled && after.teamSync === 'sign-in';
  const signInIsOn = before.teamSync === 'sign-in' && after.teamSync === 'scim';
  if (scimIsOn || signInIsOn) {
    throw new Rejection('team-sync-conflict', { on: before.teamSync, wanted: after.teamSync });
  }
  if (syncEnabled) requireSingleSignOn(after);
}

function consequences(
  { organization, syncEnabled, policies: before, teamSync }: ExistingOrganization,
  after: Policies,
): readonly OrganizationEvent[] {
  const adopts = after.adoption === 'all-at-once' && before.adoption !== 'all-at-once';
  const starts = after.teamSync === 'sign-in' && teamSync.era === null;
  return [
    ...(adopts && syncEnabled ? [{ type: 'DirectoryAdopted', organization } as const] : []),
    ...(starts ? [{ type: 'TeamSyncStarted', organization, era: teamSync.eras + 1 } as const] : []),
  ];
}

function migrate(
  { organization, policies, teamSync, syncEnabled }: ExistingOrganization,
  links: readonly TeamLink[],
): readonly OrganizationEvent[] {
  if (policies.teamSync !== 'sign-in' || teamSync.era === null || !syncEnabled) {
    const found = syncEnabled ? `teamSync ${policies.teamSync}` : 'SCIM disabled';
    throw new Rejection('migration-unavailable', {
      found,
      expected: 'teamSync sign-in and SCIM enabled',
    });
  }
  return [
    { type: 'PolicyChanged', organization, policy: 'teamSync', value: 'scim' },
    { type: 'TeamSyncMigrated', organization, links },
  ];
}

function rollBack({ organization, teamSync }: ExistingOrganization): readonly OrganizationEvent[] {
  const { migrated } = teamSync;
  if (!migrated) {
    const expected = 'a migration that was committed and not rolled back';
    throw new Rejection('migration-unavailable', { found: 'none', expected });
  }
  return [
    { type: 'TeamSyncMigrationRolledBack', organization, ...migrated },
    { type: 'PolicyChanged', organization, policy: 'teamSync', value: 'sign-in' },
  ];
}

function evolve(
  state: OrganizationState,
  event: OrganizationEvent,
  { revision, position }: Recorded,
): OrganizationState {
  if (event.type === 'OrganizationCreated') {
    const { organization, displayName, nameKey } = event;
    return {
      status: 'existing',
      organization,
      displayName,
      nameKey,
      syncEnabled: false,
      policies: defaultPolicies,
      adoptedThrough: null,
      teamSyncMappings: [],
      teamSync: { era: null, eras: 0, migrated: null },
      seatsSince: null,
    };
  }
  if (state.status === 'absent') return state;
  switch (event.type) {
    case 'SyncEnabled':
      return { ...state, syncEnabled: true };
    case 'SyncDisabled':
      return { ...state, syncEnabled: false };
    case 'PolicyChanged': {
      const policies = withPolicy(state.policies, event.policy, event.value);
      return { ...state, policies, seatsSince: seatsSince(state, policies, revision) };
    }
    case 'DirectoryAdopted':
      return { ...state, adoptedThrough: position };
    case 'TeamSyncMapped':
      return { ...state, teamSyncMappings: event.mappings };
    case 'TeamSyncStarted':
    case 'TeamSyncMigrated':
    case 'TeamSyncMigrationRolledBack':
      return { ...state, teamSync: teamSyncAfter(state.teamSync, event) };
  }
}

type TeamSyncEvent = Extract<
  OrganizationEvent,
  { type: 'TeamSyncStarted' | 'TeamSyncMigrated' | 'TeamSyncMigrationRolledBack' }
>;

function teamSyncAfter(state: TeamSyncState, event: TeamSyncEvent): TeamSyncState {
  switch (event.type) {
    case 'TeamSyncStarted':
      return { era: event.era, eras: event.era, migrated: null };
    case 'TeamSyncMigrated':
      return {
        ...state,
        era: null,
        migrated: state.era === null ? null : { links: event.links, era: state.era },
      };
    case 'TeamSyncMigrationRolledBack':
      return { ...state, era: event.era, migrated: null };
  }
}

function seatsSince(
  { seatsSince: before }: ExistingOrganization,
  { seatLimit }: Policies,
  revision: number,
): number | null {
  if (seatLimit === null) return null;
  return before ?? revision;
}

const asJson = (value: object): Readonly<Record<string, JsonValue>> =>
  value as Readonly<Record<string, JsonValue>>;

export const organization: Decider<OrganizationState, OrganizationCommand, OrganizationEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
