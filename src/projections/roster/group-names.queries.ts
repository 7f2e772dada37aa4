import type { Pool } from 'pg';
import type { OrganizationId } from '../../domain/identifiers.js';

/** What groups are called now. */
export class GroupNameQueries {
  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {}

  /** @returns displayName by id; groups that do not exist are left out */
  async names(
    organization: OrganizationId,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const { rows } = await this.pool.query<{ id: string; displayName: string }>(
      `SELECT id, display_name AS "displayName" FROM ${this.schema}.groups
       WHERE organization = $1 AND id = ANY($2)`,
      [organization, ids],
    );
    return new Map(rows.map(({ id, displayName }) => [id, displayName]));
  }
}
