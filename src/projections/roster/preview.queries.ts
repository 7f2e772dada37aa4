import type { Pool } from 'pg';
import type { OrganizationId } from '../../domain/identifiers.js';
import type { Policies } from '../../domain/policies.js';
import { cappedOf, type Capped } from './capped.js';
import { previewSql, type Settings } from './preview-sql.js';
import { SettingsQueries } from './settings.queries.js';

export interface UserEffect {
  readonly id: string;
  readonly userName: string;
  readonly effect: string;
}
export interface GroupEffect {
  readonly id: string;
  readonly displayName: string;
  readonly effect: string;
}
export interface TeamEffect {
  readonly id: string;
  readonly name: string;
  readonly effect: string;
}
/** `membership` stands for all memberships of a team, `organization` for what is added to it; `id` and `name` are theirs. */
export interface LockEffect {
  readonly kind: 'user' | 'team' | 'membership' | 'organization';
  readonly id: string;
  readonly name: string;
  readonly effect: string;
}

/** Whom a change would affect, and how, in words. */
export interface Effects {
  readonly users: Capped<UserEffect>;
  readonly groups: Capped<GroupEffect>;
  readonly teams: Capped<TeamEffect>;
  readonly locks: Capped<LockEffect>;
}

type Counted<Effect> = Effect & { readonly total: number };

/** What a change of policies, or turning SCIM on, would come to. */
export class PreviewQueries {
  private readonly settings: SettingsQueries;

  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {
    this.settings = new SettingsQueries(pool, schema);
  }

  async policyEffects(
    organization: OrganizationId,
    before: Policies,
    after: Policies,
  ): Promise<Effects> {
    const { syncEnabled } = await this.settings.settings(organization);
    return this.effects(
      organization,
      { syncEnabled, policies: before },
      { syncEnabled, policies: after },
    );
  }

  /** What turning SCIM on would come to. */
  async enableEffects(organization: OrganizationId): Promise<Effects> {
    const { syncEnabled, policies } = await this.settings.settings(organization);
    return this.effects(organization, { syncEnabled, policies }, { syncEnabled: true, policies });
  }

  private async effects(
    organization: OrganizationId,
    before: Settings,
    after: Settings,
  ): Promise<Effects> {
    const sql = previewSql(this.schema, organization, before, after);
    const [users, groups, teams, locks] = await Promise.all([
      this.pool.query<Counted<UserEffect>>(sql.users.text, [...sql.users.values]),
      this.pool.query<Counted<GroupEffect>>(sql.groups.text, [...sql.groups.values]),
      this.pool.query<Counted<TeamEffect>>(sql.teams.text, [...sql.teams.values]),
      this.pool.query<Counted<LockEffect>>(sql.locks.text, [...sql.locks.values]),
    ]);
    return {
      users: cappedOf(users.rows, ({ id, userName, effect }) => ({ id, userName, effect })),
      groups: cappedOf(groups.rows, ({ id, displayName, effect }) => ({ id, displayName, effect })),
      teams: cappedOf(teams.rows, ({ id, name, effect }) => ({ id, name, effect })),
      locks: cappedOf(locks.rows, ({ kind, id, name, effect }) => ({ kind, id, name, effect })),
    };
  }
}
