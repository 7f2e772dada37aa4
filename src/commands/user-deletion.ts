import { Inject, Injectable } from '@nestjs/common';
import type { OrganizationId, UserId } from '../domain/identifiers.js';
import { requireOrganization, requireSync } from '../domain/organization.js';
import { requireUser, user } from '../domain/user.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import { Members } from './members.js';
import type { CommandContext, ExpectedVersions, Position } from './messages.js';
import { Organizations } from './organizations.js';
import { userIdOf, userStream } from './streams.js';
import { checkVersion } from './unique-names.js';
import { UserAppender } from './user-appender.js';
import { WriteModel } from './write-model.js';

export interface Deletion {
  readonly organization: OrganizationId;
  readonly id: string;
  readonly expected: ExpectedVersions;
  readonly context: CommandContext;
}

/** Deletes users, whoever wants it, and has their groups record the departure. */
@Injectable()
export class UserDeletion {
  constructor(
    private readonly model: WriteModel,
    private readonly organizations: Organizations,
    private readonly appender: UserAppender,
    private readonly members: Members,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /**
   * With its deletion the user is gone from the directory, memberships included; its groups then record the departure
   * each in its own turn. What a crash leaves of that is on the list of the policy reactor.
   * @returns where the last of all this stands
   */
  async delete(deletion: Deletion, by: 'identity-provider' | 'administrator'): Promise<Position> {
    const { organization: id, expected, context } = deletion;
    const stream = userStream(id, deletion.id);
    const deleted = await this.model.decide(stream, async () => {
      const state = await this.organizations.state(id);
      const organization =
        by === 'identity-provider' ? requireSync(state) : requireOrganization(state);
      const loaded = await this.model.load(user, stream);
      const current = requireUser(loaded.state);
      checkVersion(expected, current.version);
      const { position } = await this.appender.append({
        organization,
        loaded,
        claims: [],
        decide: (lastOwner) =>
          user.decide({ type: 'Delete', organization, by, lastOwner }, current),
        by: by === 'identity-provider' ? by : 'application',
        context,
      });
      return position ?? 0n;
    });
    return this.depart(id, userIdOf(stream), deleted, context);
  }

  private async depart(
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
