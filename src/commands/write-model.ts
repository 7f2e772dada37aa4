import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Decider } from '../domain/decider.js';
import type { DomainEvent } from '../domain/events.js';
import type { Instant, OrganizationId } from '../domain/identifiers.js';
import { Rejection } from '../domain/rejection.js';
import {
  WrongExpectedVersion,
  type EventStore,
  type NewEvent,
  type Position,
  type StreamAppend,
} from '../event-store/event-store.js';
import { EVENT_STORE } from '../event-store/event-store.module.js';
import type { CommandContext } from './messages.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';

/** How often a command is decided anew after somebody else wrote first, before it is refused. */
const MOST_ATTEMPTS = 60;
const LONGEST_PAUSE_MS = 40;

/** An aggregate as its stream tells it; `revision` is -1 when there is no stream. */
export interface Loaded<State> {
  readonly stream: string;
  readonly state: State;
  readonly revision: number;
}

/** Facts for one stream that was loaded at `revision`. */
export interface PlannedAppend {
  readonly stream: string;
  readonly revision: number;
  readonly events: readonly DomainEvent[];
}

export interface Committed {
  /** Of the last event. */
  readonly position: Position;
  readonly occurredAt: Instant;
}

/** Loads aggregates from their streams and appends what was decided. */
@Injectable()
export class WriteModel {
  private readonly tails = new Map<string, Promise<unknown>>();

  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  /** Whether the plans of one commit are recorded all or none. */
  get isAtomic(): boolean {
    return this.store.appendMany !== undefined;
  }

  /** @param known an earlier load of the stream: only what came after it is read */
  async load<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    stream: string,
    known: Loaded<State> = { stream, state: decider.initial, revision: -1 },
  ): Promise<Loaded<State>> {
    const recorded = await this.store.readStream(stream, known.revision + 1);
    let { state, revision } = known;
    for (const { event, metadata, revision: at, position } of recorded) {
      const { occurredAt } = metadata;
      state = decider.evolve(state, event as Event, { revision: at, position, occurredAt });
      revision = at;
    }
    return { stream, state, revision };
  }

  /** The aggregate after its own planned facts were committed, without reading them back. */
  advance<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    loaded: Loaded<State>,
    events: readonly Event[],
    { position, occurredAt }: Committed,
  ): Loaded<State> {
    let { state, revision } = loaded;
    for (const event of events) {
      revision += 1;
      state = decider.evolve(state, event, { revision, position, occurredAt });
    }
    return { ...loaded, state, revision };
  }

  /**
   * Appends all plans; at once where the store can, else in the given order, claims before owners.
   * @param after the facts are dated later than this: what changed never keeps its modification time
   * @throws WrongExpectedVersion
   */
  async commit(
    organization: OrganizationId | undefined,
    context: CommandContext,
    plans: readonly PlannedAppend[],
    after?: Instant,
  ): Promise<Committed> {
    const occurredAt = this.timeAndIds.now(after);
    const commandId = this.timeAndIds.id();
    const metadata = {
      ...(organization === undefined ? {} : { organization }),
      actor: context.actor,
      occurredAt,
      commandId,
      $correlationId: context.correlationId,
      $causationId: commandId,
    };
    const appends: StreamAppend[] = plans.map(({ stream, revision, events }) => ({
      stream,
      expected: revision < 0 ? 'noStream' : revision,
      events: events.map((event): NewEvent => ({ id: this.timeAndIds.id(), event, metadata })),
    }));
    const position = await this.append(appends);
    context.recorded?.(plans.flatMap(({ events }) => events));
    return { position, occurredAt };
  }

  private async append(appends: readonly StreamAppend[]): Promise<Position> {
    if (this.store.appendMany) return (await this.store.appendMany(appends)).position;
    let position: Position = 0n;
    for (const { stream, expected, events } of appends) {
      ({ position } = await this.store.append(stream, expected, events));
    }
    return position;
  }

  /**
   * Runs a load-decide-append until nobody else wrote in between. Work on one key waits for its turn in this process,
   * so that writers of one hot resource queue instead of failing each other; other processes are met by the retry.
   * @param work is told how often it was tried before
   * @throws Rejection too-much-contention
   */
  decide<Result>(key: string, work: (attempt: number) => Promise<Result>): Promise<Result> {
    return this.inTurn(key, () => this.attempt(work));
  }

  /** Runs the work once, after all earlier work on the key in this process; work on one key never waits for itself. */
  async inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.tails.get(key);
    const turn = (before ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.tails.set(key, settled);
    try {
      return await turn;
    } finally {
      if (this.tails.get(key) === settled) this.tails.delete(key);
    }
  }

  private async attempt<Result>(work: (attempt: number) => Promise<Result>): Promise<Result> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      try {
        return await work(attempt);
      } catch (error) {
        if (!(error instanceof WrongExpectedVersion)) throw error;
        if (attempt > 1)
          await sleep(this.timeAndIds.jitter(Math.min(2 ** attempt, LONGEST_PAUSE_MS)));
      }
    }
    throw new Rejection('too-much-contention');
  }
}
