import { Inject } from '@nestjs/common';
import {
  CommandHandler,
  QueryHandler,
  type ICommandHandler,
  type IQueryHandler,
} from '@nestjs/cqrs';
import { group } from '../domain/group.js';
import type { ClaimId, Instant, OrganizationId, UserId } from '../domain/identifiers.js';
import { requireSync } from '../domain/organization.js';
import { requireUser, user, type ProvisionedUser, type StatedUser } from '../domain/user.js';
import type { Position } from '../event-store/event-store.js';
import { foldCase } from '../scim/comparison.js';
import { applyPatch } from '../scim/patch.js';
import { userType } from '../scim/schema.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import {
  CreateUser,
  CurrentUser,
  DeleteUser,
  PatchUser,
  ReplaceUser,
  type CommandContext,
  type ExpectedVersions,
  type WrittenUser,
} from './messages.js';
import { Organizations } from './organizations.js';
import { statedUser, userAttributes } from './scim-translation.js';
import { groupStream, userStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { checkVersion, UniqueNames } from './unique-names.js';
import { WriteModel, type PlannedAppend } from './write-model.js';

@CommandHandler(CreateUser)
export class CreateUserHandler implements ICommandHandler<CreateUser> {
  constructor(
    private readonly model: WriteModel,
    private readonly names: UniqueNames,
    private readonly organizations: Organizations,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  async execute(command: CreateUser): Promise<WrittenUser> {
    const organization = requireSync(await this.organizations.state(command.organization));
    const stated = statedUser(command.attributes);
    return this.model.decide(claimKey(organization.organization, stated), async (attempt) => {
      const userId = this.timeAndIds.id() as UserId;
      const stream = userStream(organization.organization, userId);
      const { claimId, append } = await this.names.claim(
        organization,
        'userName',
        stated.userName,
        stream,
        command.context,
        attempt,
      );
      const events = user.decide({ type: 'Provision', userId, claimId, stated }, user.initial);
      const plans = [append, { stream, revision: -1, events }];
      const committed = await this.model.commit(command.organization, command.context, plans);
      const fresh = { stream, state: user.initial, revision: -1 };
      const { state } = this.model.advance(user, fresh, events, committed.occurredAt);
      return written(requireUser(state), committed.position);
    });
  }
}

/** What PUT and PATCH share: they differ only in how they state what the user is to be. */
abstract class SynchronizeUser {
  constructor(
    private readonly model: WriteModel,
    private readonly names: UniqueNames,
    private readonly organizations: Organizations,
  ) {}

  protected async synchronize(
    id: OrganizationId,
    userId: string,
    expected: ExpectedVersions,
    context: CommandContext,
    state: (current: ProvisionedUser) => StatedUser,
  ): Promise<WrittenUser> {
    const organization = requireSync(await this.organizations.state(id));
    const stream = userStream(id, userId);
    return this.model.decide(stream, async (attempt) => {
      const loaded = await this.model.load(user, stream);
      const current = requireUser(loaded.state);
      checkVersion(expected, current.version);
      const stated = state(current);
      let claimId: ClaimId = current.claimId;
      const plans: PlannedAppend[] = [];
      if (foldCase(stated.userName) !== foldCase(current.userName)) {
        const { userName } = stated;
        const planned = await this.names.claim(
          organization,
          'userName',
          userName,
          stream,
          context,
          attempt,
        );
        claimId = planned.claimId;
        plans.push(planned.append);
      }
      const events = user.decide({ type: 'Synchronize', claimId, stated }, current);
      if (events.length === 0) return written(current, null);
      plans.push({ stream, revision: loaded.revision, events });
      const committed = await this.model.commit(id, context, plans, current.modifiedAt);
      const after = this.model.advance(user, loaded, events, committed.occurredAt);
      return written(requireUser(after.state), committed.position);
    });
  }
}

@CommandHandler(ReplaceUser)
export class ReplaceUserHandler extends SynchronizeUser implements ICommandHandler<ReplaceUser> {
  constructor(model: WriteModel, names: UniqueNames, organizations: Organizations) {
    super(model, names, organizations);
  }

  execute({ organization, id, attributes, expected, context }: ReplaceUser): Promise<WrittenUser> {
    return this.synchronize(organization, id, expected, context, () => statedUser(attributes));
  }
}

@CommandHandler(PatchUser)
export class PatchUserHandler extends SynchronizeUser implements ICommandHandler<PatchUser> {
  constructor(model: WriteModel, names: UniqueNames, organizations: Organizations) {
    super(model, names, organizations);
  }

  execute({ organization, id, operations, expected, context }: PatchUser): Promise<WrittenUser> {
    return this.synchronize(organization, id, expected, context, (current) =>
      statedUser(applyPatch(userType, userAttributes(current), operations, { id })),
    );
  }
}

@CommandHandler(DeleteUser)
export class DeleteUserHandler implements ICommandHandler<DeleteUser> {
  constructor(
    private readonly model: WriteModel,
    private readonly organizations: Organizations,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /** The user leaves its groups in the same append, so that no group ever shows a member that is gone. */
  async execute({ organization, id, expected, context }: DeleteUser): Promise<Position> {
    requireSync(await this.organizations.state(organization));
    const stream = userStream(organization, id);
    return this.model.decide(stream, async () => {
      const loaded = await this.model.load(user, stream);
      const current = requireUser(loaded.state);
      checkVersion(expected, current.version);
      const events = user.decide({ type: 'Delete' }, current);
      const departures = await this.departures(organization, current.userId);
      // Last where the appends come one by one: repeating what broke off then finds the user, and completes it.
      const plans = [...departures.plans, { stream, revision: loaded.revision, events }];
      const { modifiedAt } = departures;
      const after = modifiedAt > current.modifiedAt ? modifiedAt : current.modifiedAt;
      const { position } = await this.model.commit(organization, context, plans, after);
      return position;
    });
  }

  /** `modifiedAt` is the latest of the groups that the user leaves; empty where there is none. */
  private async departures(
    organization: OrganizationId,
    member: UserId,
  ): Promise<{ readonly plans: readonly PlannedAppend[]; readonly modifiedAt: Instant }> {
    const plans: PlannedAppend[] = [];
    let modifiedAt: Instant = '';
    const streams = (await this.lookup.groupsOf(organization, member)).map((id) =>
      groupStream(organization, id),
    );
    for (const loaded of await Promise.all(streams.map((each) => this.model.load(group, each)))) {
      const { stream, state, revision } = loaded;
      const events = group.decide({ type: 'DropMember', member }, state);
      if (events.length === 0 || state.status !== 'existing') continue;
      plans.push({ stream, revision, events });
      if (state.modifiedAt > modifiedAt) ({ modifiedAt } = state);
    }
    return { plans, modifiedAt };
  }
}

@QueryHandler(CurrentUser)
export class CurrentUserHandler implements IQueryHandler<CurrentUser> {
  constructor(private readonly model: WriteModel) {}

  async execute({ organization, id }: CurrentUser): Promise<WrittenUser> {
    const { state } = await this.model.load(user, userStream(organization, id));
    return written(requireUser(state), null);
  }
}

const claimKey = (organization: OrganizationId, { userName }: StatedUser): string =>
  `userName ${organization} ${foldCase(userName)}`;

function written(state: ProvisionedUser, position: Position | null): WrittenUser {
  const { userId, version, createdAt, modifiedAt } = state;
  return {
    id: userId,
    attributes: userAttributes(state),
    version,
    createdAt,
    modifiedAt,
    position,
  };
}
