-- Empties everything that is filled from the log, so that the next start fills it anew. The log itself, where it is kept
-- in PostgreSQL, the log of SCIM requests and the times of last use stay. Run it while no instance runs.
BEGIN;
DO $$
DECLARE
  generation text;
BEGIN
  FOR generation IN SELECT c.generation FROM projections.checkpoints c LOOP
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', generation);
  END LOOP;
END
$$;
DELETE FROM projections.checkpoints;
TRUNCATE mirror.events;
UPDATE mirror.checkpoint SET position = 0;
COMMIT;
