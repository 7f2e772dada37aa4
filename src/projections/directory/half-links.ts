import type { Instant, OrganizationId } from '../../domain/identifiers.js';
import type { ProjectionTarget } from '../projection.js';

/** A link of which an event speaks, in the stream of its group or of its team. */
export interface TouchedLink {
  readonly organization: OrganizationId;
  readonly group: string;
  readonly team: string;
  readonly at: Instant;
}

/** Of which links one of the two streams speaks and the other does not. An append to both streams leaves none. */
export const halfLinksTable = (schema: string): string => `
  CREATE TABLE ${schema}.half_links (
    organization text COLLATE "C" NOT NULL,
    group_id text COLLATE "C" NOT NULL,
    team_id text COLLATE "C" NOT NULL,
    -- when the last event that speaks of it occurred
    since text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, group_id, team_id)
  );
  CREATE INDEX half_links_since ON ${schema}.half_links (since);`;

/** Compares both sides of each link, as their rows are now. @param touched in log order */
export async function writeHalfLinks(
  touched: readonly TouchedLink[],
  { client, schema }: ProjectionTarget,
): Promise<void> {
  const last = new Map(
    touched.map((link) => [`${link.organization} ${link.group} ${link.team}`, link]),
  );
  if (last.size === 0) return;
  const links = [...last.values()];
  await client.query({
    name: `${schema}-half-links`,
    text: `
      WITH compared AS (
        SELECT touched.*,
          EXISTS (
            SELECT FROM ${schema}.groups g
            WHERE g.organization = touched.organization AND g.id = group_id AND g.team_id = touched.team_id AND g.revision >= 0
          ) <> EXISTS (
            SELECT FROM ${schema}.teams t
            WHERE t.organization = touched.organization AND t.id = touched.team_id AND group_id = ANY(t.feeders)
          ) AS half
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS touched (organization, group_id, team_id, since)
      ), agreed AS (
        DELETE FROM ${schema}.half_links h USING compared c
        WHERE NOT c.half AND h.organization = c.organization AND h.group_id = c.group_id AND h.team_id = c.team_id
      )
      INSERT INTO ${schema}.half_links (organization, group_id, team_id, since)
      SELECT organization, group_id, team_id, since FROM compared WHERE half
      ON CONFLICT (organization, group_id, team_id) DO UPDATE SET since = excluded.since`,
    values: [
      links.map(({ organization }) => organization),
      links.map(({ group }) => group),
      links.map(({ team }) => team),
      links.map(({ at }) => at),
    ],
  });
}
