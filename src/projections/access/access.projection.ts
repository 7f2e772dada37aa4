import type { DomainEvent, EventMetadata } from '../../domain/events.js';
import type { RecordedEvent } from '../../event-store/event-store.js';
import type { Projection, ProjectionTarget } from '../projection.js';

const accessTables = (schema: string): string => `
  CREATE TABLE ${schema}.organizations (
    organization text COLLATE "C" PRIMARY KEY,
    display_name text NOT NULL,
    created_at text NOT NULL,
    sync_enabled boolean NOT NULL DEFAULT false,
    sync_changed_at text,
    policies jsonb NOT NULL DEFAULT '{}'
  );
  CREATE TABLE ${schema}.tokens (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    hash text NOT NULL,
    issued_at text NOT NULL,
    issued_by text NOT NULL,
    expires_at text,
    revoked_at text,
    PRIMARY KEY (organization, id)
  );
  CREATE TABLE ${schema}.api_keys (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    hash text NOT NULL UNIQUE,
    role text NOT NULL,
    -- null: every one
    organization text COLLATE "C",
    issued_at text NOT NULL,
    issued_by text NOT NULL,
    revoked_at text
  );
`;

/** Who may come in and do what: tokens and keys by their hashes, and whether an organization's SCIM is on. */
export class AccessProjection implements Projection {
  readonly name = 'access';
  readonly version = 2;
  readonly tables = accessTables;

  async apply(events: readonly RecordedEvent[], target: ProjectionTarget): Promise<void> {
    for (const { event, metadata } of events) {
      const statement = statementFor(event, metadata, target.schema);
      if (statement) await target.client.query(statement.text, [...statement.values]);
    }
  }
}

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

function statementFor(
  event: DomainEvent,
  { organization, occurredAt, actor }: EventMetadata,
  schema: string,
): Statement | undefined {
  switch (event.type) {
    case 'OrganizationCreated':
      return {
        text: `INSERT INTO ${schema}.organizations (organization, display_name, created_at)
               VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
        values: [organization, event.displayName, occurredAt],
      };
    case 'SyncEnabled':
    case 'SyncDisabled':
      return {
        text: `UPDATE ${schema}.organizations SET sync_enabled = $2, sync_changed_at = $3
               WHERE organization = $1`,
        values: [organization, event.type === 'SyncEnabled', occurredAt],
      };
    case 'PolicyChanged':
      return {
        text: `UPDATE ${schema}.organizations SET policies = policies || $2::jsonb
               WHERE organization = $1`,
        values: [organization, JSON.stringify({ [event.policy]: event.value })],
      };
    case 'TokenIssued':
      return {
        text: `INSERT INTO ${schema}.tokens
                 (organization, id, name, hash, issued_at, issued_by, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
        values: [
          organization,
          event.tokenId,
          event.name,
          event.hash,
          occurredAt,
          actor,
          event.expiresAt,
        ],
      };
    case 'TokenRevoked':
      return {
        text: `UPDATE ${schema}.tokens SET revoked_at = $3 WHERE organization = $1 AND id = $2`,
        values: [organization, event.tokenId, occurredAt],
      };
    case 'ApiKeyIssued':
      return {
        text: `INSERT INTO ${schema}.api_keys (id, name, hash, role, organization, issued_at, issued_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (id) DO UPDATE
               SET name = excluded.name, role = excluded.role, organization = excluded.organization,
                   issued_at = excluded.issued_at, issued_by = excluded.issued_by, revoked_at = NULL`,
        values: [
          event.keyId,
          event.name,
          event.hash,
          event.role,
          event.organization,
          occurredAt,
          actor,
        ],
      };
    case 'ApiKeyRevoked':
      return {
        text: `UPDATE ${schema}.api_keys SET revoked_at = $2 WHERE id = $1`,
        values: [event.keyId, occurredAt],
      };
    default:
      return undefined;
  }
}
