/** The attributes by which providers look up; their values may be longer than what an index can hold. */
export const indexedAttributes = {
  users: ['userName', 'externalId'],
  groups: ['displayName', 'externalId'],
} as const;

/** SQL text for what an index holds of a text: enough to tell values apart, and always small enough for its page. */
export const indexedPart = (text: string): string => `left(${text}, 200)`;

const lookupIndexes = (schema: string, table: keyof typeof indexedAttributes): string =>
  indexedAttributes[table]
    .map((name) => {
      const part = indexedPart(`search ->> '${name}'`);
      return `CREATE INDEX ${table}_by_${name.toLowerCase()} ON ${schema}.${table} (organization, (${part} COLLATE "C"));`;
    })
    .join('\n  ');

/** @param fillfactor in percent: the rest of a page is left for rows that change often */
const resourceTable = (
  schema: string,
  table: keyof typeof indexedAttributes,
  fillfactor: number,
): string => `
  CREATE TABLE ${schema}.${table} (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    -- position of the event that created it: the order of lists
    sequence bigint NOT NULL,
    -- revision of the last event applied, and of the last that changed what is seen
    revision integer NOT NULL,
    version integer NOT NULL,
    created_at text NOT NULL,
    modified_at text NOT NULL,
    resource json NOT NULL,
    search jsonb NOT NULL,
    PRIMARY KEY (organization, id)
  ) WITH (fillfactor = ${fillfactor});
  CREATE INDEX ${table}_sequence ON ${schema}.${table} (organization, sequence);
  ${lookupIndexes(schema, table)}`;

/**
 * The tables that serve SCIM reads. `resource` is what the client stated; `search` the same with every value in the
 * form in which filters and sorts compare it. Both depend on the log alone.
 */
export const directoryTables = (schema: string): string => `
  CREATE TABLE ${schema}.organizations (
    organization text COLLATE "C" PRIMARY KEY,
    following boolean NOT NULL,
    -- what the organization's directory has seen of the log, while it does not follow
    position bigint NOT NULL
  ) WITH (fillfactor = 50);

  -- apart from organizations, because every batch changes it
  CREATE TABLE ${schema}.counts (
    organization text COLLATE "C" PRIMARY KEY,
    users bigint NOT NULL DEFAULT 0,
    groups bigint NOT NULL DEFAULT 0,
    -- position of the last deletion: as long as it stands, what came first in a list still comes first
    users_deleted_at bigint NOT NULL DEFAULT 0,
    groups_deleted_at bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 10);

  ${resourceTable(schema, 'users', 85)}
  ${resourceTable(schema, 'groups', 50)}

  CREATE TABLE ${schema}.members (
    organization text COLLATE "C" NOT NULL,
    group_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, group_id, user_id)
  );
  CREATE INDEX members_user ON ${schema}.members (organization, user_id, group_id);

  -- who is in the stream of a group and no user any more: the list that the policy reactor works off
  CREATE TABLE ${schema}.former_members (
    organization text COLLATE "C" NOT NULL,
    group_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, group_id, user_id)
  );
`;
