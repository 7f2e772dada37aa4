import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which event stands at the mirror's position, by which its log is told from others; null while it is at 0. */
export class LastOfMirror1700000000006 implements MigrationInterface {
  readonly name = 'LastOfMirror1700000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE mirror.checkpoint
        ADD COLUMN stream text COLLATE "C",
        ADD COLUMN revision bigint,
        ADD COLUMN event_id uuid
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE mirror.checkpoint DROP COLUMN stream, DROP COLUMN revision, DROP COLUMN event_id',
    );
  }
}
