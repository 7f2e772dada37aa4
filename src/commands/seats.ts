import { Inject, Injectable } from '@nestjs/common';
import type { DomainEvent, SeatsEvent } from '../domain/events.js';
import type { ClaimId, OrganizationId, UserId } from '../domain/identifiers.js';
import type { ExistingOrganization } from '../domain/organization.js';
import { seats, type SeatsCommand, type SeatsState } from '../domain/seats.js';
import { user } from '../domain/user.js';
import type { EventStore } from '../event-store/event-store.js';
import { EVENT_STORE } from '../event-store/event-store.module.js';
import { Folds } from './folds.js';
import type { CommandContext } from './messages.js';
import { seatsStream, userStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

/** Folded ledgers kept in memory, counted in users: about 100 bytes each. */
const CACHED_USERS = 500_000;
/** How often the seats of a full organization are compared with its users, by one process. */
const COMPARED_EVERY_MS = 60_000;

/** A user's seat before and after a write. */
export interface SeatChange {
  readonly userId: UserId;
  readonly before: boolean;
  readonly after: boolean;
}

/** Who takes a seat, while the organization limits them. */
@Injectable()
export class Seats {
  private readonly ledgers: Folds<SeatsState, SeatsCommand, SeatsEvent>;
  private readonly comparedAt = new Map<OrganizationId, number>();

  constructor(
    private readonly model: WriteModel,
    @Inject(EVENT_STORE) private readonly store: Pick<EventStore, 'head' | 'readOrganization'>,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {
    this.ledgers = new Folds(model, seats, CACHED_USERS, ({ taken }) => 1 + taken.size);
  }

  /**
   * Plans the append by which the user takes or gives back a seat; nothing where seats are not limited.
   * @throws Rejection seat-limit-reached
   */
  async plan(
    organization: ExistingOrganization,
    { userId, before, after }: SeatChange,
    context: CommandContext,
  ): Promise<readonly PlannedAppend[]> {
    const { seatLimit: limit } = organization.policies;
    if (limit === null || before === after) return [];
    const { organization: id } = organization;
    let ledger = await this.counted(organization, context);
    if (after && !ledger.state.taken.has(userId) && ledger.state.taken.size >= limit) {
      ledger = await this.takeBackStale(organization, ledger, context);
    }
    const { stream, state, revision } = ledger;
    const command = after
      ? ({ type: 'Take', organization: id, userId, limit } as const)
      : ({ type: 'Release', organization: id, userId } as const);
    const events = seats.decide(command, state);
    return events.length === 0 ? [] : [{ stream, revision, events }];
  }

  /**
   * The ledger of the present limit. Nobody is counted while there is no limit, so the first write under one counts
   * the active users; from the log, because a read model may be behind it.
   */
  private async counted(
    { organization, seatsSince }: ExistingOrganization,
    context: CommandContext,
  ): Promise<Loaded<SeatsState>> {
    const ledger = await this.ledgers.load(seatsStream(organization));
    if (seatsSince === null || ledger.state.since === seatsSince) return ledger;
    const users = [...(await this.activeUsers(organization))];
    const count = { type: 'Count', organization, users, since: seatsSince } as const;
    return this.append(organization, ledger, seats.decide(count, ledger.state), context);
  }

  /**
   * Takes back the seats of those who are not active: a process died between seat and user, where the store cannot
   * append both at once, or a write that did not know of the limit yet deactivated somebody while seats were counted.
   * Each such user is fenced first, so that a slow write of it fails instead of going beyond the limit.
   */
  private async takeBackStale(
    { organization }: ExistingOrganization,
    full: Loaded<SeatsState>,
    context: CommandContext,
  ): Promise<Loaded<SeatsState>> {
    const now = performance.now();
    if (now - (this.comparedAt.get(organization) ?? -Infinity) < COMPARED_EVERY_MS) return full;
    this.comparedAt.set(organization, now);
    const active = await this.activeUsers(organization);
    let ledger = full;
    for (const userId of full.state.taken) {
      if (active.has(userId)) continue;
      const loaded = await this.model.load(user, userStream(organization, userId));
      if (loaded.state.status === 'provisioned' && loaded.state.active) continue;
      if (loaded.state.status !== 'deleted') {
        const claimId = this.timeAndIds.id() as ClaimId;
        const events = user.decide({ type: 'FenceClaim', claimId }, loaded.state);
        const { stream, revision } = loaded;
        await this.model.commit(organization, context, [{ stream, revision, events }]);
      }
      const released = seats.decide({ type: 'Release', organization, userId }, ledger.state);
      ledger = await this.append(organization, ledger, released, context);
    }
    return ledger;
  }

  private async append(
    organization: OrganizationId,
    ledger: Loaded<SeatsState>,
    events: ReturnType<typeof seats.decide>,
    context: CommandContext,
  ): Promise<Loaded<SeatsState>> {
    const { stream, revision } = ledger;
    const plans = [{ stream, revision, events }];
    const committed = await this.model.commit(organization, context, plans);
    const after = this.model.advance(seats, ledger, events, committed);
    this.ledgers.keep(after);
    return after;
  }

  private async activeUsers(organization: OrganizationId): Promise<ReadonlySet<UserId>> {
    const active = new Set<UserId>();
    const head = await this.store.head();
    for await (const page of this.store.readOrganization(organization, 0n, head)) {
      for (const { event } of page) follow(active, event);
    }
    return active;
  }
}

function follow(active: Set<UserId>, event: DomainEvent): void {
  switch (event.type) {
    case 'UserProvisioned':
      if (event.active) active.add(event.userId);
      return;
    case 'UserRegistered':
    case 'UserReactivated':
      active.add(event.userId);
      return;
    case 'UserDeactivated':
    case 'UserDeleted':
      active.delete(event.userId);
      return;
    default:
  }
}
