import { Injectable } from '@nestjs/common';
import type { UserEvent } from '../domain/events.js';
import type { ExistingOrganization } from '../domain/organization.js';
import { isOwner, user, type UserState } from '../domain/user.js';
import type { CommandContext, Position } from './messages.js';
import { Owners } from './owners.js';
import { Safeguard } from './safeguard.js';
import { Seats } from './seats.js';
import { userIdOf } from './streams.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

export interface UserWrite {
  readonly organization: ExistingOrganization;
  readonly loaded: Loaded<UserState>;
  /** The claim of a new userName; none where nothing else changes. */
  readonly claims: readonly PlannedAppend[];
  /** @param lastOwner nobody else owns the organization */
  readonly decide: (lastOwner: boolean) => readonly UserEvent[];
  readonly by: 'identity-provider' | 'application';
  readonly context: CommandContext;
}

export interface WrittenUserState {
  readonly state: UserState;
  /** Null when nothing changed. */
  readonly position: Position | null;
}

/**
 * Appends what was decided about a user together with the ledgers over all users that it touches, so that none of
 * their rules can be broken by two users at the same moment. See docs/adr/0014-ledgers.md.
 */
@Injectable()
export class UserAppender {
  constructor(
    private readonly model: WriteModel,
    private readonly owners: Owners,
    private readonly seats: Seats,
    private readonly safeguard: Safeguard,
  ) {}

  /** @throws Rejection protected-user, seat-limit-reached, removals-paused */
  async append(write: UserWrite): Promise<WrittenUserState> {
    if (!isOwner(write.loaded.state)) {
      const events = write.decide(false);
      if (!countsIn(write, events)) return this.commit(write, events, [], []);
    }
    // Writers of one ledger queue here instead of failing each other.
    const ledgers = `ledgers ${write.organization.organization}`;
    return this.model.inTurn(ledgers, () => this.appendCounted(write));
  }

  /**
   * Where the store cannot append to several streams at once, the order keeps every ledger on the safe side: a seat is
   * taken before its user is active, a removal counted before it happens, and an owner is in the ledger only while the
   * role is in the user's stream. Claims come before all: whoever loses the name has taken no seat yet.
   */
  private async appendCounted(write: UserWrite): Promise<WrittenUserState> {
    const { organization, loaded, context } = write;
    const userId = userIdOf(loaded.stream);
    const { organization: id } = organization;
    const owned = isOwner(loaded.state);
    const ledger = owned ? await this.owners.load(id) : undefined;
    const events = write.decide(ledger !== undefined && this.owners.isLast(ledger, userId));
    const after = stateAfter(loaded, events);
    const owns = isOwner(after);
    const owners =
      owned || owns
        ? this.owners.plan(ledger ?? (await this.owners.load(id)), id, userId, owns)
        : [];
    const change = { userId, before: isActive(loaded.state), after: isActive(after) };
    const seats = await this.seats.plan(organization, change, context);
    const removals = isRemoval(write, events)
      ? await this.safeguard.plan(organization, userId, context)
      : [];
    const first = [...removals, ...(owns ? [] : owners), ...(change.after ? seats : [])];
    const last = [...(change.after ? [] : seats), ...(owns ? owners : [])];
    return this.commit(write, events, first, last);
  }

  private async commit(
    { organization, loaded, claims, context }: UserWrite,
    events: readonly UserEvent[],
    first: readonly PlannedAppend[],
    last: readonly PlannedAppend[],
  ): Promise<WrittenUserState> {
    const { stream, state, revision } = loaded;
    const own = events.length === 0 ? [] : [{ stream, revision, events }];
    const plans = [...claims, ...first, ...own, ...last];
    if (plans.length === 0) return { state, position: null };
    const before = state.status === 'provisioned' ? state.modifiedAt : undefined;
    const { organization: id } = organization;
    const committed = await this.model.commit(id, context, plans, before);
    const after = this.model.advance(user, loaded, events, committed);
    return { state: after.state, position: committed.position };
  }
}

/** Whether a ledger tells of what these events change. */
function countsIn(write: UserWrite, events: readonly UserEvent[]): boolean {
  if (events.length === 0) return false;
  const { policies } = write.organization;
  const before = write.loaded.state;
  const after = stateAfter(write.loaded, events);
  return (
    isOwner(after) ||
    (policies.seatLimit !== null && isActive(before) !== isActive(after)) ||
    (policies.massRemovalLimit !== null && isRemoval(write, events))
  );
}

const isActive = (state: UserState): boolean => state.status === 'provisioned' && state.active;

const isRemoval = ({ by }: UserWrite, events: readonly UserEvent[]): boolean =>
  by === 'identity-provider' &&
  events.some(({ type }) => type === 'UserDeactivated' || type === 'UserDeleted');

/** What the user is once the events are appended; where they will stand is not known yet. */
export function stateAfter(
  { state, revision }: Loaded<UserState>,
  events: readonly UserEvent[],
): UserState {
  return events.reduce<UserState>(
    (each, event) => user.evolve(each, event, { revision, position: 0n, occurredAt: '' }),
    state,
  );
}
