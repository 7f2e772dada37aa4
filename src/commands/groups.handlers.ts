import { Inject, Injectable } from '@nestjs/common';
import {
  CommandHandler,
  QueryHandler,
  type ICommandHandler,
  type IQueryHandler,
} from '@nestjs/cqrs';
import { group, requireGroup, type ExistingGroup, type StatedGroup } from '../domain/group.js';
import type { ClaimId, GroupId, OrganizationId, TeamId } from '../domain/identifiers.js';
import { requireSync, type ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import { team } from '../domain/team.js';
import type { Position } from '../event-store/event-store.js';
import { foldCase } from '../scim/comparison.js';
import { GroupFolds } from './group-folds.js';
import { Members } from './members.js';
import {
  CreateGroup,
  CurrentGroup,
  DeleteGroup,
  PatchGroup,
  ReplaceGroup,
  type CommandContext,
  type ExpectedVersions,
  type WrittenGroup,
} from './messages.js';
import { Organizations } from './organizations.js';
import { groupAttributes, patchedGroup, statedGroup } from './scim-translation.js';
import { groupStream, teamStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { checkVersion, UniqueNames, type PlannedClaim } from './unique-names.js';
import { WriteModel, type PlannedAppend } from './write-model.js';

@CommandHandler(CreateGroup)
export class CreateGroupHandler implements ICommandHandler<CreateGroup> {
  constructor(
    private readonly model: WriteModel,
    private readonly names: UniqueNames,
    private readonly organizations: Organizations,
    private readonly folds: GroupFolds,
    private readonly members: Members,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  /**
   * Every pushed group makes its team, in the same append. Where the appends come one by one the team comes first: a
   * group that broke off is then made anew, and no group is ever linked to a team that is not there.
   */
  async execute(command: CreateGroup): Promise<WrittenGroup> {
    const { organization: id, context } = command;
    const stated = statedGroup(command.attributes);
    return this.model.decide(`groupName ${id} ${foldCase(stated.displayName)}`, async (attempt) => {
      const organization = requireSync(await this.organizations.state(id));
      await this.members.requireUsers(id, stated);
      const groupId = this.timeAndIds.id() as GroupId;
      const teamId = this.timeAndIds.id() as TeamId;
      const stream = groupStream(id, groupId);
      const named = { organization, name: stated.displayName, owner: stream, context, attempt };
      const claimed = await claimGroupName(this.names, named);
      const claimId = claimed?.claimId ?? null;
      const events = group.decide(
        { type: 'Create', groupId, claimId, teamId, stated },
        group.initial,
      );
      const create = { type: 'Create', teamId, name: stated.displayName } as const;
      const plans: PlannedAppend[] = [
        ...(claimed ? [claimed.append] : []),
        { stream: teamStream(id, teamId), revision: -1, events: team.decide(create, team.initial) },
        { stream, revision: -1, events },
      ];
      const committed = await this.model.commit(id, context, plans);
      const fresh = { stream, state: group.initial, revision: -1 };
      const after = this.model.advance(group, fresh, events, committed.occurredAt);
      this.folds.keep(after);
      return written(requireGroup(after.state), committed.position);
    });
  }
}

interface NamedGroup {
  readonly organization: ExistingOrganization;
  readonly name: string;
  /** The group's stream. */
  readonly owner: string;
  readonly context: CommandContext;
  readonly attempt: number;
}

/**
 * Every group claims its name, also where names need not be unique: the first to bear it then holds it when they must
 * be. @returns undefined where another holds the name, and that is allowed
 */
async function claimGroupName(
  names: UniqueNames,
  named: NamedGroup,
): Promise<PlannedClaim | undefined> {
  try {
    return await names.claim({ ...named, kind: 'groupName' });
  } catch (error) {
    const tolerated = named.organization.policies.groupNames === 'any';
    if (tolerated && error instanceof Rejection && error.reason === 'name-already-claimed') {
      return undefined;
    }
    throw error;
  }
}

/** What PUT and PATCH share: they differ only in how they state what the group is to be. */
@Injectable()
export class GroupSynchronizer {
  constructor(
    private readonly model: WriteModel,
    private readonly names: UniqueNames,
    private readonly organizations: Organizations,
    private readonly folds: GroupFolds,
    private readonly members: Members,
  ) {}

  async synchronize(
    id: OrganizationId,
    groupId: string,
    expected: ExpectedVersions,
    context: CommandContext,
    state: (current: ExistingGroup) => StatedGroup,
  ): Promise<WrittenGroup> {
    const stream = groupStream(id, groupId);
    return this.model.decide(stream, async (attempt) => {
      const organization = requireSync(await this.organizations.state(id));
      const loaded = await this.folds.load(stream);
      const current = requireGroup(loaded.state);
      checkVersion(expected, current.version);
      const stated = state(current);
      await this.members.requireUsers(id, stated);
      const plans: PlannedAppend[] = [];
      let { claimId } = current;
      if (stated.displayName !== current.displayName) {
        const name = stated.displayName;
        const named = { organization, name, owner: stream, context, attempt };
        claimId = await this.rename(current, named, plans);
      }
      const events = group.decide({ type: 'Synchronize', claimId, stated }, current);
      if (events.length === 0) return written(current, null);
      plans.push({ stream, revision: loaded.revision, events });
      const committed = await this.model.commit(id, context, plans, current.modifiedAt);
      const after = this.model.advance(group, loaded, events, committed.occurredAt);
      this.folds.keep(after);
      return written(requireGroup(after.state), committed.position);
    });
  }

  /** The group's team follows its name. @returns the claim under which the group holds the new name */
  private async rename(
    current: ExistingGroup,
    named: NamedGroup,
    plans: PlannedAppend[],
  ): Promise<ClaimId | null> {
    if (current.teamId) {
      const linked = teamStream(named.organization.organization, current.teamId);
      const { state, revision } = await this.model.load(team, linked);
      const events = team.decide({ type: 'Rename', name: named.name }, state);
      if (events.length > 0) plans.push({ stream: linked, revision, events });
    }
    if (foldCase(named.name) === foldCase(current.displayName)) return current.claimId;
    const claimed = await claimGroupName(this.names, named);
    if (claimed) plans.unshift(claimed.append);
    return claimed?.claimId ?? null;
  }
}

@CommandHandler(ReplaceGroup)
export class ReplaceGroupHandler implements ICommandHandler<ReplaceGroup> {
  constructor(private readonly groups: GroupSynchronizer) {}

  execute(command: ReplaceGroup): Promise<WrittenGroup> {
    const { organization, id, attributes, expected, context } = command;
    return this.groups.synchronize(organization, id, expected, context, () =>
      statedGroup(attributes),
    );
  }
}

@CommandHandler(PatchGroup)
export class PatchGroupHandler implements ICommandHandler<PatchGroup> {
  constructor(private readonly groups: GroupSynchronizer) {}

  execute(command: PatchGroup): Promise<WrittenGroup> {
    const { organization, id, operations, expected, context } = command;
    return this.groups.synchronize(organization, id, expected, context, (current) =>
      patchedGroup(current, operations),
    );
  }
}

@CommandHandler(DeleteGroup)
export class DeleteGroupHandler implements ICommandHandler<DeleteGroup> {
  constructor(
    private readonly model: WriteModel,
    private readonly organizations: Organizations,
    private readonly folds: GroupFolds,
  ) {}

  /**
   * The group's team is archived: it gives access no more and keeps its history. Where the appends come one by one the
   * group goes last: repeating what broke off then finds it, and completes it.
   */
  async execute({ organization, id, expected, context }: DeleteGroup): Promise<Position> {
    const stream = groupStream(organization, id);
    return this.model.decide(stream, async () => {
      requireSync(await this.organizations.state(organization));
      const { state, revision } = await this.folds.load(stream);
      const current = requireGroup(state);
      checkVersion(expected, current.version);
      const plans: PlannedAppend[] = [];
      if (current.teamId) {
        const linked = teamStream(organization, current.teamId);
        const loaded = await this.model.load(team, linked);
        const events = team.decide({ type: 'Archive' }, loaded.state);
        if (events.length > 0) plans.push({ stream: linked, revision: loaded.revision, events });
      }
      plans.push({ stream, revision, events: group.decide({ type: 'Delete' }, current) });
      const committed = await this.model.commit(organization, context, plans, current.modifiedAt);
      return committed.position;
    });
  }
}

@QueryHandler(CurrentGroup)
export class CurrentGroupHandler implements IQueryHandler<CurrentGroup> {
  constructor(private readonly folds: GroupFolds) {}

  async execute({ organization, id }: CurrentGroup): Promise<WrittenGroup> {
    const { state } = await this.folds.load(groupStream(organization, id));
    return written(requireGroup(state), null);
  }
}

function written(state: ExistingGroup, position: Position | null): WrittenGroup {
  const { groupId, members, version, createdAt, modifiedAt } = state;
  return {
    id: groupId,
    attributes: groupAttributes(state),
    members,
    version,
    createdAt,
    modifiedAt,
    position,
  };
}
