import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Schema `mirror`: the events of organizations in the order of the log, for a log in EventStoreDB, which cannot be asked
 * for one organization. Empty while the log is in PostgreSQL. It may be emptied at any time, with its checkpoint set to
 * 0: it fills again from the log.
 */
export class OrganizationMirror1700000000004 implements MigrationInterface {
  readonly name = 'OrganizationMirror1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE SCHEMA mirror;

      CREATE TABLE mirror.events (
        organization text COLLATE "C" NOT NULL,
        position bigint NOT NULL,
        stream text COLLATE "C" NOT NULL,
        revision bigint NOT NULL,
        event_id uuid NOT NULL,
        type text NOT NULL,
        data json NOT NULL,
        metadata json NOT NULL,
        PRIMARY KEY (organization, position)
      );

      CREATE TABLE mirror.checkpoint (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        position bigint NOT NULL
      );
      INSERT INTO mirror.checkpoint (position) VALUES (0);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA mirror CASCADE');
  }
}
