import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The upper 16 bits ("RC") of the advisory locks with which appenders publish their lower bound. */
const FENCE_TAG = 0x5243;

/**
 * Schema `log`: streams, events, and the functions that are the only way to them.
 *
 * Why no reader ever misses an event: an appender holds an advisory lock that names the sequence's last value, and
 * only then draws positions, so everything it will write stands above that bound. `read_all` notes the last value,
 * then looks for the lowest bound, then reads up to the lower of the two. An appender it did not see among the locks
 * has either committed, or will draw above the noted value. Each step needs a snapshot of its own, which is what a
 * VOLATILE function gives its statements at READ COMMITTED, and only there.
 */
export class EventLog1700000000001 implements MigrationInterface {
  readonly name = 'EventLog1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(IMMUTABILITY);
    await runner.query(APPEND);
    await runner.query(FENCE);
    await runner.query(READ_ALL);
    await runner.query(READ_ORGANIZATION);
    await runner.query(READ_STREAMS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA log CASCADE');
  }
}

/*
 * positions: CACHE 1, because a cached value would be drawn below the published bound; 48 bits, because the bound
 * shares the lock's key with the tag; 0 is drawn here, so that last_value is always a position already taken.
 *
 * events has no foreign key to streams: its check would lock a row per event, and append is the only writer.
 * unchecked marks what was appended at any version: only there a repeated append must be found by its ids.
 */
const TABLES = `
CREATE SCHEMA log;

CREATE SEQUENCE log.positions AS bigint MINVALUE 0 MAXVALUE 281474976710655 START 0 CACHE 1;
SELECT nextval('log.positions');

CREATE SEQUENCE log.stream_numbers AS bigint;

CREATE TABLE log.streams (
  stream_no bigint PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  organization text,
  revision bigint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE log.events (
  position bigint PRIMARY KEY,
  stream_no bigint NOT NULL,
  revision bigint NOT NULL,
  event_id uuid NOT NULL,
  type text NOT NULL,
  organization text,
  unchecked boolean NOT NULL,
  data json NOT NULL,
  metadata json NOT NULL,
  recorded_at timestamptz NOT NULL,
  UNIQUE (stream_no, revision)
);

CREATE INDEX events_by_organization ON log.events (organization, position)
  WHERE organization IS NOT NULL;
CREATE UNIQUE INDEX unchecked_events_by_id ON log.events (stream_no, event_id) WHERE unchecked;
`;

const IMMUTABILITY = `
CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER events_are_facts BEFORE UPDATE OR DELETE ON log.events
  FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER events_stay BEFORE TRUNCATE ON log.events
  FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
`;

/*
 * The functions' planner settings: their plans are cached from a time when the tables were empty, and must still be
 * right when they are large. Only index look-ups in nested loops are.
 */
const INDEX_LOOKUPS_ONLY = `
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off`;

/*
 * A batch holds items (what one caller appends, all or none), items hold parts (one stream each, no stream twice in a
 * batch), parts hold events, in order. Lists of text arrive as one string joined by U+001E, which JSON text cannot
 * contain unescaped: splitting that is cheaper than parsing an array literal full of quotes.
 *
 *   items[part]      number of the part's item, from 1
 *   expected[part]   revision; -1 no stream; -2 any
 *   firsts[part]     index of the part's first event; sizes[part] their count
 *   parts[event]     number of the event's part
 *
 * Answers one row per part, in order. outcome: appended; repeated (the same ids stand where this append would have put
 * them, positions are the original ones); refused (actual is the revision, -1 without a stream); withheld (would have
 * been appended, but another part of its item was refused).
 *
 * Stream rows are taken in the order of their names, new ones before old ones. A transaction that waits for a new name
 * holds only lower new names, and one that waits for an old name no longer waits for new ones: no cycle can close.
 */
const APPEND = `
CREATE FUNCTION log.append(
  items int[], stream_names text, expected bigint[], firsts int[], sizes int[],
  parts int[], event_ids text, types text, organizations text, bodies text, metadata text
) RETURNS TABLE (outcome text, actual bigint, last_position bigint)
LANGUAGE plpgsql VOLATILE ${INDEX_LOOKUPS_ONLY}
AS $$
#variable_conflict use_variable
DECLARE
  names text[] := string_to_array(stream_names, E'\\x1e');
  ids uuid[] := string_to_array(event_ids, E'\\x1e')::uuid[];
  tenants text[] := string_to_array(organizations, E'\\x1e', '');
  part_count int := cardinality(names);
  numbers bigint[] := array_fill(0::bigint, ARRAY[part_count]);
  actuals bigint[] := array_fill(-1::bigint, ARRAY[part_count]);
  verdicts text[] := array_fill('refused'::text, ARRAY[part_count]);
  last_positions bigint[] := array_fill(0::bigint, ARRAY[part_count]);
  accepted boolean[] := array_fill(true, ARRAY[part_count]);
  repeated boolean[] := array_fill(true, ARRAY[part_count]);
  writes boolean[] := array_fill(true, ARRAY[part_count]);
  proposed bigint[];
  drawn bigint[];
  held record;
  base bigint;
  matches bigint;
  last_match bigint;
BEGIN
  PERFORM pg_advisory_xact_lock_shared((${FENCE_TAG}::bigint << 48) | p.last_value)
    FROM log.positions p;

  proposed := ARRAY(
    SELECT CASE WHEN e < 0 THEN nextval('log.stream_numbers') ELSE 0 END FROM unnest(expected) e);

  INSERT INTO log.streams (stream_no, name, organization, revision)
    SELECT proposed[p.part], p.name, tenants[firsts[p.part]], sizes[p.part] - 1
      FROM unnest(names) WITH ORDINALITY p (name, part)
     WHERE expected[p.part] < 0
     ORDER BY p.name COLLATE "C"
    ON CONFLICT (name) DO NOTHING;

  FOR held IN
    SELECT p.part, s.stream_no, s.revision
      FROM (SELECT * FROM unnest(names) WITH ORDINALITY u (name, part) ORDER BY u.name COLLATE "C") p
     CROSS JOIN LATERAL (
       SELECT t.stream_no, t.revision FROM log.streams t WHERE t.name = p.name FOR NO KEY UPDATE) s
  LOOP
    numbers[held.part] := held.stream_no;
    IF held.stream_no = proposed[held.part] THEN
      verdicts[held.part] := 'fits';
      CONTINUE;
    END IF;
    actuals[held.part] := held.revision;
    base := expected[held.part];
    IF base = held.revision THEN
      verdicts[held.part] := 'fits';
      CONTINUE;
    END IF;
    IF base = -2 THEN
      SELECT min(e.revision) - 1 INTO base FROM log.events e
       WHERE e.stream_no = held.stream_no AND e.unchecked
         AND e.event_id = ANY (ids[firsts[held.part] : firsts[held.part] + sizes[held.part] - 1]);
      IF base IS NULL THEN
        verdicts[held.part] := 'fits';
        CONTINUE;
      END IF;
    END IF;
    SELECT count(*), max(e.position) INTO matches, last_match FROM log.events e
     WHERE e.stream_no = held.stream_no
       AND e.revision BETWEEN base + 1 AND base + sizes[held.part]
       AND e.event_id = ids[firsts[held.part] + e.revision - base - 1];
    IF matches = sizes[held.part] THEN
      verdicts[held.part] := 'repeated';
      actuals[held.part] := base + sizes[held.part];
      last_positions[held.part] := last_match;
    END IF;
  END LOOP;

  FOR part IN 1 .. part_count LOOP
    accepted[items[part]] := accepted[items[part]] AND verdicts[part] = 'fits';
    repeated[items[part]] := repeated[items[part]] AND verdicts[part] = 'repeated';
  END LOOP;
  FOR part IN 1 .. part_count LOOP
    writes[part] := accepted[items[part]];
    verdicts[part] := CASE
      WHEN writes[part] THEN 'appended'
      WHEN repeated[items[part]] THEN 'repeated'
      WHEN verdicts[part] = 'fits' THEN 'withheld'
      ELSE 'refused' END;
  END LOOP;

  UPDATE log.streams s SET revision = s.revision + sizes[p.part]
    FROM unnest(numbers) WITH ORDINALITY p (stream_no, part)
   WHERE s.stream_no = p.stream_no AND writes[p.part] AND p.stream_no <> proposed[p.part];
  IF 'withheld' = ANY (verdicts) THEN
    DELETE FROM log.streams s USING unnest(numbers) WITH ORDINALITY p (stream_no, part)
     WHERE s.stream_no = p.stream_no AND NOT writes[p.part] AND p.stream_no = proposed[p.part];
  END IF;

  drawn := ARRAY(SELECT CASE WHEN writes[p] THEN nextval('log.positions') ELSE 0 END FROM unnest(parts) p);
  INSERT INTO log.events
      (position, stream_no, revision, event_id, type, organization, unchecked, data, metadata, recorded_at)
    SELECT e.position, numbers[e.part], actuals[e.part] + e.index - firsts[e.part] + 1, e.id, e.type,
           e.organization, expected[e.part] = -2, e.body::json, e.metadata::json, clock_timestamp()
      FROM unnest(drawn, parts, ids, string_to_array(types, E'\\x1e'), tenants,
                  string_to_array(bodies, E'\\x1e'), string_to_array(metadata, E'\\x1e'))
           WITH ORDINALITY e (position, part, id, type, organization, body, metadata, index)
     WHERE writes[e.part];

  RETURN QUERY
    SELECT verdicts[p], actuals[p] + CASE WHEN writes[p] THEN sizes[p] ELSE 0 END,
           CASE WHEN writes[p] THEN drawn[firsts[p] + sizes[p] - 1] ELSE last_positions[p] END
      FROM generate_series(1, part_count) p;
END
$$;
`;

/*
 * fence: every event at or below it is visible to the next statement, or never will be. drawn: the last position that
 * was taken when the function began.
 */
const FENCE = `
CREATE FUNCTION log.fence(OUT fence bigint, OUT drawn bigint)
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the log is read at READ COMMITTED: the fence needs a new snapshot per statement';
  END IF;
  SELECT p.last_value INTO drawn FROM log.positions p;
  SELECT least(drawn, min(((l.classid::bigint & 65535) << 32) | l.objid::bigint)) INTO fence
    FROM pg_locks l
   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
     AND l.classid::bigint >> 16 = ${FENCE_TAG}
     AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
END
$$;
`;

/*
 * A page ends early after max_bytes of JSON text, so that a page of large events fits in memory; it holds at least one
 * event if there is one. The first test spares an idle poll the scan of the locks.
 */
const READ_ALL = `
CREATE FUNCTION log.read_all(after bigint, max_events int, max_bytes bigint)
RETURNS TABLE (log_position bigint, stream text, revision bigint, event_id uuid, type text, data json, metadata json)
LANGUAGE plpgsql VOLATILE ${INDEX_LOOKUPS_ONLY}
AS $$
DECLARE
  up_to bigint;
BEGIN
  PERFORM FROM log.positions p WHERE p.last_value > after;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT f.fence INTO up_to FROM log.fence() f;
  FOR log_position, stream, revision, event_id, type, data, metadata IN
    SELECT e.position, (SELECT s.name FROM log.streams s WHERE s.stream_no = e.stream_no),
           e.revision, e.event_id, e.type, e.data, e.metadata
      FROM log.events e
     WHERE e.position > after AND e.position <= up_to
     ORDER BY e.position
     LIMIT max_events
  LOOP
    RETURN NEXT;
    max_bytes := max_bytes - octet_length(data::text);
    EXIT WHEN max_bytes <= 0;
  END LOOP;
END
$$;
`;

/* Reads without a fence: the caller has made sure that nothing can still appear at or below up_to. */
const READ_ORGANIZATION = `
CREATE FUNCTION log.read_organization(
  tenant text, after bigint, up_to bigint, max_events int, max_bytes bigint)
RETURNS TABLE (log_position bigint, stream text, revision bigint, event_id uuid, type text, data json, metadata json)
LANGUAGE plpgsql STABLE ${INDEX_LOOKUPS_ONLY}
AS $$
BEGIN
  FOR log_position, stream, revision, event_id, type, data, metadata IN
    SELECT e.position, (SELECT s.name FROM log.streams s WHERE s.stream_no = e.stream_no),
           e.revision, e.event_id, e.type, e.data, e.metadata
      FROM log.events e
     WHERE e.organization = tenant AND e.position > after AND e.position <= up_to
     ORDER BY e.position
     LIMIT max_events
  LOOP
    RETURN NEXT;
    max_bytes := max_bytes - octet_length(data::text);
    EXIT WHEN max_bytes <= 0;
  END LOOP;
END
$$;
`;

const READ_STREAMS = `
CREATE FUNCTION log.read_streams(stream_names text, from_revisions bigint[], max_events int)
RETURNS TABLE (request bigint, log_position bigint, revision bigint, event_id uuid, type text, data json, metadata json)
LANGUAGE plpgsql STABLE ${INDEX_LOOKUPS_ONLY}
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
    SELECT r.request, e.position, e.revision, e.event_id, e.type, e.data, e.metadata
      FROM unnest(string_to_array(stream_names, E'\\x1e'), from_revisions)
           WITH ORDINALITY r (name, from_revision, request)
     CROSS JOIN LATERAL (SELECT s.stream_no FROM log.streams s WHERE s.name = r.name OFFSET 0) s
     CROSS JOIN LATERAL (
       SELECT e.* FROM log.events e
        WHERE e.stream_no = s.stream_no AND e.revision >= r.from_revision
        ORDER BY e.revision
        LIMIT max_events) e;
END
$$;
`;
