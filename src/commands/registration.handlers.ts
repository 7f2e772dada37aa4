import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Decider } from '../domain/decider.js';
import type { UserEvent } from '../domain/events.js';
import type { UserId } from '../domain/identifiers.js';
import { requireOrganization, type ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import {
  changedAttributes,
  isSynced,
  requireUser,
  user,
  type ProvisionedUser,
  type StatedUser,
  type UserState,
} from '../domain/user.js';
import type { Position } from '../event-store/event-store.js';
import { foldCase } from '../scim/comparison.js';
import { completed } from '../scim/resource.js';
import { userType } from '../scim/schema.js';
import {
  EditUser,
  RegisterUser,
  RemoveUser,
  type ManualChange,
  type UserChanges,
} from './messages.js';
import { Organizations } from './organizations.js';
import { statedUser, userAttributes } from './scim-translation.js';
import { repeatableUserId, userIdOf, userStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { UniqueNames, userNameKey } from './unique-names.js';
import { UserAppender } from './user-appender.js';
import { UserDeletion } from './user-deletion.js';
import { WriteModel, type Loaded } from './write-model.js';

@CommandHandler(RegisterUser)
export class RegisterUserHandler implements ICommandHandler<RegisterUser> {
  constructor(
    private readonly model: WriteModel,
    private readonly names: UniqueNames,
    private readonly organizations: Organizations,
    private readonly appender: UserAppender,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  /** The idempotency key makes the user's id: whoever repeats the command finds what it did, also after a crash. */
  async execute(command: RegisterUser): Promise<{ id: UserId; position: Position | null }> {
    const { organization: id, idempotencyKey, context } = command;
    const { role = null, active: _, ...changes } = command.user;
    const stated = statedUser(edited({}, changes));
    return this.model.decide(userNameKey(id, stated.userName), async (attempt) => {
      const organization = requireOrganization(await this.organizations.state(id));
      const userId =
        idempotencyKey === null
          ? (this.timeAndIds.id() as UserId)
          : repeatableUserId(organization, idempotencyKey);
      const stream = userStream(id, userId);
      const loaded =
        idempotencyKey === null
          ? { stream, state: user.initial, revision: -1 }
          : await this.model.load(user, stream);
      if (loaded.state.status !== 'absent') {
        await this.requireRepetition(loaded, stated);
        return { id: userId, position: null };
      }
      const request = { organization, owner: stream, context, attempt };
      const name = { kind: 'userName', name: stated.userName } as const;
      const { claimId, append, previousOwner } = await this.names.claim({ ...request, ...name });
      const predecessorId = previousOwner === null ? null : userIdOf(previousOwner);
      const { origin } = command;
      const facts = { organization, userId, claimId, origin, stated, role, predecessorId };
      const { position } = await this.appender.append({
        organization,
        loaded,
        claims: [append],
        decide: () => user.decide({ type: 'Register', ...facts }, loaded.state),
        by: 'application',
        context,
      });
      return { id: userId, position };
    });
  }

  /** @throws Rejection name-already-claimed: the key was used for somebody else, or for one who was deleted */
  private async requireRepetition(
    { stream, state }: Loaded<UserState>,
    { userName }: StatedUser,
  ): Promise<void> {
    const { state: registered } = await this.model.load(registeredName, stream);
    const same = registered !== null && foldCase(registered) === foldCase(userName);
    if (same && state.status !== 'deleted') return;
    throw new Rejection('name-already-claimed', { kind: 'idempotencyKey' });
  }
}

/** The userName under which a user was registered, whatever it is called now. */
const registeredName: Decider<string | null, never, UserEvent> = {
  initial: null,
  decide: () => [],
  evolve: (name, event) => (event.type === 'UserRegistered' ? event.personal.userName : name),
};

@CommandHandler(EditUser)
export class EditUserHandler implements ICommandHandler<EditUser> {
  constructor(
    private readonly model: WriteModel,
    private readonly names: UniqueNames,
    private readonly organizations: Organizations,
    private readonly appender: UserAppender,
  ) {}

  async execute({
    organization: id,
    id: userId,
    changes,
    context,
  }: EditUser): Promise<ManualChange> {
    const stream = userStream(id, userId);
    return this.model.decide(stream, async (attempt) => {
      const organization = requireOrganization(await this.organizations.state(id));
      const loaded = await this.model.load(user, stream);
      const current = requireUser(loaded.state);
      const { role, ...attributes } = changes;
      const stated = statedUser(edited(userAttributes(current), attributes));
      const request = { organization, owner: stream, context, attempt };
      const { claimId, claims } = await this.names.claimUserName(current, stated, request);
      const edit = { type: 'Edit', organization, claimId, stated } as const;
      const { position } = await this.appender.append({
        organization,
        loaded,
        claims,
        decide: (lastOwner) => [
          ...user.decide({ ...edit, lastOwner }, current),
          ...(role === undefined
            ? []
            : user.decide({ type: 'ChangeRole', role, source: 'manual', lastOwner }, current)),
        ],
        by: 'application',
        context,
      });
      return { position, overridden: overridden(organization, current, stated) };
    });
  }
}

@CommandHandler(RemoveUser)
export class RemoveUserHandler implements ICommandHandler<RemoveUser> {
  constructor(private readonly deletion: UserDeletion) {}

  execute({ organization, id, context }: RemoveUser): Promise<Position> {
    return this.deletion.delete({ organization, id, expected: null, context }, 'administrator');
  }
}

/** The attributes after the changes, in the order of the schema: what is null is taken away. */
function edited(
  before: ReturnType<typeof userAttributes>,
  changes: Omit<UserChanges, 'role'>,
): ReturnType<typeof userAttributes> {
  const stated = Object.entries({ ...before, ...changes }).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return completed(userType, Object.fromEntries(stated));
}

/** What the next statement of the identity provider takes back. */
function overridden(
  organization: ExistingOrganization,
  current: ProvisionedUser,
  stated: StatedUser,
): readonly string[] {
  const managed = organization.syncEnabled && isSynced(current, organization);
  return managed ? changedAttributes(current, stated) : [];
}
