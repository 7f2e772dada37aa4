import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log of SCIM requests and the signs of life of their senders: side tables that no event can rebuild. */
export class ScimRequests1700000000003 implements MigrationInterface {
  readonly name = 'ScimRequests1700000000003';

  /**
   * merge_key: requests that share it share a row. facts: what the answer of the management API shows and nothing
   * looks for. resource_ids: whom the request was about, found by their ids.
   */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE operations.scim_requests (
        sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        merge_key text COLLATE "C" NOT NULL UNIQUE,
        id uuid NOT NULL,
        organization text COLLATE "C",
        occurred_at timestamptz NOT NULL,
        last_at timestamptz NOT NULL,
        count integer NOT NULL,
        token_id text COLLATE "C",
        method text NOT NULL,
        resource_type text,
        resource_ids text[] COLLATE "C" NOT NULL,
        status smallint NOT NULL,
        outcome text NOT NULL,
        correlation_id text COLLATE "C" NOT NULL,
        source_ip text,
        user_agent text,
        duration_ms integer NOT NULL,
        facts jsonb NOT NULL
      )`);
    await runner.query(
      'CREATE INDEX scim_requests_by_organization ON operations.scim_requests (organization, sequence)',
    );
    await runner.query(
      'CREATE INDEX scim_requests_by_time ON operations.scim_requests (occurred_at)',
    );
    await runner.query(
      'CREATE INDEX scim_requests_by_correlation ON operations.scim_requests (correlation_id)',
    );
    await runner.query(
      'CREATE INDEX scim_requests_by_resource ON operations.scim_requests USING gin (resource_ids)',
    );
    await runner.query(`
      CREATE TABLE operations.scim_heartbeats (
        organization text COLLATE "C" PRIMARY KEY,
        last_request_at timestamptz NOT NULL,
        last_change_at timestamptz
      ) WITH (fillfactor = 50)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE operations.scim_heartbeats');
    await runner.query('DROP TABLE operations.scim_requests');
  }
}
