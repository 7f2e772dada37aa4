import { Injectable } from '@nestjs/common';
import type { OrganizationId } from '../domain/identifiers.js';
import { LEASE_MS } from '../domain/lease.js';
import { organization, type OrganizationState } from '../domain/organization.js';
import { organizationStream } from './streams.js';
import { WriteModel, type Loaded } from './write-model.js';

/** The state of organizations for decisions, from their streams, at most LEASE_MS old. */
@Injectable()
export class Organizations {
  private readonly known = new Map<
    OrganizationId,
    { readAt: number; readonly loaded: Promise<Loaded<OrganizationState>> }
  >();

  constructor(private readonly model: WriteModel) {}

  /** Forgets what was read: whoever changed an organization acts upon the change at once. */
  changed(id: OrganizationId): void {
    this.known.delete(id);
  }

  async state(id: OrganizationId): Promise<OrganizationState> {
    const readAt = performance.now();
    const known = this.known.get(id);
    if (known && readAt - known.readAt < LEASE_MS) return (await known.loaded).state;
    const loaded = (known?.loaded ?? Promise.resolve(undefined))
      .catch(() => undefined)
      .then((earlier) => this.model.load(organization, organizationStream(id), earlier));
    this.known.set(id, { readAt, loaded });
    try {
      const { state } = await loaded;
      if (state.status === 'absent') this.known.delete(id);
      return state;
    } catch (error) {
      this.known.delete(id);
      throw error;
    }
  }
}
