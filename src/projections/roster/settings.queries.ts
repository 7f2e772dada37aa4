import type { Pool } from 'pg';
import type { TeamLink, TeamSyncMapping } from '../../domain/events.js';
import type { JsonValue, OrganizationId } from '../../domain/identifiers.js';
import { defaultPolicies, withPolicy, type Policies } from '../../domain/policies.js';

/** Removals of users wait for an administrator. */
export interface PausedRemovals {
  readonly since: string;
  /** How many were removed within the hour before. */
  readonly removed: number;
  /** Of how many. */
  readonly users: number;
}

/** What an organization's views depend on besides its users, groups and teams. */
export interface RosterSettings {
  readonly syncEnabled: boolean;
  readonly policies: Policies;
  readonly mappings: readonly TeamSyncMapping[];
  /** The era whose grants by sign-in count; null while none do. */
  readonly era: number | null;
  /** The links of the migration that can be rolled back; null without one. */
  readonly migrated: readonly TeamLink[] | null;
  /** Null while the identity provider may remove users. */
  readonly paused: PausedRemovals | null;
}

interface SettingsRow {
  readonly sync_enabled: boolean;
  readonly policies: Readonly<Record<string, JsonValue>>;
  readonly mappings: readonly TeamSyncMapping[];
  readonly era: number | null;
  readonly migrated: readonly TeamLink[] | null;
  readonly paused_at: string | null;
  readonly removed: number;
  readonly users: number;
}

/** An organization's settings as of the roster's checkpoint. */
export class SettingsQueries {
  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {}

  /** Those of an unknown organization are the defaults. */
  async settings(organization: OrganizationId): Promise<RosterSettings> {
    const { rows } = await this.pool.query<SettingsRow>(
      `SELECT o.sync_enabled, o.policies, o.mappings, o.era, o.migrated, s.paused_at, s.removed, s.users
       FROM ${this.schema}.organizations o
       LEFT JOIN ${this.schema}.safeguards s USING (organization)
       WHERE o.organization = $1`,
      [organization],
    );
    const [row] = rows;
    return {
      syncEnabled: row?.sync_enabled ?? false,
      policies: Object.entries(row?.policies ?? {}).reduce(
        (all, [name, value]) => withPolicy(all, name, value),
        defaultPolicies,
      ),
      mappings: row?.mappings ?? [],
      era: row?.era ?? null,
      migrated: row?.migrated ?? null,
      paused: row ? pausedIn(row) : null,
    };
  }
}

const pausedIn = ({ paused_at: since, removed, users }: SettingsRow): PausedRemovals | null =>
  since === null ? null : { since, removed, users };
