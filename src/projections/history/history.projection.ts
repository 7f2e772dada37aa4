import type { RecordedEvent } from '../../event-store/event-store.js';
import type { Projection, ProjectionTarget } from '../projection.js';
import { sentenceOf } from './sentence.js';
import { othersIn, subjectOf, type Subject } from './subject.js';

const historyTables = (schema: string): string => `
  CREATE TABLE ${schema}.events (
    -- empty for facts about the installation
    organization text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    occurred_at text NOT NULL,
    type text NOT NULL,
    actor text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text COLLATE "C" NOT NULL,
    subject_name text,
    sentence text NOT NULL,
    -- ids of the users, groups and teams besides its subject that the event is about
    others text[],
    correlation_id text NOT NULL,
    PRIMARY KEY (organization, position)
  );
  CREATE INDEX events_subject ON ${schema}.events (organization, subject_id, position);

  -- what things are called, as of the checkpoint
  CREATE TABLE ${schema}.names (
    organization text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    -- of the event that gave the name
    position bigint NOT NULL,
    PRIMARY KEY (organization, kind, id)
  );
`;

interface Told {
  readonly recorded: RecordedEvent;
  readonly subject: Subject;
}

/** An event with what its subject was called when it happened. */
interface Entry extends Told {
  readonly name: string | null;
}

/** Who did what, when, to whom: a row for every event. */
export class HistoryProjection implements Projection {
  readonly name = 'history';
  readonly version = 4;
  readonly tables = historyTables;

  async apply(events: readonly RecordedEvent[], target: ProjectionTarget): Promise<void> {
    if (events.length === 0) return;
    const told = events.map((recorded) => ({
      recorded,
      subject: subjectOf(recorded.event, recorded.stream),
    }));
    const names = await loadNames(told, target);
    const fresh = new Map<string, readonly string[]>();
    const entries = told.map((each): Entry => {
      const { recorded, subject } = each;
      const key = keyOf(recorded, subject);
      if (subject.name !== null) {
        names.set(key, subject.name);
        const { kind, id, name } = subject;
        fresh.set(key, [
          recorded.metadata.organization ?? '',
          kind,
          id,
          name,
          `${recorded.position}`,
        ]);
      }
      return { ...each, name: names.get(key) ?? null };
    });
    await writeNames([...fresh.values()], target);
    await writeEvents(entries, target);
  }
}

const keyOf = ({ metadata }: RecordedEvent, { kind, id }: Subject): string =>
  `${metadata.organization ?? ''} ${kind} ${id}`;

async function loadNames(
  told: readonly Told[],
  { client, schema }: ProjectionTarget,
): Promise<Map<string, string>> {
  const unnamed = told.filter(({ subject }) => subject.name === null);
  if (unnamed.length === 0) return new Map();
  const { rows } = await client.query<Record<'organization' | 'kind' | 'id' | 'name', string>>({
    name: `${schema}-load-names`,
    text: `SELECT n.organization, n.kind, n.id, n.name
           FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[])) AS w (organization, kind, id)
           JOIN ${schema}.names n USING (organization, kind, id)`,
    values: [
      unnamed.map(({ recorded }) => recorded.metadata.organization ?? ''),
      unnamed.map(({ subject }) => subject.kind),
      unnamed.map(({ subject }) => subject.id),
    ],
  });
  return new Map(
    rows.map(({ organization, kind, id, name }) => [`${organization} ${kind} ${id}`, name]),
  );
}

async function writeNames(
  names: readonly (readonly string[])[],
  { client, schema }: ProjectionTarget,
): Promise<void> {
  if (names.length === 0) return;
  await client.query({
    name: `${schema}-write-names`,
    text: `INSERT INTO ${schema}.names AS n (organization, kind, id, name, position)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
           ON CONFLICT (organization, kind, id) DO UPDATE
           SET name = excluded.name, position = excluded.position WHERE n.position < excluded.position`,
    values: [0, 1, 2, 3, 4].map((column) => names.map((name) => name[column])),
  });
}

async function writeEvents(
  entries: readonly Entry[],
  { client, schema }: ProjectionTarget,
): Promise<void> {
  await client.query({
    name: `${schema}-write-events`,
    text: `INSERT INTO ${schema}.events
             (organization, position, occurred_at, type, actor, subject_kind, subject_id, subject_name, sentence, others, correlation_id)
           SELECT organization, position, occurred_at, type, actor, subject_kind, subject_id, subject_name, sentence,
                  string_to_array(others, ' '), correlation_id
           FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
             AS n (organization, position, occurred_at, type, actor, subject_kind, subject_id, subject_name, sentence, others, correlation_id)
           ON CONFLICT (organization, position) DO NOTHING`,
    values: [
      entries.map(({ recorded }) => recorded.metadata.organization ?? ''),
      entries.map(({ recorded }) => recorded.position.toString()),
      entries.map(({ recorded }) => recorded.metadata.occurredAt),
      entries.map(({ recorded }) => recorded.event.type),
      entries.map(({ recorded }) => recorded.metadata.actor),
      entries.map(({ subject }) => subject.kind),
      entries.map(({ subject }) => subject.id),
      entries.map(({ name }) => name),
      entries.map(({ recorded, subject, name }) => sentenceOf(recorded.event, subject, name)),
      entries.map(({ recorded: { event } }) => othersIn(event).join(' ') || null),
      entries.map(({ recorded }) => recorded.metadata.$correlationId),
    ],
  });
}
