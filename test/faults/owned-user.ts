import type { ScimDocument } from '../support/scim-client.js';

/**
 * A user that one writer alone writes. Its state is a number from which every attribute follows, so that a reader tells
 * a lost write from a half-made one.
 */
export interface OwnedUser {
  readonly key: string;
  id: string | undefined;
  /** -1: not even its creation was acknowledged. */
  acknowledged: number;
  /** At most one more than `acknowledged`: what became of it is unknown. */
  attempted: number;
  membership: Uncertain;
  deletion: Uncertain;
}

export interface Uncertain {
  acknowledged: boolean;
  attempted: boolean;
}

export const certainlyNot = (): Uncertain => ({ acknowledged: false, attempted: false });

export interface UserState {
  readonly userName: string;
  readonly displayName: string;
  readonly active: boolean;
}

export function stateOf({ key }: OwnedUser, state: number): UserState {
  const renames = Math.floor(state / 3);
  return {
    userName: `${key}.${renames}@example.com`,
    displayName: `${key} in state ${state}`,
    active: state % 2 === 0,
  };
}

/** Whether a resource is in exactly that state. */
export function matches(
  found: ScimDocument,
  { userName, displayName, active }: UserState,
): boolean {
  return (
    found.userName === userName && found.displayName === displayName && found['active'] === active
  );
}
