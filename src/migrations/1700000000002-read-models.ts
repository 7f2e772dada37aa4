import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Checkpoints of projection generations, and the side tables that no event can rebuild. */
export class ReadModels1700000000002 implements MigrationInterface {
  readonly name = 'ReadModels1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA projections');
    await runner.query(`
      CREATE TABLE projections.checkpoints (
        generation text PRIMARY KEY,
        position bigint NOT NULL
      ) WITH (fillfactor = 10)`);
    await runner.query('CREATE SCHEMA operations');
    await runner.query(`
      CREATE TABLE operations.token_usage (
        organization text NOT NULL,
        token_id text NOT NULL,
        last_used_at timestamptz NOT NULL,
        last_used_by text,
        PRIMARY KEY (organization, token_id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA operations CASCADE');
    await runner.query('DROP SCHEMA projections CASCADE');
  }
}
