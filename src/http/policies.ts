import type { JsonValue } from '../domain/identifiers.js';
import { defaultPolicies, withPolicy, type Policies } from '../domain/policies.js';

/** All policies of an organization: those recorded, the others with their defaults. */
export function policiesOf(recorded: Readonly<Record<string, unknown>>): Policies {
  return Object.entries(recorded).reduce(
    (all, [name, value]) => withPolicy(all, name, value as JsonValue),
    defaultPolicies,
  );
}
