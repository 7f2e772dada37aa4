import { Injectable } from '@nestjs/common';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { ListRequest } from '../../projections/directory/directory.queries.js';
import { ScimError } from '../../scim/errors.js';
import type { Filter } from '../../scim/filter.js';
import { isStatementTimeout } from '../unavailable.js';

/** Lists of one organization at a time; a filter may read every resource, and all organizations share the database. */
const MOST_AT_ONCE = 3;

interface Turns {
  running: number;
  readonly waiting: (() => void)[];
}

/** Lets the lists of an organization run a few at a time, in the order in which they came. */
@Injectable()
export class ListTurns {
  private readonly organizations = new Map<OrganizationId, Turns>();

  /** @throws ScimError tooMany: the database gave the list up */
  async run<Result>(
    organization: OrganizationId,
    request: ListRequest,
    list: () => Promise<Result>,
  ): Promise<Result> {
    if (findsOne(request)) return bounded(list);
    await this.begin(organization);
    try {
      return await bounded(list);
    } finally {
      this.end(organization);
    }
  }

  private begin(organization: OrganizationId): Promise<void> | undefined {
    const turns = this.organizations.get(organization) ?? { running: 0, waiting: [] };
    this.organizations.set(organization, turns);
    if (turns.running >= MOST_AT_ONCE) {
      return new Promise((resolve) => turns.waiting.push(resolve));
    }
    turns.running += 1;
    return undefined;
  }

  private end(organization: OrganizationId): void {
    const turns = this.organizations.get(organization);
    if (!turns) return;
    const next = turns.waiting.shift();
    if (next) return next();
    turns.running -= 1;
    if (turns.running === 0) this.organizations.delete(organization);
  }
}

async function bounded<Result>(list: () => Promise<Result>): Promise<Result> {
  try {
    return await list();
  } catch (error) {
    if (!isStatementTimeout(error)) throw error;
    const detail = 'the list takes too long to compute; ask for less with a narrower filter';
    throw new ScimError(400, 'tooMany', detail);
  }
}

/** Whether the list is the look-up by identifier that providers make before every write: it takes no time to share. */
const findsOne = ({ filter, sort }: ListRequest): boolean =>
  filter !== undefined && sort === undefined && isIdentified(filter);

function isIdentified(filter: Filter): boolean {
  if (filter.kind !== 'compare' || filter.operator !== 'eq') return false;
  const { attribute, subAttribute, extension } = filter.path;
  if (subAttribute ?? extension) return false;
  return attribute.uniqueness !== 'none' || attribute.name === 'externalId';
}
