import { Injectable, type PipeTransform } from '@nestjs/common';
import type { OrganizationId } from '../../domain/identifiers.js';
import { Rejection, type RejectionReason } from '../../domain/rejection.js';
import { AccessQueries, type OrganizationRow } from '../../projections/access/access.queries.js';
import { Projector } from '../../projections/projector.js';
import { SLUG } from './requests.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A slug of a path as its organization, with everything that was acknowledged about it before the request. */
@Injectable()
export class KnownOrganization implements PipeTransform<string, Promise<OrganizationRow>> {
  constructor(
    private readonly access: AccessQueries,
    private readonly projector: Projector,
  ) {}

  /** @throws Rejection organization-unknown */
  async transform(slug: string): Promise<OrganizationRow> {
    if (!SLUG.test(slug)) throw new Rejection('organization-unknown');
    await this.projector.waitForHead('access');
    const row = await this.access.organization(slug as OrganizationId);
    if (!row) throw new Rejection('organization-unknown');
    return row;
  }
}

export const isUuid = (id: string): boolean => UUID.test(id);

/** An id of a path; what cannot be one is unknown, and never reaches the database. */
export class ResourceId implements PipeTransform<string, string> {
  constructor(private readonly unknown: RejectionReason) {}

  /** @throws Rejection with the given reason */
  transform(id: string): string {
    if (!isUuid(id)) throw new Rejection(this.unknown);
    return id;
  }
}
