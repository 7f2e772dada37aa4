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
    groups bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 10);

  CREATE TABLE ${schema}.users (
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
  ) WITH (fillfactor = 85);
  CREATE INDEX users_sequence ON ${schema}.users (organization, sequence);
  CREATE INDEX users_user_name ON ${schema}.users (organization, ((search ->> 'userName') COLLATE "C"));
  CREATE INDEX users_external_id ON ${schema}.users (organization, ((search ->> 'externalId') COLLATE "C"));

  CREATE TABLE ${schema}.groups (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    revision integer NOT NULL,
    version integer NOT NULL,
    created_at text NOT NULL,
    modified_at text NOT NULL,
    resource json NOT NULL,
    search jsonb NOT NULL,
    PRIMARY KEY (organization, id)
  ) WITH (fillfactor = 50);
  CREATE INDEX groups_sequence ON ${schema}.groups (organization, sequence);
  CREATE INDEX groups_display_name ON ${schema}.groups (organization, ((search ->> 'displayName') COLLATE "C"));
  CREATE INDEX groups_external_id ON ${schema}.groups (organization, ((search ->> 'externalId') COLLATE "C"));

  CREATE TABLE ${schema}.members (
    organization text COLLATE "C" NOT NULL,
    group_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, group_id, user_id)
  );
  CREATE INDEX members_user ON ${schema}.members (organization, user_id, group_id);
`;
