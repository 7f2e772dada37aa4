import type { JsonObject, JsonValue, UserId } from './identifiers.js';
import { Rejection } from './rejection.js';

/** What happens when an administrator changes what the identity provider manages. */
export type ManualUpdate = 'locked' | 'warn';

export interface ManualUpdates {
  readonly users: ManualUpdate;
  readonly teams: ManualUpdate;
  readonly memberships: ManualUpdate;
}

export interface Capabilities {
  readonly create: boolean;
  readonly update: boolean;
  readonly deactivate: boolean;
  readonly groups: boolean;
}

/** A group that gives its members something: bound to the group's id as soon as there is a group of that name. */
export interface GroupRule {
  readonly groupId: string | null;
  /** The group's displayName when the rule was made. */
  readonly group: string;
}
export interface LicenseRule extends GroupRule {
  readonly license: string;
}
export interface RoleRule extends GroupRule {
  readonly role: string;
}

export const providers = [
  'okta',
  'entra',
  'onelogin',
  'jumpcloud',
  'ping',
  'google',
  'generic',
] as const;
export type Provider = (typeof providers)[number];

/** What an organization decides about its directory; each value is an event when it changes. See docs/policies.md. */
export interface Policies {
  readonly onDeactivate: 'remove' | 'disable';
  readonly appCreatedUsers: 'refuse' | 'allow';
  readonly manualUpdates: ManualUpdates;
  readonly manualDelete: 'refuse' | 'allow';
  /** What a full statement of a group does to the manual grants of those whom it does not state. */
  readonly manualMembers: 'drop' | 'keep';
  readonly linkExistingUser: 'link' | 'refuse';
  readonly adoption: 'on-first-write' | 'all-at-once';
  readonly groupMapping: 'ask' | 'strict' | 'create' | 'link-by-name';
  /** Whether two groups may bear one displayName (compared without letter case); Entra expects `unique`. */
  readonly groupNames: 'unique' | 'any';
  readonly onGroupDelete: 'delete' | 'archive' | 'unlink';
  readonly teamSync: 'off' | 'scim' | 'sign-in';
  readonly allowSignUp: boolean;
  readonly rejectNonProvisioned: boolean;
  readonly roleSource: 'sign-in' | 'groups' | 'none';
  /** The first that matches wins. */
  readonly roleRules: readonly RoleRule[];
  readonly defaultRole: string;
  readonly scimGrantsAdministrator: boolean;
  /** The first that matches wins. */
  readonly licenseRules: readonly LicenseRule[];
  readonly defaultLicense: string | null;
  readonly defaultLocale: string | null;
  /** The most active users. */
  readonly seatLimit: number | null;
  readonly matchingKey: 'userName' | 'externalId' | 'emails.value';
  readonly userNameFormat: 'any' | 'email';
  readonly capabilities: Capabilities;
  /** CIDR blocks; empty: everywhere. */
  readonly ipAllowlist: readonly string[];
  readonly provider: Provider;
  /** Users whom the identity provider can neither deactivate nor remove. */
  readonly breakGlassUsers: readonly UserId[];
  /** The most users, in percent, that the identity provider may remove within an hour. */
  readonly massRemovalLimit: number | null;
  readonly entitled: boolean;
  readonly ssoRequired: boolean;
  readonly ssoProvider: Provider | null;
  /** Whether single sign-on and SCIM must be of one provider. */
  readonly ssoMatchesScim: boolean;
  /** After how long without a SCIM request provisioning counts as silent. */
  readonly silentAfterMinutes: number;
}

export const defaultPolicies: Policies = {
  onDeactivate: 'disable',
  appCreatedUsers: 'allow',
  manualUpdates: { users: 'warn', teams: 'warn', memberships: 'warn' },
  manualDelete: 'refuse',
  manualMembers: 'drop',
  linkExistingUser: 'link',
  adoption: 'on-first-write',
  groupMapping: 'create',
  groupNames: 'unique',
  onGroupDelete: 'archive',
  teamSync: 'scim',
  allowSignUp: true,
  rejectNonProvisioned: false,
  roleSource: 'sign-in',
  roleRules: [],
  defaultRole: 'member',
  scimGrantsAdministrator: false,
  licenseRules: [],
  defaultLicense: null,
  defaultLocale: null,
  seatLimit: null,
  matchingKey: 'userName',
  userNameFormat: 'any',
  capabilities: { create: true, update: true, deactivate: true, groups: true },
  ipAllowlist: [],
  provider: 'generic',
  breakGlassUsers: [],
  massRemovalLimit: null,
  entitled: true,
  ssoRequired: false,
  ssoProvider: null,
  ssoMatchesScim: false,
  silentAfterMinutes: 1_440,
};

const everything: Capabilities = { create: true, update: true, deactivate: true, groups: true };
const all = (update: ManualUpdate): ManualUpdates => ({
  users: update,
  teams: update,
  memberships: update,
});

/** How three products behave; what a preset leaves out is no difference between them, and stays as it is. */
export const presets = {
  dagster: {
    onDeactivate: 'remove',
    appCreatedUsers: 'refuse',
    manualUpdates: { users: 'locked', teams: 'warn', memberships: 'warn' },
    manualDelete: 'refuse',
    manualMembers: 'drop',
    linkExistingUser: 'link',
    adoption: 'on-first-write',
    groupMapping: 'ask',
    onGroupDelete: 'unlink',
    teamSync: 'scim',
    allowSignUp: true,
    rejectNonProvisioned: false,
    roleSource: 'none',
    matchingKey: 'userName',
    userNameFormat: 'email',
    capabilities: everything,
    provider: 'okta',
  },
  grafana: {
    onDeactivate: 'disable',
    appCreatedUsers: 'allow',
    manualUpdates: all('warn'),
    manualDelete: 'allow',
    manualMembers: 'drop',
    linkExistingUser: 'link',
    adoption: 'on-first-write',
    groupMapping: 'create',
    onGroupDelete: 'archive',
    teamSync: 'scim',
    allowSignUp: true,
    rejectNonProvisioned: false,
    roleSource: 'sign-in',
    matchingKey: 'externalId',
    userNameFormat: 'any',
    capabilities: everything,
    provider: 'okta',
  },
  dbt: {
    onDeactivate: 'disable',
    appCreatedUsers: 'refuse',
    manualUpdates: all('locked'),
    manualDelete: 'refuse',
    manualMembers: 'drop',
    linkExistingUser: 'link',
    adoption: 'all-at-once',
    groupMapping: 'link-by-name',
    onGroupDelete: 'unlink',
    teamSync: 'scim',
    allowSignUp: false,
    rejectNonProvisioned: false,
    roleSource: 'none',
    matchingKey: 'userName',
    userNameFormat: 'email',
    capabilities: everything,
    provider: 'okta',
  },
} as const satisfies Readonly<Record<string, Partial<Policies>>>;
export type Preset = keyof typeof presets;

export const isPreset = (name: string): name is Preset => Object.hasOwn(presets, name);

/** A policy's values: what they are, for messages, and how one is read; undefined for what is none. */
interface Values<Value> {
  readonly expected: string;
  /** @param current what the members that an object leaves out stay at */
  readonly read: (value: JsonValue, current: Value) => Value | undefined;
}

const oneOf = <const Value extends string>(...allowed: readonly Value[]): Values<Value> => ({
  expected: allowed.join(', '),
  read: (value) => allowed.find((each) => each === value),
});

const flag: Values<boolean> = {
  expected: 'true, false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};

const numberFrom = (least: number, most: number, unit: string): Values<number> => ({
  expected: `a whole number of ${unit} from ${least} to ${most}`,
  read: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : undefined,
});

const NAME = /^(?!\s)[^\p{Cc}\p{Cs}]{1,100}(?<!\s)$/u;

/** A group's displayName as rules bear it; undefined for one that is no name of theirs. */
export function ruleName(displayName: string): string | undefined {
  const shortened = displayName.slice(0, 100).trim();
  return NAME.test(shortened) ? shortened : undefined;
}

const name = (what: string): Values<string> => ({
  expected: `the name of a ${what}, 1 to 100 characters`,
  read: (value) => (typeof value === 'string' && NAME.test(value) ? value : undefined),
});

const orNone = <Value>({ expected, read }: Values<Value>): Values<Value | null> => ({
  expected: `${expected}, or null`,
  read: (value, current) => (value === null ? null : read(value, current as Value)),
});

const MOST_ELEMENTS = 500;

function listOf<Value>({ expected, read }: Values<Value>): Values<readonly Value[]> {
  return {
    expected: `a list of at most ${MOST_ELEMENTS}, each ${expected}`,
    read: (value) => {
      if (!Array.isArray(value) || value.length > MOST_ELEMENTS) return undefined;
      const elements = value.map((element: JsonValue) => read(element, undefined as Value));
      return elements.every((element) => element !== undefined)
        ? (elements as readonly Value[])
        : undefined;
    },
  };
}

/** An object of these members; those left out stay as they are. */
function membersOf<Value extends object>(
  members: { readonly [Name in keyof Value]: Values<Value[Name]> },
  expected: string,
): Values<Value> {
  return {
    expected,
    read: (value, current) => {
      if (!isObject(value)) return undefined;
      let result: Value = { ...current };
      for (const [member, given] of Object.entries(value)) {
        if (!Object.hasOwn(members, member)) return undefined;
        const key = member as keyof Value;
        const found = members[key].read(given, current[key]);
        if (found === undefined) return undefined;
        result = { ...result, [key]: found };
      }
      return result;
    },
  };
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The group of a rule, and what the rule gives; undefined for what is no rule `{group, [gift]}`. */
function readRule(
  value: JsonValue,
  gift: string,
): (GroupRule & { readonly given: string }) | undefined {
  if (!isObject(value)) return undefined;
  const { group, groupId = null, [gift]: given = null, ...others } = value;
  if (typeof group !== 'string' || !NAME.test(group)) return undefined;
  if (typeof given !== 'string' || !NAME.test(given)) return undefined;
  if (groupId !== null && typeof groupId !== 'string') return undefined;
  return Object.keys(others).length === 0 ? { groupId, group, given } : undefined;
}

const roleRule: Values<RoleRule> = {
  expected: '{"group": id or displayName of a group, "role": name}',
  read: (value) => {
    const rule = readRule(value, 'role');
    return rule && { groupId: rule.groupId, group: rule.group, role: rule.given };
  },
};

const licenseRule: Values<LicenseRule> = {
  expected: '{"group": id or displayName of a group, "license": name}',
  read: (value) => {
    const rule = readRule(value, 'license');
    return rule && { groupId: rule.groupId, group: rule.group, license: rule.given };
  },
};

const update = oneOf('locked', 'warn');
const updatesByKind = membersOf<ManualUpdates>(
  { users: update, teams: update, memberships: update },
  'locked, warn, or {"users", "teams", "memberships"} with one of these each',
);
const manualUpdates: Values<ManualUpdates> = {
  expected: updatesByKind.expected,
  read: (value, current) =>
    value === 'locked' || value === 'warn' ? all(value) : updatesByKind.read(value, current),
};

/** The shape of a CIDR block; whether it is one is for the edge, which knows addresses. */
const cidr: Values<string> = {
  expected: 'a CIDR block such as 203.0.113.0/24',
  read: (value) =>
    typeof value === 'string' && /^[\da-f:.]{2,45}\/\d{1,3}$/i.test(value) ? value : undefined,
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const userId: Values<UserId> = {
  expected: 'the id or userName of a user',
  read: (value) => (typeof value === 'string' && UUID.test(value) ? (value as UserId) : undefined),
};

const values: { readonly [Name in keyof Policies]: Values<Policies[Name]> } = {
  onDeactivate: oneOf('remove', 'disable'),
  appCreatedUsers: oneOf('refuse', 'allow'),
  manualUpdates,
  manualDelete: oneOf('refuse', 'allow'),
  manualMembers: oneOf('drop', 'keep'),
  linkExistingUser: oneOf('link', 'refuse'),
  adoption: oneOf('on-first-write', 'all-at-once'),
  groupMapping: oneOf('ask', 'strict', 'create', 'link-by-name'),
  groupNames: oneOf('unique', 'any'),
  onGroupDelete: oneOf('delete', 'archive', 'unlink'),
  teamSync: oneOf('off', 'scim', 'sign-in'),
  allowSignUp: flag,
  rejectNonProvisioned: flag,
  roleSource: oneOf('sign-in', 'groups', 'none'),
  roleRules: listOf(roleRule),
  defaultRole: name('role'),
  scimGrantsAdministrator: flag,
  licenseRules: listOf(licenseRule),
  defaultLicense: orNone(name('license')),
  defaultLocale: orNone(name('locale')),
  seatLimit: orNone(numberFrom(1, 10_000_000, 'users')),
  matchingKey: oneOf('userName', 'externalId', 'emails.value'),
  userNameFormat: oneOf('any', 'email'),
  capabilities: membersOf<Capabilities>(
    { create: flag, update: flag, deactivate: flag, groups: flag },
    '{"create", "update", "deactivate", "groups"} with true or false each',
  ),
  ipAllowlist: listOf(cidr),
  provider: oneOf(...providers),
  breakGlassUsers: listOf(userId),
  massRemovalLimit: orNone(numberFrom(1, 100, 'percent')),
  entitled: flag,
  ssoRequired: flag,
  ssoProvider: orNone(oneOf(...providers)),
  ssoMatchesScim: flag,
  silentAfterMinutes: numberFrom(1, 525_600, 'minutes'),
};

export const isPolicy = (policy: string): policy is keyof Policies => Object.hasOwn(values, policy);

/**
 * The value of a policy as it is recorded.
 * @throws Rejection policy-unknown, policy-value-invalid
 */
export function policyValue(policies: Policies, policy: string, value: JsonValue): JsonValue {
  if (!isPolicy(policy)) {
    const known = Object.keys(values).join(', ');
    throw new Rejection('policy-unknown', { policy, expected: known });
  }
  const read = readValue(policies, policy, value);
  if (read === undefined) {
    const { expected } = values[policy];
    throw new Rejection('policy-value-invalid', { policy, found: JSON.stringify(value), expected });
  }
  return read as JsonValue;
}

function readValue<Name extends keyof Policies>(
  policies: Policies,
  policy: Name,
  value: JsonValue,
): Policies[Name] | undefined {
  return values[policy].read(value, policies[policy]);
}

/** The policies with one recorded value; a policy that this version does not know is left out. */
export function withPolicy(policies: Policies, policy: string, value: JsonValue): Policies {
  if (!isPolicy(policy)) return policies;
  const known = readValue(policies, policy, value);
  return known === undefined ? policies : { ...policies, [policy]: known };
}

/** In lower case. */
export const administratorRoles: readonly string[] = ['owner', 'admin', 'administrator'];

export const isAdministratorRole = (role: string): boolean =>
  administratorRoles.includes(role.toLowerCase());

export const isOwnerRole = (role: string): boolean => role.toLowerCase() === 'owner';

/** Why these policies cannot stand together; undefined when they can. */
export function conflictAmong(policies: Policies): string | undefined {
  const { capabilities, roleSource, roleRules, licenseRules, defaultRole } = policies;
  if (isAdministratorRole(defaultRole)) {
    return `defaultRole ${defaultRole} would make every new user an administrator`;
  }
  if (!capabilities.groups && roleSource === 'groups') {
    return 'roleSource groups needs the groups that capabilities.groups false keeps out';
  }
  if (!capabilities.groups && licenseRules.length > 0) {
    return 'licenseRules need the groups that capabilities.groups false keeps out';
  }
  const granted = roleRules.find(({ role }) => isAdministratorRole(role));
  if (granted && !policies.scimGrantsAdministrator) {
    return `roleRules give the role ${granted.role} through SCIM, which scimGrantsAdministrator false forbids`;
  }
  if (policies.ssoMatchesScim && policies.ssoProvider === null) {
    return 'ssoMatchesScim true needs an ssoProvider to compare with';
  }
  return undefined;
}
