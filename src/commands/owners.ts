import { Injectable } from '@nestjs/common';
import type { OrganizationId, UserId } from '../domain/identifiers.js';
import { isLastOwner, owners, type OwnersState } from '../domain/owners.js';
import { ownersStream } from './streams.js';
import { WriteModel, type Loaded, type PlannedAppend } from './write-model.js';

/** The ledger of owners: who decides by it appends to it at the revision that was seen. */
@Injectable()
export class Owners {
  constructor(private readonly model: WriteModel) {}

  load(organization: OrganizationId): Promise<Loaded<OwnersState>> {
    return this.model.load(owners, ownersStream(organization));
  }

  isLast({ state }: Loaded<OwnersState>, userId: UserId): boolean {
    return isLastOwner(state, userId);
  }

  /** The append that makes the ledger tell whether the user owns; none where it does. */
  plan(
    { stream, state, revision }: Loaded<OwnersState>,
    organization: OrganizationId,
    userId: UserId,
    owns: boolean,
  ): readonly PlannedAppend[] {
    const events = owners.decide({ type: 'SetOwner', organization, userId, owns }, state);
    return events.length === 0 ? [] : [{ stream, revision, events }];
  }
}
