import { Inject, Injectable } from '@nestjs/common';
import { claim } from '../domain/claim.js';
import type { DomainEvent, NameKind } from '../domain/events.js';
import { group } from '../domain/group.js';
import type { ClaimId, OrganizationId } from '../domain/identifiers.js';
import type { ExistingOrganization } from '../domain/organization.js';
import { Rejection } from '../domain/rejection.js';
import { token } from '../domain/token.js';
import { user, type ProvisionedUser, type StatedUser } from '../domain/user.js';
import { foldCase } from '../scim/comparison.js';
import type { CommandContext } from './messages.js';
import { claimStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

export interface PlannedClaim {
  readonly claimId: ClaimId;
  readonly append: PlannedAppend;
  /** The stream of the deleted owner from whom the name is taken over; null: nobody had it. */
  readonly previousOwner: string | null;
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

/** The name is not free. */
export interface HeldName {
  /** The stream of the owner. */
  readonly heldBy: string;
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
    const planned = await this.claimOrHolder(request);
    if ('heldBy' in planned) {
      throw new Rejection('name-already-claimed', { kind: request.kind });
    }
    return planned;
  }

  /** Plans the append that gives the name to `owner`, or tells who has it; the latter never on attempt 0. */
  async claimOrHolder(request: ClaimRequest): Promise<PlannedClaim | HeldName> {
    const { organization, kind, name, owner, context, attempt } = request;
    const stream = claimStream(organization, kind, name);
    const claimId = this.timeAndIds.id() as ClaimId;
    const command = { type: 'Claim', kind, claimId, owner } as const;
    if (attempt === 0) {
      const events = claim.decide({ ...command, stale: null }, claim.initial);
      return { claimId, append: { stream, revision: -1, events }, previousOwner: null };
    }
    const { state, revision } = await this.model.load(claim, stream);
    if (state.status === 'free') {
      const events = claim.decide({ ...command, stale: null }, state);
      return { claimId, append: { stream, revision, events }, previousOwner: null };
    }
    const { tenure, fence } = await this.tenure(kind, state.owner, state.claimId);
    if (tenure === 'holds') return { heldBy: state.owner };
    if (tenure === 'undecided' && state.owner !== owner) {
      await this.model.commit(organization.organization, context, [fence]);
    }
    const events = claim.decide({ ...command, stale: state.claimId }, state);
    const previousOwner = tenure === 'gone' ? state.owner : null;
    return { claimId, append: { stream, revision, events }, previousOwner };
  }

  /** Plans the claim of the userName that is stated of a user; none where it is the present one, in whatever letter case. */
  async claimUserName(
    current: ProvisionedUser,
    { userName }: StatedUser,
    request: Omit<ClaimRequest, 'kind' | 'name'>,
  ): Promise<{ readonly claimId: ClaimId; readonly claims: readonly PlannedAppend[] }> {
    if (foldCase(userName) === foldCase(current.userName)) {
      return { claimId: current.claimId, claims: [] };
    }
    const planned = await this.claim({ ...request, kind: 'userName', name: userName });
    return { claimId: planned.claimId, claims: [planned.append] };
  }

  /** The stream of who has the name at present; null when it is free. Plans nothing. */
  async holder(
    organization: ExistingOrganization,
    kind: NameKind,
    name: string,
  ): Promise<string | null> {
    const { state } = await this.model.load(claim, claimStream(organization, kind, name));
    if (state.status === 'free') return null;
    const { tenure } = await this.tenure(kind, state.owner, state.claimId);
    return tenure === 'holds' ? state.owner : null;
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

/** What writers of one userName queue by. */
export const userNameKey = (organization: OrganizationId, userName: string): string =>
  `userName ${organization} ${foldCase(userName)}`;

/** @throws Rejection version-mismatch: nobody may write over a version that they have not seen */
export function checkVersion(expected: readonly number[] | null, version: number): void {
  if (expected && !expected.includes(version)) throw new Rejection('version-mismatch');
}
