/** What the administrators' views read. A function of the log alone; what counts when is said by the views. */
export const rosterTables = (schema: string): string => `
  CREATE TABLE ${schema}.organizations (
    organization text COLLATE "C" PRIMARY KEY,
    -- revision of the last event applied, here as in every table
    revision integer NOT NULL,
    sync_enabled boolean NOT NULL DEFAULT false,
    -- as recorded: those never set are left out
    policies jsonb NOT NULL DEFAULT '{}',
    -- the era whose grants by sign-in count; null while none do
    era integer,
    mappings jsonb NOT NULL DEFAULT '[]',
    -- links of the migration that can be rolled back
    migrated jsonb
  );

  CREATE TABLE ${schema}.safeguards (
    organization text COLLATE "C" PRIMARY KEY,
    revision integer NOT NULL,
    -- all null while the identity provider may remove users
    paused_at text,
    removed integer,
    users integer
  );

  CREATE TABLE ${schema}.users (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    revision integer NOT NULL,
    version integer NOT NULL,
    created_at text NOT NULL,
    modified_at text NOT NULL,
    resource json NOT NULL,
    status text NOT NULL,
    -- a deleted user's row stays, with the status of one who left
    deleted boolean NOT NULL,
    synced boolean NOT NULL,
    origin text NOT NULL,
    -- what a sign-in or an administrator gave; null: neither did
    role text,
    role_source text,
    predecessor_id text COLLATE "C",
    -- {attribute: {actor, at}} for what an administrator changed since the identity provider stated it
    overrides json NOT NULL,
    -- userName, displayName and e-mail addresses, folded: what ?q= looks into
    searched text NOT NULL,
    PRIMARY KEY (organization, id)
  ) WITH (fillfactor = 85);
  CREATE INDEX users_sequence ON ${schema}.users (organization, sequence);
  -- few among many: whom views leave out
  CREATE INDEX users_removed ON ${schema}.users (organization, id) WHERE status = 'removed';
  CREATE INDEX users_overridden ON ${schema}.users (organization) WHERE overrides::text <> '{}';

  CREATE TABLE ${schema}.sign_in_grants (
    organization text COLLATE "C" NOT NULL,
    team_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    era integer NOT NULL,
    PRIMARY KEY (organization, team_id, user_id)
  );
  CREATE INDEX sign_in_grants_user ON ${schema}.sign_in_grants (organization, user_id);

  CREATE TABLE ${schema}.groups (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    revision integer NOT NULL,
    display_name text NOT NULL,
    -- the same without spaces at its ends: by which teams are matched
    matched_name text NOT NULL,
    external_id text,
    team_id text COLLATE "C",
    kept_apart boolean NOT NULL DEFAULT false,
    PRIMARY KEY (organization, id)
  ) WITH (fillfactor = 50);
  CREATE INDEX groups_sequence ON ${schema}.groups (organization, sequence);
  CREATE INDEX groups_team ON ${schema}.groups (organization, team_id);

  -- as the groups' streams tell it: also who is disabled or removed; the deleted leave
  CREATE TABLE ${schema}.group_members (
    organization text COLLATE "C" NOT NULL,
    group_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, group_id, user_id)
  );
  CREATE INDEX group_members_user ON ${schema}.group_members (organization, user_id);

  CREATE TABLE ${schema}.teams (
    organization text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    revision integer NOT NULL,
    name text NOT NULL,
    -- the same without spaces at its ends: by which groups are matched
    matched_name text NOT NULL,
    archived boolean NOT NULL DEFAULT false,
    -- the groups that feed it, as the team's own stream tells it; any: the team is synced
    feeders text[] NOT NULL DEFAULT '{}',
    -- null: the name is nobody's override
    name_overridden_at text,
    name_overridden_by text,
    created_at text NOT NULL,
    PRIMARY KEY (organization, id)
  );
  CREATE INDEX teams_sequence ON ${schema}.teams (organization, sequence);
  CREATE INDEX teams_name ON ${schema}.teams (organization, matched_name);

  CREATE TABLE ${schema}.manual_grants (
    organization text COLLATE "C" NOT NULL,
    team_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    override boolean NOT NULL,
    actor text NOT NULL,
    granted_at text NOT NULL,
    PRIMARY KEY (organization, team_id, user_id)
  );
  CREATE INDEX manual_grants_user ON ${schema}.manual_grants (organization, user_id);

  CREATE TABLE ${schema}.exclusions (
    organization text COLLATE "C" NOT NULL,
    team_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    actor text NOT NULL,
    excluded_at text NOT NULL,
    PRIMARY KEY (organization, team_id, user_id)
  );
  CREATE INDEX exclusions_user ON ${schema}.exclusions (organization, user_id);

  CREATE VIEW ${schema}.current_sign_in_grants AS
    SELECT s.organization, s.team_id, s.user_id
    FROM ${schema}.sign_in_grants s
    JOIN ${schema}.organizations o ON o.organization = s.organization AND o.era = s.era
    WHERE o.policies ->> 'teamSync' = 'sign-in';

  -- every reason for which somebody is in a team that is not archived; docs/adr/0013-grants-live-where-they-are-given.md.
  -- Teams are for those who read it to join: a planner without statistics would begin with every team there is.
  CREATE VIEW ${schema}.grants AS
    SELECT v.organization, v.team_id, v.user_id, v.reason
    FROM (
      SELECT g.organization, g.team_id, m.user_id, 'scim' AS reason
      FROM ${schema}.groups g
      JOIN ${schema}.group_members m ON m.organization = g.organization AND m.group_id = g.id
      WHERE g.team_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM ${schema}.exclusions e
        WHERE e.organization = g.organization AND e.team_id = g.team_id AND e.user_id = m.user_id)
      AND NOT EXISTS (
        SELECT FROM ${schema}.organizations o
        WHERE o.organization = g.organization AND o.policies ->> 'teamSync' <> 'scim')
      UNION ALL
      SELECT organization, team_id, user_id, 'manual' FROM ${schema}.manual_grants
      UNION ALL
      SELECT organization, team_id, user_id, 'sign-in' FROM ${schema}.current_sign_in_grants
    ) v
    WHERE NOT EXISTS (
      SELECT FROM ${schema}.users u
      WHERE u.organization = v.organization AND u.id = v.user_id AND u.status = 'removed');
`;
