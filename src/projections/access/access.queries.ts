import { createHash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import type { ApiKeyRole } from '../../domain/events.js';
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
  /** As recorded; the same object for as long as nothing was read anew. */
  readonly policies: Readonly<Record<string, unknown>>;
}

/** Why a bearer token opens nothing: for the log of requests; its bearer must not learn it. */
export type TokenRefusal =
  'organization-unknown' | 'token-unknown' | 'token-expired' | 'token-revoked';

/** What an API key opens. */
export interface KeyAccess {
  readonly id: ApiKeyId;
  readonly role: ApiKeyRole;
  /** The only organization that the key opens; null: every one. */
  readonly organization: OrganizationId | null;
}

export interface ApiKeyRow extends KeyAccess {
  readonly name: string;
  readonly createdAt: string;
  readonly createdBy: string;
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

/** An organization with one of its tokens, or without when it has no such token. */
interface StoredToken {
  readonly hash: string | null;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly sync_enabled: boolean;
  readonly policies: Readonly<Record<string, unknown>>;
}

/** Bearer token → organization, api key → permissions. What it answers is at most LEASE_MS old. */
export class AccessQueries {
  private readonly tokens = new LRUCache<string, Promise<StoredToken | undefined>>({
    max: CACHED_CREDENTIALS,
    ttl: LEASE_MS,
    ttlResolution: 0,
  });
  private readonly keys = new LRUCache<string, Promise<KeyAccess | undefined>>({
    max: CACHED_CREDENTIALS,
    ttl: LEASE_MS,
    ttlResolution: 0,
  });

  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {}

  /** What the token opens of this organization. A token of another organization is unknown. */
  async authenticate(
    organization: OrganizationId,
    bearer: string,
    now: number,
  ): Promise<TokenAccess | { readonly refused: TokenRefusal }> {
    // What PostgreSQL cannot even compare is nobody's organization.
    if (organization.includes('\0')) return { refused: 'organization-unknown' };
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
    if (!stored) return { refused: 'organization-unknown' };
    if (!proven || tokenId === undefined) return { refused: 'token-unknown' };
    if (stored.revoked_at !== null) return { refused: 'token-revoked' };
    if (stored.expires_at !== null && Date.parse(stored.expires_at) <= now) {
      return { refused: 'token-expired' };
    }
    const { sync_enabled: syncEnabled, policies } = stored;
    return { tokenId: tokenId as TokenId, organization, syncEnabled, policies };
  }

  async authenticateKey(bearer: string): Promise<KeyAccess | undefined> {
    const hash = hashOf(bearer);
    let reading = this.keys.get(hash);
    if (!reading) {
      reading = this.readKey(hash);
      this.keys.set(hash, reading);
      reading.catch(() => this.keys.delete(hash));
    }
    return reading;
  }

  /** The keys that are valid, oldest first: those that open this organization only; null: all there are. */
  async apiKeys(organization: OrganizationId | null): Promise<readonly ApiKeyRow[]> {
    const { rows } = await this.pool.query<ApiKeyRow>(
      `${this.apiKeyColumns()} WHERE revoked_at IS NULL AND ($1::text IS NULL OR organization = $1)
       ORDER BY issued_at, id`,
      [organization],
    );
    return rows;
  }

  /** The key, also one that was revoked. */
  async apiKey(id: ApiKeyId): Promise<ApiKeyRow | undefined> {
    const { rows } = await this.pool.query<ApiKeyRow>(`${this.apiKeyColumns()} WHERE id = $1`, [
      id,
    ]);
    return rows[0];
  }

  async organization(organization: OrganizationId): Promise<OrganizationRow | undefined> {
    const { rows } = await this.pool.query<OrganizationRow>(
      `${this.organizationColumns()} WHERE organization = $1`,
      [organization],
    );
    return rows[0];
  }

  /** Organizations by name, after `after`: this one only; null: all there are. */
  async organizations(
    only: OrganizationId | null,
    after: string,
    limit: number,
  ): Promise<readonly OrganizationRow[]> {
    const { rows } = await this.pool.query<OrganizationRow>(
      `${this.organizationColumns()} WHERE organization > $1 AND ($2::text IS NULL OR organization = $2)
       ORDER BY organization LIMIT $3`,
      [after, only, limit],
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

  private apiKeyColumns(): string {
    return `SELECT id, name, role, organization, issued_at AS "createdAt", issued_by AS "createdBy"
            FROM ${this.schema}.api_keys`;
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
      text: `SELECT t.hash, t.expires_at, t.revoked_at, o.sync_enabled, o.policies
             FROM ${this.schema}.organizations o
             LEFT JOIN ${this.schema}.tokens t ON t.organization = o.organization AND t.id = $2
             WHERE o.organization = $1`,
      values: [organization, tokenId],
    });
    return rows[0];
  }

  private async readKey(hash: string): Promise<KeyAccess | undefined> {
    const { rows } = await this.pool.query<KeyAccess & { readonly hash: string }>({
      name: 'access-key',
      text: `SELECT id, hash, role, organization FROM ${this.schema}.api_keys
             WHERE hash = $1 AND revoked_at IS NULL`,
      values: [hash],
    });
    const [row] = rows;
    if (!row || !sameHash(row.hash, hash)) return undefined;
    const { id, role, organization } = row;
    return { id, role, organization };
  }
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const sameHash = (left: string, right: string): boolean =>
  timingSafeEqual(Buffer.from(left, 'hex'), Buffer.from(right, 'hex'));
