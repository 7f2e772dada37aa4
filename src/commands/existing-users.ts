import { Inject, Injectable } from '@nestjs/common';
import type { AdoptionMatch } from '../domain/events.js';
import type { JsonObject } from '../domain/identifiers.js';
import type { ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import {
  isSynced,
  user,
  type ProvisionedUser,
  type StatedUser,
  type UserState,
} from '../domain/user.js';
import { foldCase } from '../scim/comparison.js';
import { isList, isObject } from '../scim/json.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import { userStream } from './streams.js';
import { WriteModel, type Loaded } from './write-model.js';

/** Keys that no claim makes unique. */
export type SharedKey = 'externalId' | 'emails.value';

/** A user as its stream tells it. */
export interface FoundUser {
  readonly loaded: Loaded<UserState>;
  readonly current: ProvisionedUser;
}

export interface MatchedUser extends FoundUser {
  readonly matchedBy: AdoptionMatch;
}

/** How many e-mail addresses of one statement are looked up. */
const MOST_ADDRESSES = 20;

/** How many users of one value are looked at: two are as ambiguous as a thousand. */
const MOST_CANDIDATES = 100;

/** Finds users by what a provider or a sign-in says of them: where to look is a hint, the streams decide. */
@Injectable()
export class ExistingUsers {
  constructor(
    private readonly model: WriteModel,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /**
   * The user whom a POST means by the matching key, where that is not the userName, which the claims know.
   * @throws Rejection name-already-claimed: it is synced or not to be linked, or several match
   */
  async matchedByKey(
    organization: ExistingOrganization,
    { profile }: StatedUser,
  ): Promise<MatchedUser | undefined> {
    const { matchingKey } = organization.policies;
    if (matchingKey === 'userName') return undefined;
    const found = await this.holding(organization, matchingKey, keyValues(profile, matchingKey));
    const [only] = found;
    if (!only) return undefined;
    if (found.length > 1) {
      const details = { kind: 'userName', key: matchingKey, matches: String(found.length) };
      throw new Rejection('name-already-claimed', details);
    }
    return linkable(organization, only, matchingKey);
  }

  /**
   * The user who holds the userName of a POST.
   * @throws Rejection name-already-claimed: it is synced or not to be linked, or users are matched by another key
   */
  async matchedByUserName(
    organization: ExistingOrganization,
    userName: string,
    stream: string,
  ): Promise<MatchedUser> {
    if (organization.policies.matchingKey !== 'userName') {
      throw new Rejection('name-already-claimed', { kind: 'userName' });
    }
    const found = await this.load(stream);
    const gaveUp = found && foldCase(found.current.userName) !== foldCase(userName);
    if (!found || gaveUp) throw new Rejection('too-much-contention');
    return linkable(organization, found, 'userName');
  }

  /** Users who hold one of these values of the key. */
  async holding(
    { organization }: ExistingOrganization,
    key: SharedKey,
    values: readonly string[],
  ): Promise<readonly FoundUser[]> {
    const hints = await Promise.all(
      values.map((value) => this.lookup.usersMatching(organization, key, value)),
    );
    const ids = [...new Set(hints.flat())].slice(0, MOST_CANDIDATES);
    const found = await Promise.all(ids.map((id) => this.load(userStream(organization, id))));
    return found
      .filter((each) => each !== undefined)
      .filter(({ current }) => {
        const held = keyValues(current.profile, key);
        return values.some((value) => held.includes(value));
      });
  }

  async load(stream: string): Promise<FoundUser | undefined> {
    const loaded = await this.model.load(user, stream);
    const { state } = loaded;
    return state.status === 'provisioned' ? { loaded, current: state } : undefined;
  }
}

/** In the form in which they are compared: an externalId as it is, addresses without letter case. */
export function keyValues(profile: JsonObject, key: SharedKey): readonly string[] {
  const { externalId, emails } = profile;
  if (key === 'externalId') return typeof externalId === 'string' ? [externalId] : [];
  if (!isList(emails)) return [];
  const addresses = emails.flatMap((email) => {
    const value = isObject(email) ? email['value'] : undefined;
    return typeof value === 'string' ? [foldCase(value)] : [];
  });
  return [...new Set(addresses)].slice(0, MOST_ADDRESSES);
}

function linkable(
  organization: ExistingOrganization,
  found: FoundUser,
  matchedBy: 'userName' | SharedKey,
): MatchedUser {
  const taken = { kind: 'userName', key: matchedBy };
  if (isSynced(found.current, organization)) throw new Rejection('name-already-claimed', taken);
  if (organization.policies.linkExistingUser === 'refuse') {
    const policy = { policy: 'linkExistingUser', value: 'refuse' };
    throw new Rejection('name-already-claimed', { ...taken, ...policy });
  }
  return { ...found, matchedBy };
}
