import { Injectable } from '@nestjs/common';
import type { ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import type { CommandContext } from './messages.js';
import { UniqueNames, type PlannedClaim } from './unique-names.js';

export interface NamedGroup {
  readonly organization: ExistingOrganization;
  readonly name: string;
  /** The group's stream. */
  readonly owner: string;
  readonly context: CommandContext;
  readonly attempt: number;
}

@Injectable()
export class GroupNames {
  constructor(private readonly names: UniqueNames) {}

  /**
   * Every group claims its name, also where names need not be unique: the first to bear it then holds it when they
   * must be. @returns undefined where another holds the name, and that is allowed
   */
  async claim(named: NamedGroup): Promise<PlannedClaim | undefined> {
    try {
      return await this.names.claim({ ...named, kind: 'groupName' });
    } catch (error) {
      const tolerated = named.organization.policies.groupNames === 'any';
      if (tolerated && error instanceof Rejection && error.reason === 'name-already-claimed') {
        return undefined;
      }
      throw error;
    }
  }
}
