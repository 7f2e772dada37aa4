-- Empties everything that is filled from the log, so that the next start fills it anew. The log itself, where it is kept
-- in PostgreSQL, the log of SCIM requests and the times of last use stay. Run it while no instance runs.
DO $$
DECLARE
  generation text;
BEGIN
  IF to_regclass('projections.checkpoints') IS NULL THEN
    RAISE NOTICE 'there are no read models yet';
    RETURN;
  END IF;
  PERFORM set_config('client_min_messages', 'warning', true);
  FOR generation IN SELECT c.generation FROM projections.checkpoints c LOOP
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', generation);
  END LOOP;
  DELETE FROM projections.checkpoints;
  IF to_regclass('mirror.checkpoint') IS NOT NULL THEN
    TRUNCATE mirror.events;
    UPDATE mirror.checkpoint SET position = 0;
  END IF;
END
$$;
