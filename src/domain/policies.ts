import type { JsonValue } from './identifiers.js';
import { Rejection } from './rejection.js';

/** What an organization decides about its directory; each value is an event when it changes. */
export interface Policies {
  /** Whether two groups may bear one displayName (compared without letter case); Entra expects `unique`. */
  readonly groupNames: 'unique' | 'any';
}

export const defaultPolicies: Policies = { groupNames: 'unique' };

const allowedValues: { readonly [Name in keyof Policies]: readonly Policies[Name][] } = {
  groupNames: ['unique', 'any'],
};

const isPolicy = (name: string): name is keyof Policies => Object.hasOwn(allowedValues, name);

/** @throws Rejection policy-unknown, policy-value-invalid */
export function checkPolicy(name: string, value: JsonValue): void {
  if (!isPolicy(name)) {
    const known = Object.keys(allowedValues).join(', ');
    throw new Rejection('policy-unknown', { policy: name, expected: known });
  }
  const allowed: readonly string[] = allowedValues[name];
  if (typeof value !== 'string' || !allowed.includes(value)) {
    const details = { policy: name, found: JSON.stringify(value), expected: allowed.join(', ') };
    throw new Rejection('policy-value-invalid', details);
  }
}

/** The policies with one recorded value; a policy that this version does not know is left out. */
export function withPolicy(policies: Policies, name: string, value: JsonValue): Policies {
  if (!isPolicy(name)) return policies;
  const known = allowedValues[name].find((allowed) => allowed === value);
  return known === undefined ? policies : { ...policies, [name]: known };
}
