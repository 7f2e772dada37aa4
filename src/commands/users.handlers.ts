import { Inject, Injectable } from '@nestjs/common';
import {
  CommandHandler,
  QueryHandler,
  type ICommandHandler,
  type IQueryHandler,
} from '@nestjs/cqrs';
import type { OrganizationId, UserId } from '../domain/identifiers.js';
import { requireSync, type ExistingOrganization } from '../domain/organization.js';
import { requireUser, user, type ProvisionedUser, type StatedUser } from '../domain/user.js';
import type { Position } from '../event-store/event-store.js';
import { applyPatch, type PatchOperation } from '../scim/patch.js';
import { userType } from '../scim/schema.js';
import { ExistingUsers, type MatchedUser } from './existing-users.js';
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
import { userIdOf, userStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { checkVersion, UniqueNames, userNameKey } from './unique-names.js';
import { UserAppender, type WrittenUserState } from './user-appender.js';
import { UserDeletion } from './user-deletion.js';
import { WriteModel } from './write-model.js';

@CommandHandler(CreateUser)
export class CreateUserHandler implements ICommandHandler<CreateUser> {
  constructor(
    private readonly model: WriteModel,
    private readonly names: UniqueNames,
    private readonly organizations: Organizations,
    private readonly existing: ExistingUsers,
    private readonly appender: UserAppender,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  /**
   * Provisions a user, or adopts the one whom the organization's matching key finds: it keeps its id.
   * @throws Rejection name-already-claimed: the one who is found is synced, or not to be linked
   */
  execute(command: CreateUser): Promise<WrittenUser> {
    const stated = statedUser(command.attributes);
    return this.model.decide(userNameKey(command.organization, stated.userName), (attempt) =>
      this.create(command, stated, attempt),
    );
  }

  private async create(
    { organization: id, context }: CreateUser,
    stated: StatedUser,
    attempt: number,
  ): Promise<WrittenUser> {
    const organization = requireSync(await this.organizations.state(id));
    const request = { organization, stated, context, attempt };
    const matched = await this.existing.matchedByKey(organization, stated);
    if (matched) return this.adopt(request, matched);
    const userId = this.timeAndIds.id() as UserId;
    const stream = userStream(id, userId);
    const { userName: name } = stated;
    const claim = {
      organization,
      kind: 'userName',
      name,
      owner: stream,
      context,
      attempt,
    } as const;
    const claimed = await this.names.claimOrHolder(claim);
    if ('heldBy' in claimed) {
      const { heldBy } = claimed;
      return this.adopt(request, await this.existing.matchedByUserName(organization, name, heldBy));
    }
    const { claimId, append, previousOwner } = claimed;
    const predecessorId = previousOwner === null ? null : userIdOf(previousOwner);
    const facts = { organization, userId, claimId, stated, predecessorId };
    const written = await this.appender.append({
      organization,
      loaded: { stream, state: user.initial, revision: -1 },
      claims: [append],
      decide: () => user.decide({ type: 'Provision', ...facts }, user.initial),
      by: 'identity-provider',
      context,
    });
    return answer(written);
  }

  private async adopt(
    { organization, stated, context, attempt }: Adoption,
    { loaded, current, matchedBy }: MatchedUser,
  ): Promise<WrittenUser> {
    const request = { organization, owner: loaded.stream, context, attempt };
    const { claimId, claims } = await this.names.claimUserName(current, stated, request);
    const facts = { organization, claimId, stated, about: 'all', matchedBy } as const;
    const written = await this.appender.append({
      organization,
      loaded,
      claims,
      decide: (lastOwner) => user.decide({ type: 'Synchronize', ...facts, lastOwner }, current),
      by: 'identity-provider',
      context,
    });
    return answer(written);
  }
}

interface Adoption {
  readonly organization: ExistingOrganization;
  readonly stated: StatedUser;
  readonly context: CommandContext;
  readonly attempt: number;
}

/** What the identity provider states of a user that it knows by its id. */
interface Statement {
  readonly organization: OrganizationId;
  readonly id: string;
  readonly expected: ExpectedVersions;
  readonly context: CommandContext;
  readonly state: (current: ProvisionedUser) => StatedUser;
  /** Top-level attributes that it is about, or all. */
  readonly about: 'all' | readonly string[];
}

/** What PUT and PATCH share: they differ only in how they state what the user is to be. */
@Injectable()
export class UserSynchronizer {
  constructor(
    private readonly model: WriteModel,
    private readonly names: UniqueNames,
    private readonly organizations: Organizations,
    private readonly appender: UserAppender,
  ) {}

  async synchronize(statement: Statement): Promise<WrittenUser> {
    const { organization: id, expected, context, about } = statement;
    const stream = userStream(id, statement.id);
    return this.model.decide(stream, async (attempt) => {
      const organization = requireSync(await this.organizations.state(id));
      const loaded = await this.model.load(user, stream);
      const current = requireUser(loaded.state);
      checkVersion(expected, current.version);
      const stated = statement.state(current);
      const request = { organization, owner: stream, context, attempt };
      const { claimId, claims } = await this.names.claimUserName(current, stated, request);
      const facts = { organization, claimId, stated, about, matchedBy: 'id' } as const;
      const written = await this.appender.append({
        organization,
        loaded,
        claims,
        decide: (lastOwner) => user.decide({ type: 'Synchronize', ...facts, lastOwner }, current),
        by: 'identity-provider',
        context,
      });
      return answer(written);
    });
  }
}

@CommandHandler(ReplaceUser)
export class ReplaceUserHandler implements ICommandHandler<ReplaceUser> {
  constructor(private readonly users: UserSynchronizer) {}

  execute({ attributes, ...addressed }: ReplaceUser): Promise<WrittenUser> {
    const stated = statedUser(attributes);
    return this.users.synchronize({ ...addressed, about: 'all', state: () => stated });
  }
}

@CommandHandler(PatchUser)
export class PatchUserHandler implements ICommandHandler<PatchUser> {
  constructor(private readonly users: UserSynchronizer) {}

  execute({ operations, ...addressed }: PatchUser): Promise<WrittenUser> {
    const context = { id: addressed.id };
    return this.users.synchronize({
      ...addressed,
      about: topLevelNames(operations),
      state: (current) =>
        statedUser(applyPatch(userType, userAttributes(current), operations, context)),
    });
  }
}

/** An extension is one attribute, named by its URN. */
const topLevelNames = (operations: readonly PatchOperation[]): readonly string[] =>
  operations.map(({ path }) => path.target.extension?.id ?? path.target.attribute.name);

@CommandHandler(DeleteUser)
export class DeleteUserHandler implements ICommandHandler<DeleteUser> {
  constructor(private readonly deletion: UserDeletion) {}

  execute(command: DeleteUser): Promise<Position> {
    return this.deletion.delete(command, 'identity-provider');
  }
}

@QueryHandler(CurrentUser)
export class CurrentUserHandler implements IQueryHandler<CurrentUser> {
  constructor(private readonly model: WriteModel) {}

  async execute({ organization, id }: CurrentUser): Promise<WrittenUser> {
    const { state } = await this.model.load(user, userStream(organization, id));
    return answer({ state, position: null });
  }
}

function answer({ state, position }: WrittenUserState): WrittenUser {
  const current = requireUser(state);
  const { userId, version, createdAt, modifiedAt } = current;
  const attributes = userAttributes(current);
  return { id: userId, attributes, version, createdAt, modifiedAt, position };
}
