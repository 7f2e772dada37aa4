import { Inject, Injectable } from '@nestjs/common';
import {
  CommandHandler,
  QueryHandler,
  type ICommandHandler,
  type IQueryHandler,
} from '@nestjs/cqrs';
import { LRUCache } from 'lru-cache';
import {
  group,
  requireGroup,
  type ExistingGroup,
  type GroupState,
  type StatedGroup,
} from '../domain/group.js';
import type { ClaimId, GroupId, OrganizationId, TeamId, UserId } from '../domain/identifiers.js';
import { MemberSet } from '../domain/member-set.js';
import { requireSync, type ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import { team } from '../domain/team.js';
import { user } from '../domain/user.js';
import type { Position } from '../event-store/event-store.js';
import { foldCase } from '../scim/comparison.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
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
import { groupStream, teamStream, userStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { checkVersion, UniqueNames } from './unique-names.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

/** Folded groups kept in memory, counted in members: about 100 bytes each. */
const CACHED_MEMBERS = 500_000;

/** Folds of groups, kept between commands: a group of 100,000 members is not folded anew for each change. */
@Injectable()
export class GroupFolds {
  private readonly folds = new LRUCache<string, Loaded<GroupState>>({
    maxSize: CACHED_MEMBERS,
    sizeCalculation: ({ state }) => 1 + (state.status === 'existing' ? state.members.size : 0),
  });

  constructor(private readonly model: WriteModel) {}

  /** The group as its stream tells it now: of a known group only the tail is read. */
  async load(stream: string): Promise<Loaded<GroupState>> {
    const loaded = await this.model.load(group, stream, this.folds.get(stream));
    this.keep(loaded);
    return loaded;
  }

  keep(loaded: Loaded<GroupState>): void {
    if (loaded.revision >= 0) this.folds.set(loaded.stream, loaded);
  }
}

/** Checks that those who are to join a group are users of its organization. */
@Injectable()
export class Members {
  constructor(
    private readonly model: WriteModel,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /** @throws Rejection member-unknown, naming the first */
  async requireUsers(
    organization: OrganizationId,
    { membership }: StatedGroup,
    present: MemberSet,
  ): Promise<void> {
    const joining = new Set<UserId>();
    for (const { op, members } of membership) {
      if (op === 'remove') continue;
      for (const member of members) if (!present.has(member)) joining.add(member);
    }
    if (joining.size === 0) return;
    const found = await this.lookup.usersAmong(organization, [...joining]);
    for (const member of joining) {
      if (!found.has(member)) await this.requireStream(organization, member);
    }
  }

  private async requireStream(organization: OrganizationId, member: UserId): Promise<void> {
    const unknown = new Rejection('member-unknown', { found: member.slice(0, 100) });
    try {
      const { state } = await this.model.load(user, userStream(organization, member));
      if (state.status !== 'provisioned') throw unknown;
    } catch (error) {
      throw error instanceof Rejection ? unknown : error;
    }
  }
}

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
    const organization = requireSync(await this.organizations.state(id));
    const stated = statedGroup(command.attributes);
    await this.members.requireUsers(id, stated, MemberSet.empty);
    return this.model.decide(`groupName ${id} ${foldCase(stated.displayName)}`, async (attempt) => {
      const groupId = this.timeAndIds.id() as GroupId;
      const teamId = this.timeAndIds.id() as TeamId;
      const stream = groupStream(id, groupId);
      const plans: PlannedAppend[] = [];
      const claimId = await this.claim(organization, stated, stream, context, attempt, plans);
      const events = group.decide(
        { type: 'Create', groupId, claimId, teamId, stated },
        group.initial,
      );
      plans.push({
        stream: teamStream(id, teamId),
        revision: -1,
        events: team.decide({ type: 'Create', teamId, name: stated.displayName }, team.initial),
      });
      plans.push({ stream, revision: -1, events });
      const committed = await this.model.commit(id, context, plans);
      const fresh = { stream, state: group.initial, revision: -1 };
      const after = this.model.advance(group, fresh, events, committed.occurredAt);
      this.folds.keep(after);
      return written(requireGroup(after.state), committed.position);
    });
  }

  private async claim(
    organization: ExistingOrganization,
    { displayName }: StatedGroup,
    stream: string,
    context: CommandContext,
    attempt: number,
    plans: PlannedAppend[],
  ): Promise<ClaimId | null> {
    if (organization.policies.groupNames === 'any') return null;
    const planned = await this.names.claim(
      organization,
      'groupName',
      displayName,
      stream,
      context,
      attempt,
    );
    plans.push(planned.append);
    return planned.claimId;
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
    const organization = requireSync(await this.organizations.state(id));
    const stream = groupStream(id, groupId);
    return this.model.decide(stream, async (attempt) => {
      const loaded = await this.folds.load(stream);
      const current = requireGroup(loaded.state);
      checkVersion(expected, current.version);
      const stated = state(current);
      await this.members.requireUsers(id, stated, current.members);
      const plans: PlannedAppend[] = [];
      let { claimId } = current;
      if (stated.displayName !== current.displayName) {
        claimId = await this.rename(organization, stream, current, stated, context, attempt, plans);
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
    organization: ExistingOrganization,
    stream: string,
    current: ExistingGroup,
    { displayName }: StatedGroup,
    context: CommandContext,
    attempt: number,
    plans: PlannedAppend[],
  ): Promise<ClaimId | null> {
    if (current.teamId) {
      const linked = teamStream(organization.organization, current.teamId);
      const { state, revision } = await this.model.load(team, linked);
      const events = team.decide({ type: 'Rename', name: displayName }, state);
      if (events.length > 0) plans.push({ stream: linked, revision, events });
    }
    const sameName = foldCase(displayName) === foldCase(current.displayName);
    if (organization.policies.groupNames === 'any' || (sameName && current.claimId)) {
      return sameName ? current.claimId : null;
    }
    const planned = await this.names.claim(
      organization,
      'groupName',
      displayName,
      stream,
      context,
      attempt,
    );
    plans.unshift(planned.append);
    return planned.claimId;
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
    requireSync(await this.organizations.state(organization));
    const stream = groupStream(organization, id);
    return this.model.decide(stream, async () => {
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
