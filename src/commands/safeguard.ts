import { Inject, Injectable } from '@nestjs/common';
import type { SafeguardEvent } from '../domain/events.js';
import type { OrganizationId, UserId } from '../domain/identifiers.js';
import type { ExistingOrganization } from '../domain/organization.js';
import {
  exceedsLimit,
  safeguard,
  type SafeguardCommand,
  type SafeguardState,
} from '../domain/safeguard.js';
import { DIRECTORY_LOOKUP, type DirectoryLookup } from './directory-lookup.js';
import { Folds } from './folds.js';
import type { CommandContext, Position } from './messages.js';
import { safeguardStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { WriteModel, type PlannedAppend } from './write-model.js';

const CACHED_ORGANIZATIONS = 1_000;

/** Counts what the identity provider removes, and pauses it where that is too much. */
@Injectable()
export class Safeguard {
  private readonly ledgers: Folds<SafeguardState, SafeguardCommand, SafeguardEvent>;

  constructor(
    private readonly model: WriteModel,
    @Inject(DIRECTORY_LOOKUP) private readonly lookup: DirectoryLookup,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {
    this.ledgers = new Folds(model, safeguard, CACHED_ORGANIZATIONS, () => 1);
  }

  /**
   * Plans the append that counts one removal; nothing where removals are not limited. How many users there are is told
   * by a read model: a share of them need not be exact.
   * @throws Rejection removals-paused; that they are paused from here on is recorded then
   */
  async plan(
    { organization, policies }: ExistingOrganization,
    userId: UserId,
    context: CommandContext,
  ): Promise<readonly PlannedAppend[]> {
    const { massRemovalLimit: limit } = policies;
    if (limit === null) return [];
    const [loaded, users] = await Promise.all([
      this.ledgers.load(safeguardStream(organization)),
      this.lookup.userCount(organization),
    ]);
    const { stream, state, revision } = loaded;
    const now = this.timeAndIds.now();
    const count = { type: 'CountRemoval', organization, userId, users, limit, now } as const;
    if (!state.paused && exceedsLimit(state, count)) {
      const events = safeguard.decide({ type: 'Pause', organization, users, now }, state);
      await this.model.commit(organization, context, [{ stream, revision, events }]);
    }
    const counted = safeguard.decide(count, state);
    return counted.length === 0 ? [] : [{ stream, revision, events: counted }];
  }

  /** @returns null when removals were not paused */
  async resume(organization: OrganizationId, context: CommandContext): Promise<Position | null> {
    const stream = safeguardStream(organization);
    return this.model.decide(stream, async () => {
      const { state, revision } = await this.ledgers.load(stream);
      const events = safeguard.decide({ type: 'Resume', organization }, state);
      if (events.length === 0) return null;
      const plans = [{ stream, revision, events }];
      return (await this.model.commit(organization, context, plans)).position;
    });
  }
}
