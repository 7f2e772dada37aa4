import { Inject, Injectable } from '@nestjs/common';
import {
  CommandHandler,
  QueryHandler,
  type ICommandHandler,
  type IQueryHandler,
} from '@nestjs/cqrs';
import { group, requireGroup, type ExistingGroup, type StatedGroup } from '../domain/group.js';
import type { ClaimId, GroupId, OrganizationId, TeamId } from '../domain/identifiers.js';
import {
  requireCapability,
  requireSync,
  type ExistingOrganization,
  type OrganizationState,
} from '../domain/organization.js';
import type { Policies } from '../domain/policies.js';
import { Rejection } from '../domain/rejection.js';
import { team } from '../domain/team.js';
import type { Position } from '../event-store/event-store.js';
import { foldCase } from '../scim/comparison.js';
import { ExternalGroups, type Statement } from './external-groups.js';
import { GroupBackfill } from './group-backfill.js';
import { GroupFolds } from './folds.js';
import { GroupNames, type NamedGroup } from './group-names.js';
import { GroupRules } from './group-rules.js';
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
import {
  groupAttributes,
  patchedGroup,
  patchedScope,
  statedGroup,
  wholeGroup,
} from './scim-translation.js';
import { groupStream, teamStream } from './streams.js';
import { TeamLinks, type Departure, type LinkTarget } from './team-links.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { checkVersion } from './unique-names.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

/** @throws Rejection organization-unknown, sync-disabled, entitlement-missing, capability-off */
function requireGroupSync(state: OrganizationState): ExistingOrganization {
  const organization = requireSync(state);
  requireCapability(organization, 'groups');
  return organization;
}

@CommandHandler(CreateGroup)
export class CreateGroupHandler implements ICommandHandler<CreateGroup> {
  constructor(
    private readonly model: WriteModel,
    private readonly names: GroupNames,
    private readonly organizations: Organizations,
    private readonly folds: GroupFolds,
    private readonly members: Members,
    private readonly links: TeamLinks,
    private readonly rules: GroupRules,
    private readonly backfill: GroupBackfill,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  /**
   * The group, its link and a team that is made for it are one append. Where the appends come one by one the group
   * comes first, and is linked as one that was stored before: what a crash leaves of that is backfilled.
   */
  async execute(command: CreateGroup): Promise<WrittenGroup> {
    const { organization: id, context } = command;
    const stated = statedGroup(command.attributes);
    const key = `groupName ${id} ${foldCase(stated.displayName)}`;
    const { organization, created } = await this.model.decide(key, async (attempt) => {
      const organization = requireGroupSync(await this.organizations.state(id));
      await this.members.requireUsers(id, stated);
      return { organization, created: await this.create(organization, stated, context, attempt) };
    });
    const named = { groupId: created.id, displayName: stated.displayName };
    await this.rules.follow(organization, named, 'named', context);
    if (this.model.isAtomic) return created;
    const linked = await this.backfill.link(id, created.id, context);
    return { ...created, position: linked ?? created.position };
  }

  private async create(
    organization: ExistingOrganization,
    stated: StatedGroup,
    context: CommandContext,
    attempt: number,
  ): Promise<WrittenGroup> {
    const { organization: id } = organization;
    const groupId = this.timeAndIds.id() as GroupId;
    const stream = groupStream(id, groupId);
    const name = stated.displayName;
    const claimed = await this.names.claim({ organization, name, owner: stream, context, attempt });
    const target = this.model.isAtomic
      ? await this.links.target(organization, groupId, name)
      : null;
    const fed = target && this.fed(id, target, groupId, name);
    const create = {
      type: 'Create',
      groupId,
      claimId: claimed?.claimId ?? null,
      teamId: fed?.teamId ?? null,
      stated,
    } as const;
    const events = group.decide(create, group.initial);
    const plans: PlannedAppend[] = [
      ...(claimed ? [claimed.append] : []),
      ...(fed ? [fed.append] : []),
      { stream, revision: -1, events },
      ...(await this.rules.plan(organization, { groupId, displayName: name }, 'named')),
    ];
    const committed = await this.model.commit(id, context, plans);
    const fresh = { stream, state: group.initial, revision: -1 };
    const after = this.model.advance(group, fresh, events, committed);
    this.folds.keep(after);
    return written(requireGroup(after.state), committed.position);
  }

  private fed(
    id: OrganizationId,
    target: LinkTarget,
    groupId: GroupId,
    name: string,
  ): { readonly teamId: TeamId; readonly append: PlannedAppend } {
    if (target !== 'new') return this.links.fed(target, groupId);
    const teamId = this.timeAndIds.id() as TeamId;
    const events = team.decide({ type: 'Create', teamId, name, groupId }, team.initial);
    return { teamId, append: { stream: teamStream(id, teamId), revision: -1, events } };
  }
}

/** What PUT and PATCH share: they differ only in how they state what the group is to be. */
@Injectable()
export class GroupSynchronizer {
  constructor(
    private readonly model: WriteModel,
    private readonly names: GroupNames,
    private readonly organizations: Organizations,
    private readonly folds: GroupFolds,
    private readonly members: Members,
    private readonly links: TeamLinks,
    private readonly rules: GroupRules,
    private readonly externals: ExternalGroups,
  ) {}

  async synchronize(
    id: OrganizationId,
    groupId: string,
    expected: ExpectedVersions,
    context: CommandContext,
    state: (current: ExistingGroup) => Statement,
  ): Promise<WrittenGroup> {
    const stream = groupStream(id, groupId);
    return this.model.decide(stream, async (attempt) => {
      const organization = requireGroupSync(await this.organizations.state(id));
      const loaded = await this.folds.load(stream);
      if (loaded.state.status === 'absent') {
        const adopted = await this.externals.adopt({
          organization,
          loaded,
          id: groupId,
          expected,
          state,
          decided: false,
          context,
          attempt,
        });
        return written(requireGroup(adopted.loaded.state), adopted.committed.position);
      }
      const current = requireGroup(loaded.state);
      checkVersion(expected, current.version);
      const statement = state(current);
      return this.apply(organization, { ...loaded, state: current }, statement, context, attempt);
    });
  }

  /** Where the appends come one by one the group goes last: repeating the statement then finds what it changes. */
  private async apply(
    organization: ExistingOrganization,
    loaded: Loaded<ExistingGroup>,
    { stated, scope }: Statement,
    context: CommandContext,
    attempt: number,
  ): Promise<WrittenGroup> {
    const { organization: id } = organization;
    const { state: current, stream, revision } = loaded;
    const name = stated.displayName;
    const renamed = name !== current.displayName;
    const [told] = await Promise.all([
      this.links.follow(organization, current, stated, scope),
      this.members.requireUsers(id, stated),
    ]);
    const named = { organization, name, owner: stream, context, attempt };
    const plans: PlannedAppend[] = [];
    const claimId = renamed ? await this.claim(current, named, plans) : current.claimId;
    const events = group.decide({ type: 'Synchronize', claimId, stated }, current);
    plans.push(...told, ...(events.length > 0 ? [{ stream, revision, events }] : []));
    const ruled = { groupId: current.groupId, displayName: name };
    if (renamed) plans.push(...(await this.rules.plan(organization, ruled, 'named')));
    if (plans.length === 0) return written(current, null);
    const committed = await this.model.commit(id, context, plans, current.modifiedAt);
    const after = this.model.advance(group, loaded, events, committed);
    this.folds.keep(after);
    if (renamed) await this.rules.follow(organization, ruled, 'named', context);
    return written(requireGroup(after.state), committed.position);
  }

  /** @returns the claim under which the group holds its new name */
  private async claim(
    current: ExistingGroup,
    named: NamedGroup,
    plans: PlannedAppend[],
  ): Promise<ClaimId | null> {
    if (foldCase(named.name) === foldCase(current.displayName)) return current.claimId;
    const claimed = await this.names.claim(named);
    if (claimed) plans.push(claimed.append);
    return claimed?.claimId ?? null;
  }
}

@CommandHandler(ReplaceGroup)
export class ReplaceGroupHandler implements ICommandHandler<ReplaceGroup> {
  constructor(private readonly groups: GroupSynchronizer) {}

  execute(command: ReplaceGroup): Promise<WrittenGroup> {
    const { organization, id, attributes, expected, context } = command;
    return this.groups.synchronize(organization, id, expected, context, () => ({
      stated: statedGroup(attributes),
      scope: wholeGroup,
    }));
  }
}

@CommandHandler(PatchGroup)
export class PatchGroupHandler implements ICommandHandler<PatchGroup> {
  constructor(private readonly groups: GroupSynchronizer) {}

  execute(command: PatchGroup): Promise<WrittenGroup> {
    const { organization, id, operations, expected, context } = command;
    const scope = patchedScope(operations);
    return this.groups.synchronize(organization, id, expected, context, (current) => ({
      stated: patchedGroup(current, operations),
      scope,
    }));
  }
}

/** What the deletion of a group is to its team; an archived team keeps who was in it, for the day it is restored. */
const departures: Readonly<Record<Policies['onGroupDelete'], Departure>> = {
  unlink: { then: 'stay', keepMembers: true },
  archive: { then: 'archive', keepMembers: true },
  delete: { then: 'delete', keepMembers: false },
};

@CommandHandler(DeleteGroup)
export class DeleteGroupHandler implements ICommandHandler<DeleteGroup> {
  constructor(
    private readonly model: WriteModel,
    private readonly organizations: Organizations,
    private readonly folds: GroupFolds,
    private readonly links: TeamLinks,
    private readonly rules: GroupRules,
    private readonly externals: ExternalGroups,
  ) {}

  /** Where the appends come one by one the group goes last: repeating what broke off then finds it, and completes it. */
  async execute({
    organization: id,
    id: groupId,
    expected,
    context,
  }: DeleteGroup): Promise<Position> {
    const stream = groupStream(id, groupId);
    return this.model.decide(stream, async () => {
      const organization = requireGroupSync(await this.organizations.state(id));
      const { state, revision } = await this.folds.load(stream);
      if (state.status === 'absent') {
        await this.externals.require(id, groupId);
        throw new Rejection('external-group');
      }
      const current = requireGroup(state);
      checkVersion(expected, current.version);
      const plans: PlannedAppend[] = [
        ...(await this.links.release(
          organization,
          current,
          departures[organization.policies.onGroupDelete],
        )),
        { stream, revision, events: group.decide({ type: 'Delete' }, current) },
        ...(await this.rules.plan(organization, current, 'deleted')),
      ];
      const committed = await this.model.commit(id, context, plans, current.modifiedAt);
      await this.rules.follow(organization, current, 'deleted', context);
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
