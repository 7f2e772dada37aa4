import { Inject } from '@nestjs/common';
import {
  CommandHandler,
  QueryHandler,
  type ICommandHandler,
  type IQueryHandler,
} from '@nestjs/cqrs';
import type { ClaimId, OrganizationId, UserId } from '../domain/identifiers.js';
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
import { Members } from './members.js';
import { Organizations } from './organizations.js';
import { statedUser, userAttributes } from './scim-translation.js';
import { userStream } from './streams.js';
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
    const stated = statedUser(command.attributes);
    return this.model.decide(claimKey(command.organization, stated), async (attempt) => {
      const organization = requireSync(await this.organizations.state(command.organization));
      const userId = this.timeAndIds.id() as UserId;
      const stream = userStream(organization.organization, userId);
      const { claimId, append } = await this.names.claim({
        organization,
        kind: 'userName',
        name: stated.userName,
        owner: stream,
        context: command.context,
        attempt,
      });
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
    const stream = userStream(id, userId);
    return this.model.decide(stream, async (attempt) => {
      const organization = requireSync(await this.organizations.state(id));
      const loaded = await this.model.load(user, stream);
      const current = requireUser(loaded.state);
      checkVersion(expected, current.version);
      const stated = state(current);
      let claimId: ClaimId = current.claimId;
      const plans: PlannedAppend[] = [];
      if (foldCase(stated.userName) !== foldCase(current.userName)) {
        const planned = await this.names.claim({
          organization,
          kind: 'userName',
          name: stated.userName,
          owner: stream,
          context,
          attempt,
        });
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
    private readonly members: Members,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
  ) {}

  /**
   * The user is gone from the directory, memberships included, with this one append; its groups then record the
   * departure each in its own turn. What a crash leaves of that is on the list of the policy reactor.
   */
  async execute({ organization, id, expected, context }: DeleteUser): Promise<Position> {
    const { userId, position } = await this.delete(organization, id, expected, context);
    const groups = await this.lookup.groupsOf(organization, userId);
    const departures = await Promise.all(
      groups.map((group) => this.members.drop(organization, group, [userId], context)),
    );
    return departures.reduce<Position>(
      (latest, departure) => (departure !== null && departure > latest ? departure : latest),
      position,
    );
  }

  private async delete(
    organization: OrganizationId,
    id: string,
    expected: ExpectedVersions,
    context: CommandContext,
  ): Promise<{ readonly userId: UserId; readonly position: Position }> {
    const stream = userStream(organization, id);
    return this.model.decide(stream, async () => {
      requireSync(await this.organizations.state(organization));
      const { state, revision } = await this.model.load(user, stream);
      const { userId, version, modifiedAt } = requireUser(state);
      checkVersion(expected, version);
      const plans = [{ stream, revision, events: user.decide({ type: 'Delete' }, state) }];
      const { position } = await this.model.commit(organization, context, plans, modifiedAt);
      return { userId, position };
    });
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
