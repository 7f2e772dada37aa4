import { Inject, Injectable } from '@nestjs/common';
import type { OrganizationId, UserId } from '../domain/identifiers.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import { Members } from './members.js';
import type { CommandContext, Position } from './messages.js';

/** What groups record of a user that was deleted. */
@Injectable()
export class Departures {
  constructor(
    private readonly members: Members,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /**
   * With its deletion the user is gone from the directory, memberships included; its groups then record the departure
   * each in its own turn. What a crash leaves of that is on the list of the policy reactor.
   * @param deleted where the deletion stands
   * @returns where the last of all this stands
   */
  async record(
    organization: OrganizationId,
    userId: UserId,
    deleted: Position,
    context: CommandContext,
  ): Promise<Position> {
    const groups = await this.lookup.groupsOf(organization, userId);
    const departures = await Promise.all(
      groups.map((group) => this.members.drop(organization, group, [userId], context)),
    );
    return departures.reduce<Position>(
      (latest, departure) => (departure !== null && departure > latest ? departure : latest),
      deleted,
    );
  }
}
