import type { Pool } from 'pg';
import type { OrganizationId, TokenId } from '../../domain/identifiers.js';

const FLUSH_MS = 1_000;
const LONGEST_CALLER = 200;

interface Use {
  readonly organization: OrganizationId;
  readonly tokenId: TokenId;
  readonly at: number;
  readonly by: string | null;
}

/** When and by which client each token was last used: a side table, written at most once a second, never an event. */
export class TokenUsage {
  private pending = new Map<TokenId, Use>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly pool: Pool,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  /** @param by the caller's User-Agent */
  record(organization: OrganizationId, tokenId: TokenId, at: number, by: string | null): void {
    this.pending.set(tokenId, { organization, tokenId, at, by });
  }

  async flush(): Promise<void> {
    const uses = [...this.pending.values()];
    if (uses.length === 0) return;
    this.pending = new Map();
    try {
      await this.pool.query(
        `INSERT INTO operations.token_usage AS u (organization, token_id, last_used_at, last_used_by)
         SELECT organization, token_id, to_timestamp(at / 1000.0), by
         FROM unnest($1::text[], $2::text[], $3::float8[], $4::text[]) AS n (organization, token_id, at, by)
         ON CONFLICT (organization, token_id) DO UPDATE
         SET last_used_at = greatest(u.last_used_at, excluded.last_used_at), last_used_by = excluded.last_used_by`,
        [
          uses.map(({ organization }) => organization),
          uses.map(({ tokenId }) => tokenId),
          uses.map(({ at }) => at),
          uses.map(({ by }) => by?.slice(0, LONGEST_CALLER) ?? null),
        ],
      );
    } catch (error) {
      this.onFailure(error);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }
}
