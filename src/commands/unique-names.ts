import { Inject, Injectable } from '@nestjs/common';
import { claim } from '../domain/claim.js';
import type { DomainEvent, NameKind } from '../domain/events.js';
import { group } from '../domain/group.js';
import type { ClaimId } from '../domain/identifiers.js';
import type { ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import { token } from '../domain/token.js';
import { user } from '../domain/user.js';
import type { CommandContext } from './messages.js';
import { claimStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

export interface PlannedClaim {
  readonly claimId: ClaimId;
  readonly append: PlannedAppend;
}

export interface ClaimRequest {
  readonly organization: ExistingOrganization;
  readonly kind: NameKind;
  readonly name: string;
  /** The stream of the owner. */
  readonly owner: string;
  readonly context: CommandContext;
  /** On attempt 0 the name is taken to be free, which costs no read; a wrong guess fails the append. */
  readonly attempt: number;
}

/** What an owner's stream says about a claim on a name. */
type Tenure = 'holds' | 'gone' | 'undecided';

/**
 * Unique names without a unique index: a name's claim stream points to its owner, and the owner's stream is the truth.
 * A claim whose owner does not hold the name is stale and may be taken over, once the owner is fenced: an event in the
 * owner's stream makes its late write fail. No clock decides. See docs/adr/0004-unique-names.md.
 */
@Injectable()
export class UniqueNames {
  constructor(
    private readonly model: WriteModel,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  /**
   * Plans the append that gives the name to `owner`.
   * @throws Rejection name-already-claimed
   */
  async claim(request: ClaimRequest): Promise<PlannedClaim> {
    const { organization, kind, name, owner, context, attempt } = request;
    const stream = claimStream(organization, kind, name);
    const claimId = this.timeAndIds.id() as ClaimId;
    const command = { type: 'Claim', kind, claimId, owner } as const;
    if (attempt === 0) {
      const events = claim.decide({ ...command, stale: null }, claim.initial);
      return { claimId, append: { stream, revision: -1, events } };
    }
    const { state, revision } = await this.model.load(claim, stream);
    let stale: ClaimId | null = null;
    if (state.status === 'held' && (await this.isStale(organization, state, owner, context))) {
      stale = state.claimId;
    }
    const events = claim.decide({ ...command, stale }, state);
    return { claimId, append: { stream, revision, events } };
  }

  private async isStale(
    organization: ExistingOrganization,
    held: { readonly kind: NameKind; readonly claimId: ClaimId; readonly owner: string },
    claimant: string,
    context: CommandContext,
  ): Promise<boolean> {
    const { tenure, fence } = await this.tenure(held.kind, held.owner, held.claimId);
    if (tenure === 'holds') return false;
    if (tenure === 'undecided' && held.owner !== claimant) {
      await this.model.commit(organization.organization, context, [fence]);
    }
    return true;
  }

  /** What the owner's stream says of the claim, and the append that would fence the owner. */
  private async tenure(
    kind: NameKind,
    owner: string,
    claimId: ClaimId,
  ): Promise<{ readonly tenure: Tenure; readonly fence: PlannedAppend }> {
    const told = <State extends { readonly status: string }>(
      { state, revision }: Loaded<State>,
      holds: ClaimId | null | undefined,
      events: readonly DomainEvent[],
    ) => {
      const gone = state.status === 'deleted' || state.status === 'revoked';
      const tenure: Tenure = gone ? 'gone' : holds === claimId ? 'holds' : 'undecided';
      return { tenure, fence: { stream: owner, revision, events } };
    };
    const command = { type: 'FenceClaim', claimId } as const;
    switch (kind) {
      case 'userName': {
        const loaded = await this.model.load(user, owner);
        const { state } = loaded;
        const holds = state.status === 'provisioned' ? state.claimId : undefined;
        return told(loaded, holds, user.decide(command, state));
      }
      case 'groupName': {
        const loaded = await this.model.load(group, owner);
        const { state } = loaded;
        const holds = state.status === 'existing' ? state.claimId : undefined;
        return told(loaded, holds, group.decide(command, state));
      }
      case 'tokenName': {
        const loaded = await this.model.load(token, owner);
        const { state } = loaded;
        const holds = state.status === 'issued' ? state.claimId : undefined;
        return told(loaded, holds, token.decide(command, state));
      }
    }
  }
}

/** @throws Rejection version-mismatch: nobody may write over a version that they have not seen */
export function checkVersion(expected: readonly number[] | null, version: number): void {
  if (expected && !expected.includes(version)) throw new Rejection('version-mismatch');
}
