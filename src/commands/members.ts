import { Inject, Injectable } from '@nestjs/common';
import { group, type StatedGroup } from '../domain/group.js';
import type { GroupId, OrganizationId, UserId } from '../domain/identifiers.js';
import { Rejection } from '../domain/rejection.js';
import { user } from '../domain/user.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import { GroupFolds } from './folds.js';
import type { CommandContext, Position } from './messages.js';
import { groupStream, userStream } from './streams.js';
import { WriteModel } from './write-model.js';

/** Who may be in a group, and who no longer is. */
@Injectable()
export class Members {
  constructor(
    private readonly model: WriteModel,
    private readonly folds: GroupFolds,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /**
   * Checks that all who are to be in the group are users of its organization, also those who are in it already.
   * @throws Rejection member-unknown, naming the first
   */
  async requireUsers(organization: OrganizationId, { membership }: StatedGroup): Promise<void> {
    const named = new Set(
      membership.flatMap(({ op, members }) => (op === 'remove' ? [] : members)),
    );
    if (named.size === 0) return;
    const found = await this.lookup.usersAmong(organization, [...named]);
    for (const member of named) {
      if (found.has(member) || (await this.isUser(organization, member))) continue;
      throw new Rejection('member-unknown', { found: member.slice(0, 100) });
    }
  }

  /** Those of `ids` that are users of the organization. */
  async usersAmong(
    organization: OrganizationId,
    ids: readonly UserId[],
  ): Promise<readonly UserId[]> {
    if (ids.length === 0) return [];
    const found = await this.lookup.usersAmong(organization, ids);
    const users: UserId[] = [];
    for (const id of ids) {
      if (found.has(id) || (await this.isUser(organization, id))) users.push(id);
    }
    return users;
  }

  /** Takes users that are deleted out of a group. @returns null when none of them was in it */
  async drop(
    organization: OrganizationId,
    id: GroupId,
    members: readonly UserId[],
    context: CommandContext,
  ): Promise<Position | null> {
    const stream = groupStream(organization, id);
    return this.model.decide(stream, async () => {
      const loaded = await this.folds.load(stream);
      const { state, revision } = loaded;
      const events = group.decide({ type: 'DropMembers', members }, state);
      if (events.length === 0) return null;
      const after = state.status === 'existing' ? state.modifiedAt : undefined;
      const plans = [{ stream, revision, events }];
      const committed = await this.model.commit(organization, context, plans, after);
      this.folds.keep(this.model.advance(group, loaded, events, committed));
      return committed.position;
    });
  }

  private async isUser(organization: OrganizationId, id: string): Promise<boolean> {
    try {
      const { state } = await this.model.load(user, userStream(organization, id));
      return state.status === 'provisioned';
    } catch (error) {
      if (error instanceof Rejection) return false;
      throw error;
    }
  }
}
