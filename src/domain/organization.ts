import type { Decider } from './decider.js';
import type { OrganizationEvent } from './events.js';
import type { JsonValue, OrganizationId } from './identifiers.js';
import { checkPolicy, defaultPolicies, withPolicy, type Policies } from './policies.js';
import { Rejection } from './rejection.js';

export interface ExistingOrganization {
  readonly status: 'existing';
  readonly organization: OrganizationId;
  readonly displayName: string;
  readonly nameKey: string;
  readonly syncEnabled: boolean;
  readonly policies: Policies;
}

export type OrganizationState = { readonly status: 'absent' } | ExistingOrganization;

export type OrganizationCommand =
  | {
      readonly type: 'Create';
      readonly organization: OrganizationId;
      readonly displayName: string;
      readonly nameKey: string;
    }
  | { readonly type: 'EnableSync' }
  | { readonly type: 'DisableSync' }
  | { readonly type: 'SetPolicies'; readonly values: Readonly<Record<string, JsonValue>> };

/** @throws Rejection organization-unknown */
export function requireOrganization(state: OrganizationState): ExistingOrganization {
  if (state.status !== 'existing') throw new Rejection('organization-unknown');
  return state;
}

/** @throws Rejection organization-unknown, sync-disabled */
export function requireSync(state: OrganizationState): ExistingOrganization {
  const existing = requireOrganization(state);
  if (!existing.syncEnabled) throw new Rejection('sync-disabled');
  return existing;
}

function decide(
  command: OrganizationCommand,
  state: OrganizationState,
): readonly OrganizationEvent[] {
  if (command.type === 'Create') {
    const { organization, displayName, nameKey } = command;
    if (state.status === 'existing') throw new Rejection('organization-already-exists');
    return [{ type: 'OrganizationCreated', organization, displayName, nameKey }];
  }
  const { organization, syncEnabled, policies } = requireOrganization(state);
  switch (command.type) {
    case 'EnableSync':
      return syncEnabled ? [] : [{ type: 'SyncEnabled', organization }];
    case 'DisableSync':
      return syncEnabled ? [{ type: 'SyncDisabled', organization }] : [];
    case 'SetPolicies':
      return Object.entries(command.values).flatMap(([policy, value]) => {
        checkPolicy(policy, value);
        const changed = policies[policy as keyof Policies] !== value;
        return changed ? [{ type: 'PolicyChanged', organization, policy, value } as const] : [];
      });
  }
}

function evolve(state: OrganizationState, event: OrganizationEvent): OrganizationState {
  if (event.type === 'OrganizationCreated') {
    const { organization, displayName, nameKey } = event;
    return {
      status: 'existing',
      organization,
      displayName,
      nameKey,
      syncEnabled: false,
      policies: defaultPolicies,
    };
  }
  if (state.status === 'absent') return state;
  switch (event.type) {
    case 'SyncEnabled':
      return { ...state, syncEnabled: true };
    case 'SyncDisabled':
      return { ...state, syncEnabled: false };
    case 'PolicyChanged':
      return { ...state, policies: withPolicy(state.policies, event.policy, event.value) };
  }
}

export const organization: Decider<OrganizationState, OrganizationCommand, OrganizationEvent> = {
  initial: { status: 'absent' },
  decide,
  evolve,
};
