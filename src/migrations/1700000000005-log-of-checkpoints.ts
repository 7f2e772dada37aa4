import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of which log a checkpoint's position is: in another log the same number stands for another place. */
export class LogOfCheckpoints1700000000005 implements MigrationInterface {
  readonly name = 'LogOfCheckpoints1700000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE projections.checkpoints ADD COLUMN log text NOT NULL DEFAULT 'PostgreSQL'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE projections.checkpoints DROP COLUMN log');
  }
}
