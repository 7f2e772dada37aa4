import { halfLinksTable } from './half-links.js';

/** The attributes by which providers look up; their values may be longer than what an index can hold. */
export const indexedAttributes = {
  users: ['userName', 'externalId'],
  groups: ['displayName', 'externalId'],
} as const;

/** SQL text for the addresses in a search document, as an index of users holds them. */
export const indexedEmails = (document: string): string =>
  `jsonb_path_query_array(${document}, '$.emails[*].value')`;

/** What JavaScript's `trim` takes away. */
const WHITE_SPACE = [
  ...[9, 10, 11, 12, 13, 32, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff],
  ...Array.from({ length: 11 }, (_, i) => 0x2000 + i),
];

/** SQL text for a text as `trim` leaves it. */
export const trimmed = (text: string): string =>
  `btrim(${text}, U&'${WHITE_SPACE.map((code) => `\\${code.toString(16).padStart(4, '0')}`).join('')}')`;

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
  ownColumns = '',
): string => `
  CREATE TABLE ${schema}.${table} (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    -- position of the event by which it came to be listed: the order of lists
    sequence bigint NOT NULL,
    -- revision of the last event applied, and of the last that changed what is seen
    revision integer NOT NULL,
    version integer NOT NULL,
    created_at text NOT NULL,
    modified_at text NOT NULL,
    resource json NOT NULL,
    search jsonb NOT NULL,${ownColumns}
    PRIMARY KEY (organization, id)
  ) WITH (fillfactor = ${fillfactor});
  CREATE INDEX ${table}_sequence ON ${schema}.${table} (organization, sequence);
  ${lookupIndexes(schema, table)}`;

const groupColumns = `
    -- the team that it feeds. An external group, which no stream of a group has made, is that team: its revision is -1,
    -- its version the revision, in the stream of the team, of the last event that changed the name
    team_id text COLLATE "C",
    kept_apart boolean NOT NULL,`;

/**
 * The tables that serve SCIM reads. `resource` is what the client stated; `search` the same with every value in the
 * form in which filters and sorts compare it. Both depend on the log alone.
 */
export const directoryTables = (schema: string): string => `
  CREATE TABLE ${schema}.organizations (
    organization text COLLATE "C" PRIMARY KEY,
    following boolean NOT NULL,
    -- what the organization's directory has seen of the log, while it does not follow
    position bigint NOT NULL,
    -- policies, whether it follows or not
    group_mapping text NOT NULL,
    team_sync text NOT NULL,
    -- position of the last event by which all that stood before it was adopted at once
    adopted_through bigint,
    -- the links that the migration to SCIM group sync decided on: a list of {groupId, teamId}
    migrated jsonb,
    -- the rules that name groups: a list of {policy, id, name, key}; the key is the name as search documents have it
    rules jsonb
  ) WITH (fillfactor = 50);

  -- apart from organizations, because every batch changes it
  CREATE TABLE ${schema}.counts (
    organization text COLLATE "C" PRIMARY KEY,
    users bigint NOT NULL DEFAULT 0,
    groups bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 10);

  ${resourceTable(schema, 'users', 85)}
  -- a look-up reads the list of what is pending whole: it stays short
  CREATE INDEX users_by_email ON ${schema}.users USING gin ((${indexedEmails('search')}) jsonb_path_ops)
    WITH (gin_pending_list_limit = 512);

  ${resourceTable(schema, 'groups', 50, groupColumns)}
  CREATE INDEX groups_unlinked ON ${schema}.groups (organization, sequence) WHERE team_id IS NULL AND NOT kept_apart;

  -- whether, and as what, SCIM shows them as external groups
  CREATE TABLE ${schema}.teams (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    -- position of the event that created it
    sequence bigint NOT NULL,
    -- revision of the last event applied, and of the last that changed the name
    revision integer NOT NULL,
    version integer NOT NULL,
    created_at text NOT NULL,
    modified_at text NOT NULL,
    name text NOT NULL,
    archived boolean NOT NULL,
    -- the groups that feed it
    feeders text[] NOT NULL,
    -- position of the event that left it without a group: of its creation, or of its release
    unfed_since bigint NOT NULL,
    -- revision of the deletion of the last group with the team's id
    group_revision integer NOT NULL,
    PRIMARY KEY (organization, id)
  );
  CREATE INDEX teams_external ON ${schema}.teams (organization, sequence) WHERE feeders = '{}' AND NOT archived;
  CREATE INDEX teams_external_by_name ON ${schema}.teams (organization, (${indexedPart(trimmed('name'))} COLLATE "C"))
    WHERE feeders = '{}' AND NOT archived;

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
  ${halfLinksTable(schema)}
`;
