import type { JsonValue } from '../../src/domain/identifiers.js';
import {
  conflictAmong,
  defaultPolicies,
  isAdministratorRole,
  isOwnerRole,
  isPolicy,
  isPreset,
  policyValue,
  presets,
  providers,
  withPolicy,
  type Policies,
} from '../../src/domain/policies.js';
import { ada, bob } from './facts.js';

const read = (policy: string, value: JsonValue, policies: Policies = defaultPolicies) =>
  policyValue(policies, policy, value);
const with_ = (change: Partial<Policies>): Policies => ({ ...defaultPolicies, ...change });
const rule = { groupId: null, group: 'Analysts' };
const off = { create: true, update: true, deactivate: true, groups: true };

const accepted: Readonly<Record<string, readonly JsonValue[]>> = {
  onDeactivate: ['remove', 'disable'],
  appCreatedUsers: ['refuse', 'allow'],
  manualDelete: ['refuse', 'allow'],
  manualMembers: ['drop', 'keep'],
  linkExistingUser: ['link', 'refuse'],
  adoption: ['on-first-write', 'all-at-once'],
  groupMapping: ['ask', 'strict', 'create', 'link-by-name'],
  groupNames: ['unique', 'any'],
  onGroupDelete: ['delete', 'archive', 'unlink'],
  teamSync: ['off', 'scim', 'sign-in'],
  allowSignUp: [true, false],
  rejectNonProvisioned: [true, false],
  roleSource: ['sign-in', 'groups', 'none'],
  roleRules: [[], [{ ...rule, role: 'analyst' }]],
  defaultRole: ['viewer', 'x'.repeat(100)],
  scimGrantsAdministrator: [true, false],
  licenseRules: [
    [],
    [
      { ...rule, license: 'analyst' },
      { ...rule, groupId: ada, license: 'x' },
    ],
  ],
  defaultLicense: ['viewer', null],
  defaultLocale: ['en-GB', null],
  seatLimit: [1, 10_000_000, null],
  matchingKey: ['userName', 'externalId', 'emails.value'],
  userNameFormat: ['any', 'email'],
  capabilities: [off, { ...off, groups: false }],
  ipAllowlist: [[], ['203.0.113.0/24', '2001:db8::/32']],
  provider: [...providers],
  breakGlassUsers: [[], [ada, bob]],
  massRemovalLimit: [1, 100, null],
  entitled: [true, false],
  ssoRequired: [true, false],
  ssoProvider: [...providers, null],
  ssoMatchesScim: [true, false],
  silentAfterMinutes: [1, 525_600],
};
const acceptedValues = Object.entries(accepted).flatMap(([policy, values]) =>
  values.map((value) => ({ policy, value })),
);

const tooMany = Array.from({ length: 501 }, () => '10.0.0.0/8');
const refused: Readonly<Record<string, readonly JsonValue[]>> = {
  defaultRole: ['', ' x', 'x ', 'x'.repeat(101), 'a\nb', 1],
  defaultLicense: ['', 1],
  roleRules: [
    {},
    ['analyst'],
    [{ group: 'Analysts' }],
    [{ role: 'analyst' }],
    [{ group: 'Analysts', role: '' }],
    [{ group: 'Analysts', role: 'x', license: 'y' }],
    [{ group: 'Analysts', role: 'x', groupId: 1 }],
  ],
  licenseRules: [[{ group: 'Analysts', role: 'analyst' }], [null]],
  seatLimit: [0, -1, 1.5, '5', 10_000_001],
  massRemovalLimit: [0, 101, '50'],
  capabilities: [true, { delete: true }, { create: 'yes' }, null],
  manualUpdates: ['allow', { users: 'allow' }, { groups: 'warn' }, [], null],
  ipAllowlist: ['10.0.0.0/8', ['10.0.0.0'], ['localhost/8'], [1], tooMany],
  breakGlassUsers: [['ada'], [1], ada],
  ssoProvider: ['saml', ''],
  silentAfterMinutes: [0, 525_601, 0.5],
};
const refusedValues = Object.entries(refused).flatMap(([policy, values]) =>
  values.map((value) => ({ policy, value, shown: JSON.stringify(value).slice(0, 60) })),
);

describe('the value of a policy', () => {
  it.each(acceptedValues)('$policy may be $value', ({ policy, value }) => {
    expect(read(policy, value)).toEqual(value);
    expect(withPolicy(defaultPolicies, policy, value)).toEqual({
      ...defaultPolicies,
      [policy]: value,
    });
  });

  it('is known for every policy', () => {
    const covered = [...Object.keys(accepted), 'manualUpdates'];
    expect(covered.toSorted()).toEqual(Object.keys(defaultPolicies).toSorted());
  });

  it.each(Object.keys(defaultPolicies))('%s cannot be what no policy is', (policy) => {
    expect(() => read(policy, -7)).toThrow('policy-value-invalid');
  });

  it.each(refusedValues)('$policy cannot be $shown', ({ policy, value }) => {
    expect(() => read(policy, value)).toThrow(
      expect.objectContaining({
        reason: 'policy-value-invalid',
        details: {
          policy,
          found: JSON.stringify(value),
          expected: expect.stringMatching(/.{3,}/),
        },
      }),
    );
    expect(withPolicy(defaultPolicies, policy, value)).toEqual(defaultPolicies);
  });

  it.each([
    { given: 'locked', users: 'locked', teams: 'locked', memberships: 'locked' },
    { given: 'warn', users: 'warn', teams: 'warn', memberships: 'warn' },
    { given: { users: 'locked' }, users: 'locked', teams: 'warn', memberships: 'warn' },
    { given: {}, users: 'warn', teams: 'warn', memberships: 'warn' },
  ] as readonly ({ given: JsonValue } & Policies['manualUpdates'])[])(
    'manualUpdates $given is for each kind',
    ({ given, ...each }) => {
      expect(read('manualUpdates', given)).toEqual(each);
    },
  );

  it('capabilities that are left out stay as they are', () => {
    const before = with_({ capabilities: { ...off, update: false } });
    expect(read('capabilities', { groups: false }, before)).toEqual({
      ...off,
      update: false,
      groups: false,
    });
  });

  it('a rule that says no id is not bound yet', () => {
    expect(read('licenseRules', [{ group: 'Analysts', license: 'x' }])).toEqual([
      { ...rule, license: 'x' },
    ]);
  });

  it.each(['colour', '__proto__', 'constructor'])('of %s is none', (policy) => {
    expect(isPolicy(policy)).toBe(false);
    expect(() => read(policy, 'red')).toThrow('policy-unknown');
    expect(withPolicy(defaultPolicies, policy, 'red')).toBe(defaultPolicies);
  });
});

describe('a preset', () => {
  it.each(Object.entries(presets))('%s can stand', (_, preset) => {
    expect(conflictAmong(with_(preset))).toBeUndefined();
    for (const [policy, value] of Object.entries(preset)) {
      expect(read(policy, value as JsonValue)).toEqual(value);
    }
  });

  it.each(['toString', 'Dagster', ''])('is none that is called "%s"', (name) => {
    expect(isPreset(name)).toBe(false);
  });
});

describe('policies that cannot stand together', () => {
  const role = (name: string) => [{ ...rule, role: name }];
  it.each([
    [{ defaultRole: 'owner' }, 'defaultRole owner would make every new user an administrator'],
    [{ defaultRole: 'Admin' }, 'defaultRole Admin would make every new user an administrator'],
    [
      { capabilities: { ...off, groups: false }, roleSource: 'groups' },
      'roleSource groups needs the groups that capabilities.groups false keeps out',
    ],
    [
      { capabilities: { ...off, groups: false }, licenseRules: [{ ...rule, license: 'x' }] },
      'licenseRules need the groups that capabilities.groups false keeps out',
    ],
    [
      { roleRules: role('owner') },
      'roleRules give the role owner through SCIM, which scimGrantsAdministrator false forbids',
    ],
    [{ ssoMatchesScim: true }, 'ssoMatchesScim true needs an ssoProvider to compare with'],
  ] as readonly [Partial<Policies>, string][])('are %j', (policies, reason) => {
    expect(conflictAmong(with_(policies))).toBe(reason);
  });

  it.each([
    { roleRules: role('owner'), scimGrantsAdministrator: true },
    { roleRules: role('ownership') },
    { defaultRole: 'administrators' },
    { ssoMatchesScim: true, ssoProvider: 'okta' },
    { capabilities: { ...off, groups: false } },
  ] as readonly Partial<Policies>[])('are not %j', (policies) => {
    expect(conflictAmong(with_(policies))).toBeUndefined();
  });
});

describe('a role', () => {
  it.each([
    { role: 'owner', administers: true, owns: true },
    { role: 'OWNER', administers: true, owns: true },
    { role: 'admin', administers: true, owns: false },
    { role: 'Administrator', administers: true, owns: false },
    { role: 'member', administers: false, owns: false },
    { role: 'owners', administers: false, owns: false },
  ])('$role administers: $administers, owns: $owns', ({ role, administers, owns }) => {
    expect(isAdministratorRole(role)).toBe(administers);
    expect(isOwnerRole(role)).toBe(owns);
  });
});
