import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import type { ApiKeyId, OrganizationId, TokenId } from '../../domain/identifiers.js';
import { LEASE_MS } from '../../domain/lease.js';

const TOKEN = /^scim_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const CACHED_CREDENTIALS = 10_000;
const NO_HASH = '0'.repeat(64);

/** What a bearer token opens. */
export interface TokenAccess {
  readonly tokenId: TokenId;
  readonly organization: OrganizationId;
  readonly syncEnabled: boolean;
}

export interface OrganizationRow {
  readonly organization: OrganizationId;
  readonly displayName: string;
  readonly createdAt: string;
  readonly syncEnabled: boolean;
  /** When SCIM was last turned on or off; null when it never was. */
  readonly syncChangedAt: string | null;
  readonly policies: Readonly<Record<string, unknown>>;
}

export interface TokenRow {
  readonly id: TokenId;
  readonly name: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly lastUsedBy: string | null;
}

interface StoredToken {
  readonly hash: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly sync_enabled: boolean;
}

/** Bearer token → organization, api key → permissions. What it answers is at most LEASE_MS old. */
export class AccessQueries {
  private readonly tokens = new LRUCache<string, Promise<StoredToken | undefined>>({
    max: CACHED_CREDENTIALS,
    ttl: LEASE_MS,
    ttlResolution: 0,
  });
  private readonly keys = new LRUCache<string, Promise<{ id: ApiKeyId } | undefined>>({
    max: CACHED_CREDENTIALS,
    ttl: LEASE_MS,
    ttlResolution: 0,
  });

  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {}

  /** What the token opens of this organization; undefined for a token that is unknown, foreign, expired or revoked. */
  async authenticate(
    organization: OrganizationId,
    bearer: string,
    now: number,
  ): Promise<TokenAccess | undefined> {
    // What PostgreSQL cannot even compare is nobody's organization.
    if (organization.includes('\0')) return undefined;
    const [, tokenId, secret = ''] = TOKEN.exec(bearer) ?? [];
    const key = `${organization} ${tokenId ?? ''}`;
    let reading = this.tokens.get(key);
    if (!reading) {
      reading = this.readToken(organization, tokenId ?? '');
      this.tokens.set(key, reading);
      reading.catch(() => this.tokens.delete(key));
    }
    const stored = await reading;
    const proven = sameHash(hashOf(secret), stored?.hash ?? NO_HASH);
    if (!stored || !proven || tokenId === undefined || stored.revoked_at !== null) return undefined;
    if (stored.expires_at !== null && Date.parse(stored.expires_at) <= now) return undefined;
    return { tokenId: tokenId as TokenId, organization, syncEnabled: stored.sync_enabled };
  }

  async authenticateKey(bearer: string): Promise<{ readonly id: ApiKeyId } | undefined> {
    const hash = hashOf(bearer);
    let reading = this.keys.get(hash);
    if (!reading) {
      reading = this.readKey(hash);
      this.keys.set(hash, reading);
      reading.catch(() => this.keys.delete(hash));
    }
    return reading;
  }

  /** The keys that are valid. */
  async apiKeys(): Promise<readonly { readonly id: ApiKeyId; readonly name: string }[]> {
    const { rows } = await this.pool.query<{ id: ApiKeyId; name: string }>(
      `SELECT id, name FROM ${this.schema}.api_keys WHERE revoked_at IS NULL ORDER BY issued_at, id`,
    );
    return rows;
  }

  async organization(organization: OrganizationId): Promise<OrganizationRow | undefined> {
    const { rows } = await this.pool.query<OrganizationRow>(
      `${this.organizationColumns()} WHERE organization = $1`,
      [organization],
    );
    return rows[0];
  }

  /** Organizations by name, after `after`. */
  async organizations(after: string, limit: number): Promise<readonly OrganizationRow[]> {
    const { rows } = await this.pool.query<OrganizationRow>(
      `${this.organizationColumns()} WHERE organization > $1 ORDER BY organization LIMIT $2`,
      [after, limit],
    );
    return rows;
  }

  /** The tokens of an organization that were not revoked, oldest first. */
  async tokensOf(organization: OrganizationId): Promise<readonly TokenRow[]> {
    const { rows } = await this.pool.query<TokenRow>(
      `SELECT t.id, t.name, t.issued_at AS "createdAt", t.issued_by AS "createdBy", t.expires_at AS "expiresAt",
              to_char(u.last_used_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "lastUsedAt",
              u.last_used_by AS "lastUsedBy"
       FROM ${this.schema}.tokens t
       LEFT JOIN operations.token_usage u ON u.organization = t.organization AND u.token_id = t.id
       WHERE t.organization = $1 AND t.revoked_at IS NULL ORDER BY t.issued_at, t.id`,
      [organization],
    );
    return rows;
  }

  /** Resolves when the database answers. */
  async ping(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  private organizationColumns(): string {
    return `SELECT organization, display_name AS "displayName", created_at AS "createdAt",
                   sync_enabled AS "syncEnabled", sync_changed_at AS "syncChangedAt", policies
            FROM ${this.schema}.organizations`;
  }

  private async readToken(
    organization: OrganizationId,
    tokenId: string,
  ): Promise<StoredToken | undefined> {
    const { rows } = await this.pool.query<StoredToken>({
      name: 'access-token',
      text: `SELECT t.hash, t.expires_at, t.revoked_at, o.sync_enabled
             FROM ${this.schema}.tokens t JOIN ${this.schema}.organizations o USING (organization)
             WHERE t.organization = $1 AND t.id = $2`,
      values: [organization, tokenId],
    });
    return rows[0];
  }

  private async readKey(hash: string): Promise<{ id: ApiKeyId } | undefined> {
    const { rows } = await this.pool.query<{ id: ApiKeyId; hash: string }>({
      name: 'access-key',
      text: `SELECT id, hash FROM ${this.schema}.api_keys WHERE hash = $1 AND revoked_at IS NULL`,
      values: [hash],
    });
    const [row] = rows;
    return row && sameHash(row.hash, hash) ? { id: row.id } : undefined;
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const sameHash = (left: string, right: string): boolean =>
  timingSafeEqual(Buffer.from(left, 'hex'), Buffer.from(right, 'hex'));
