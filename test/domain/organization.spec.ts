import type { OrganizationEvent } from '../../src/domain/events.js';
import type { JsonValue } from '../../src/domain/identifiers.js';
import {
  organization,
  requireOrganization,
  requireSync,
  groupsFeedTeams,
  requireCapability,
  requireUnlocked,
  type OrganizationCommand,
  type PolicyValues,
} from '../../src/domain/organization.js';
import { defaultPolicies, presets } from '../../src/domain/policies.js';
import type { RejectionReason } from '../../src/domain/rejection.js';
import { acme, engineering, engineers, organizationOf } from './facts.js';
import { given, stateAfter } from './specification.js';

const created: OrganizationEvent = {
  type: 'OrganizationCreated',
  organization: acme,
  displayName: 'Acme',
  nameKey: 'bmFtZSBrZXk',
};
const enabled: OrganizationEvent = { type: 'SyncEnabled', organization: acme };
const disabled: OrganizationEvent = { type: 'SyncDisabled', organization: acme };
const policyChanged = (policy: string, value: JsonValue): OrganizationEvent => ({
  type: 'PolicyChanged',
  organization: acme,
  policy,
  value,
});
const groupNames = (value: string): OrganizationEvent => policyChanged('groupNames', value);
const create = (policies: PolicyValues = {}) =>
  ({
    type: 'Create',
    displayName: 'Acme',
    nameKey: 'bmFtZSBrZXk',
    organization: acme,
    policies,
  }) as const;
const set = (values: PolicyValues) => ({ type: 'SetPolicies', values }) as const;
const adopted: OrganizationEvent = { type: 'DirectoryAdopted', organization: acme };
const startedAt = (era: number): OrganizationEvent => ({
  type: 'TeamSyncStarted',
  organization: acme,
  era,
});
const links = [{ groupId: engineers, teamId: engineering }];
const migrated: OrganizationEvent = { type: 'TeamSyncMigrated', organization: acme, links };
const rolledBack = (era: number): OrganizationEvent => ({
  type: 'TeamSyncMigrationRolledBack',
  organization: acme,
  links,
  era,
});

describe('an organization', () => {
  it('is created with SCIM off and the default policies', () => {
    const { type: _, ...facts } = created;
    given(organization).when(create()).then([created]);
    expect(stateAfter(organization, [created])).toEqual({
      ...facts,
      status: 'existing',
      syncEnabled: false,
      policies: defaultPolicies,
      adoptedThrough: null,
      teamSyncMappings: [],
      teamSync: { era: null, eras: 0, migrated: null },
      seatsSince: null,
    });
  });

  it('is created once', () => {
    given(organization, [created])
      .when({ ...create(), displayName: 'Other' })
      .thenRejects('organization-already-exists');
  });

  it.each([
    { name: 'first', history: [created] },
    { name: 'again', history: [created, enabled, disabled] },
  ])('SCIM is enabled $name', ({ history }) => {
    given(organization, history).when({ type: 'EnableSync' }).then([enabled]);
  });

  it('SCIM is disabled', () => {
    given(organization, [created, enabled]).when({ type: 'DisableSync' }).then([disabled]);
  });

  it('enabling what is enabled appends nothing', () => {
    given(organization, [created, enabled]).when({ type: 'EnableSync' }).thenNothing();
  });

  it.each([
    { name: 'never was enabled', history: [created] },
    { name: 'is disabled', history: [created, enabled, disabled] },
  ])('disabling what $name appends nothing', ({ history }) => {
    given(organization, history).when({ type: 'DisableSync' }).thenNothing();
  });

  it('a policy gets another value', () => {
    given(organization, [created])
      .when({ type: 'SetPolicies', values: { groupNames: 'any' } })
      .then([groupNames('any')]);
  });

  it.each([
    { name: 'its value', history: [created, groupNames('any')], value: 'any' },
    { name: 'its default', history: [created], value: 'unique' },
    {
      name: 'the value it came back to',
      history: [created, groupNames('any'), groupNames('unique')],
      value: 'unique',
    },
  ])('setting a policy to $name appends nothing', ({ history, value }) => {
    given(organization, history)
      .when({ type: 'SetPolicies', values: { groupNames: value } })
      .thenNothing();
  });

  it.each(['groupnames', '__proto__', 'constructor', ''])('there is no policy "%s"', (policy) => {
    given(organization, [created])
      .when({ type: 'SetPolicies', values: JSON.parse(`{"${policy}":"any"}`) })
      .thenRejects('policy-unknown', { policy, expected: Object.keys(defaultPolicies).join(', ') });
  });

  it.each([null, true, 0, 'Unique', ['any'], {}])('a policy cannot be %j', (value) => {
    given(organization, [created])
      .when({ type: 'SetPolicies', values: { groupNames: value } })
      .thenRejects('policy-value-invalid', {
        policy: 'groupNames',
        found: JSON.stringify(value),
        expected: 'unique, any',
      });
  });

  it('one bad policy among good ones refuses all', () => {
    given(organization, [created])
      .when({ type: 'SetPolicies', values: { groupNames: 'any', colour: 'red' } })
      .thenRejects('policy-unknown');
  });

  it('a recorded policy that this release does not know changes nothing', () => {
    const unknown: OrganizationEvent = { ...groupNames('red'), policy: 'colour' } as never;
    expect(stateAfter(organization, [created, unknown, groupNames('red')])).toEqual(
      stateAfter(organization, [created]),
    );
  });

  it.each<OrganizationCommand>([
    { type: 'EnableSync' },
    { type: 'DisableSync' },
    { type: 'SetPolicies', values: {} },
    { type: 'MapTeamSync', mappings: [] },
    { type: 'MigrateTeamSync', links: [] },
    { type: 'RollBackTeamSync' },
  ])('$type of no organization is refused', (command) => {
    given(organization).when(command).thenRejects('organization-unknown');
  });

  it('is required to exist', () => {
    expect(() => requireOrganization(organization.initial)).toThrow('organization-unknown');
  });

  it.each([
    { name: 'none', history: [], reason: 'organization-unknown' },
    { name: 'one without SCIM', history: [created], reason: 'sync-disabled' },
    {
      name: 'one whose SCIM was disabled',
      history: [created, enabled, disabled],
      reason: 'sync-disabled',
    },
    {
      name: 'one whose entitlement lapsed',
      history: [created, enabled, policyChanged('entitled', false)],
      reason: 'entitlement-missing',
    },
  ])('$name does not take statements of an identity provider', ({ history, reason }) => {
    expect(() => requireSync(stateAfter(organization, history))).toThrow(reason);
  });
});

describe('the policies of a new organization', () => {
  it('are recorded where they differ from the defaults', () => {
    given(organization)
      .when(create({ groupNames: 'any', onDeactivate: 'disable' }))
      .then([created, groupNames('any')]);
  });

  it.each(['dagster', 'grafana', 'dbt'] as const)('are those of preset %s', (preset) => {
    const events = organization.decide(create({ preset }), organization.initial);
    expect(requireOrganization(stateAfter(organization, events)).policies).toEqual({
      ...defaultPolicies,
      ...presets[preset],
    });
  });

  it('are refused with the organization', () => {
    given(organization)
      .when(create({ preset: 'jira' }))
      .thenRejects('policy-value-invalid', {
        policy: 'preset',
        found: '"jira"',
        expected: 'dagster, grafana, dbt',
      });
  });

  it('may say that teams follow sign-ins', () => {
    given(organization)
      .when(create({ teamSync: 'sign-in' }))
      .then([created, policyChanged('teamSync', 'sign-in'), startedAt(1)]);
  });
});

describe('a preset', () => {
  it('sets what it says, and leaves the rest', () => {
    const history = [created, policyChanged('seatLimit', 5)];
    const events = organization.decide(set({ preset: 'dbt' }), stateAfter(organization, history));
    const state = stateAfter(organization, [...history, ...events]);
    expect(requireOrganization(state).policies).toEqual({
      ...defaultPolicies,
      ...presets.dbt,
      seatLimit: 5,
    });
  });

  it('is overridden by what stands beside it', () => {
    const values = { onDeactivate: 'disable', preset: 'dagster' };
    const events = organization.decide(set(values), stateAfter(organization, [created]));
    const state = stateAfter(organization, [created, ...events]);
    expect(requireOrganization(state).policies).toMatchObject({
      onDeactivate: 'disable',
      groupMapping: 'ask',
    });
  });

  it('set twice changes nothing', () => {
    const events = organization.decide(
      set({ preset: 'grafana' }),
      stateAfter(organization, [created]),
    );
    given(organization, [created, ...events])
      .when(set({ preset: 'grafana' }))
      .thenNothing();
  });

  it.each([null, 1, {}, 'constructor'])('is none that is called %j', (preset) => {
    given(organization, [created])
      .when(set({ preset }))
      .thenRejects('policy-value-invalid', {
        policy: 'preset',
        found: JSON.stringify(preset),
        expected: 'dagster, grafana, dbt',
      });
  });
});

describe('enabling SCIM', () => {
  it.each([
    {
      name: 'the plan includes it',
      policies: [policyChanged('entitled', false)],
      reason: 'entitlement-missing',
      details: undefined,
    },
    {
      name: 'single sign-on is set up where it is required',
      policies: [policyChanged('ssoRequired', true)],
      reason: 'sso-missing',
      details: undefined,
    },
    {
      name: 'both are of one provider where they must be',
      policies: [
        policyChanged('provider', 'okta'),
        policyChanged('ssoProvider', 'entra'),
        policyChanged('ssoMatchesScim', true),
      ],
      reason: 'sso-mismatch',
      details: { sso: 'entra', scim: 'okta' },
    },
  ] as const)('needs that $name', ({ policies, reason, details }) => {
    given(organization, [created, ...policies])
      .when({ type: 'EnableSync' })
      .thenRejects(reason, details);
  });

  it('is done when all of this is so', () => {
    const history = [
      created,
      policyChanged('provider', 'okta'),
      policyChanged('ssoProvider', 'okta'),
      policyChanged('ssoRequired', true),
      policyChanged('ssoMatchesScim', true),
    ];
    given(organization, history).when({ type: 'EnableSync' }).then([enabled]);
  });

  const all = policyChanged('adoption', 'all-at-once');

  it('adopts everybody where adoption is all at once', () => {
    given(organization, [created, all]).when({ type: 'EnableSync' }).then([enabled, adopted]);
    expect(stateAfter(organization, [created, all, enabled, adopted])).toMatchObject({
      adoptedThrough: 4n,
    });
  });

  it('adopts again those who came while it was off', () => {
    given(organization, [created, all, enabled, adopted, disabled])
      .when({ type: 'EnableSync' })
      .then([enabled, adopted]);
  });

  it.each([
    { name: 'on', history: [created, enabled], events: [all, adopted] },
    { name: 'off', history: [created], events: [all] },
  ])('when it is $name, choosing adoption all at once adopts so', ({ history, events }) => {
    given(organization, history)
      .when(set({ adoption: 'all-at-once' }))
      .then(events);
  });

  it.each([
    { values: { ssoRequired: true }, reason: 'sso-missing', details: undefined },
    {
      values: { ssoProvider: 'entra', ssoMatchesScim: true },
      reason: 'sso-mismatch',
      details: { sso: 'entra', scim: 'okta' },
    },
  ] as readonly {
    values: PolicyValues;
    reason: RejectionReason;
    details: Record<string, string> | undefined;
  }[])('keeps policies from becoming $values', ({ values, reason, details }) => {
    given(organization, [created, policyChanged('provider', 'okta'), enabled])
      .when(set(values))
      .thenRejects(reason, details);
  });
});

describe('teams follow groups or sign-ins, never both', () => {
  const teamSync = (value: string) => policyChanged('teamSync', value);
  const off = teamSync('off');
  const signIn = [teamSync('sign-in'), startedAt(1)];

  it.each([
    { from: 'scim', to: 'sign-in', history: [created, enabled] },
    { from: 'sign-in', to: 'scim', history: [created, ...signIn] },
    { from: 'sign-in', to: 'scim', history: [created, ...signIn, enabled] },
  ])('from $from to $to is a conflict', ({ from, to, history }) => {
    given(organization, history)
      .when(set({ teamSync: to }))
      .thenRejects('team-sync-conflict', { on: from, wanted: to });
  });

  it.each([
    { from: 'scim', to: 'off', history: [created, enabled], events: [off] },
    { from: 'off', to: 'sign-in', history: [created, enabled, off], events: signIn },
    { from: 'scim while SCIM is off', to: 'sign-in', history: [created], events: signIn },
    { from: 'sign-in', to: 'off', history: [created, ...signIn], events: [off] },
    { from: 'off', to: 'scim', history: [created, ...signIn, off], events: [teamSync('scim')] },
    {
      from: 'off',
      to: 'sign-in again, in the same era',
      history: [created, ...signIn, off],
      events: [teamSync('sign-in')],
    },
  ])('from $from to $to is possible', ({ to, history, events }) => {
    given(organization, history)
      .when(set({ teamSync: to.split(' ')[0] ?? '' }))
      .then(events);
  });

  it.each([
    { name: 'SCIM off', state: { ...organizationOf(), syncEnabled: false }, feed: false },
    { name: 'SCIM on', state: organizationOf(), feed: true },
    { name: 'Team Sync', state: organizationOf({ teamSync: 'sign-in' }), feed: false },
    { name: 'none of both', state: organizationOf({ teamSync: 'off' }), feed: false },
  ])('with $name groups feed teams: $feed', ({ state, feed }) => {
    expect(groupsFeedTeams(state)).toBe(feed);
  });

  describe('and a migration leads from sign-ins to groups', () => {
    const before = [created, ...signIn, enabled];
    const toScim = teamSync('scim');

    it('in one step', () => {
      given(organization, before).when({ type: 'MigrateTeamSync', links }).then([toScim, migrated]);
      expect(stateAfter(organization, [...before, toScim, migrated])).toMatchObject({
        teamSync: { era: null, eras: 1, migrated: { links, era: 1 } },
      });
    });

    it.each([
      { found: 'SCIM disabled', history: [created, ...signIn] },
      { found: 'teamSync scim', history: [created, enabled] },
      { found: 'teamSync off', history: [...before, off] },
    ])('but not from $found', ({ found, history }) => {
      given(organization, history)
        .when({ type: 'MigrateTeamSync', links })
        .thenRejects('migration-unavailable', {
          found,
          expected: 'teamSync sign-in and SCIM enabled',
        });
    });

    it('and back: the grants of the era count again', () => {
      const history = [...before, toScim, migrated];
      const back = [rolledBack(1), teamSync('sign-in')];
      given(organization, history).when({ type: 'RollBackTeamSync' }).then(back);
      expect(stateAfter(organization, [...history, ...back])).toMatchObject({
        teamSync: { era: 1, eras: 1, migrated: null },
        policies: { teamSync: 'sign-in' },
      });
    });

    it.each([
      { name: 'there was none', history: before },
      {
        name: 'it is rolled back already',
        history: [...before, toScim, migrated, rolledBack(1), teamSync('sign-in')],
      },
      {
        name: 'sign-ins were chosen anew since',
        history: [...before, toScim, migrated, off, teamSync('sign-in'), startedAt(2)],
      },
    ])('but not back where $name', ({ history }) => {
      given(organization, history)
        .when({ type: 'RollBackTeamSync' })
        .thenRejects('migration-unavailable', {
          found: 'none',
          expected: 'a migration that was committed and not rolled back',
        });
    });

    it('after which sign-ins begin a new era', () => {
      given(organization, [...before, toScim, migrated, off])
        .when(set({ teamSync: 'sign-in' }))
        .then([teamSync('sign-in'), startedAt(2)]);
    });
  });

  it.each([
    { name: 'others', mappings: [{ externalGroup: 'analysts', teamId: engineering }] },
    { name: 'none any more', mappings: [] },
  ])('mappings become $name', ({ mappings }) => {
    const old = [{ externalGroup: 'engineers', teamId: engineering }];
    const mapped = (each: typeof old): OrganizationEvent => ({
      type: 'TeamSyncMapped',
      organization: acme,
      mappings: each,
    });
    given(organization, [created, mapped(old)])
      .when({ type: 'MapTeamSync', mappings })
      .then([mapped(mappings)]);
    given(organization, [created, mapped(mappings)])
      .when({ type: 'MapTeamSync', mappings })
      .thenNothing();
  });
});

describe('the seat limit counts from', () => {
  const limit = (value: number | null) => policyChanged('seatLimit', value);

  it.each([
    { name: 'nowhere, without one', history: [created, limit(5), limit(null)], since: null },
    { name: 'where it came to be', history: [created, limit(5)], since: 1 },
    { name: 'there also when it is another', history: [created, limit(5), limit(9)], since: 1 },
    {
      name: 'where it came to be again',
      history: [created, limit(5), limit(null), limit(5)],
      since: 3,
    },
  ])('$name', ({ history, since }) => {
    expect(stateAfter(organization, history)).toMatchObject({ seatsSince: since });
  });
});

describe('what an organization does not allow', () => {
  it.each(['create', 'update', 'deactivate', 'groups'] as const)('is the ability to %s', (off) => {
    const capabilities = { create: true, update: true, deactivate: true, groups: true };
    const state = organizationOf({ capabilities: { ...capabilities, [off]: false } });
    expect(() => requireCapability(state, off)).toThrow('capability-off');
    for (const other of ['create', 'update', 'deactivate', 'groups'] as const) {
      if (other !== off) requireCapability(state, other);
    }
  });

  it.each(['users', 'teams', 'memberships'] as const)('is to change %s by hand', (kind) => {
    const warn = { users: 'warn', teams: 'warn', memberships: 'warn' } as const;
    requireUnlocked(organizationOf({ manualUpdates: warn }), kind);
    const locked = organizationOf({ manualUpdates: { ...warn, [kind]: 'locked' } });
    expect(() => requireUnlocked(locked, kind)).toThrow('managed-by-identity-provider');
  });
});
