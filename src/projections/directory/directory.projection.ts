import type {
  DirectoryAdopted,
  PolicyChanged,
  SyncDisabled,
  SyncEnabled,
  TeamLink,
  TeamSyncMigrated,
  TeamSyncMigrationRolledBack,
} from '../../domain/events.js';
import type { OrganizationId } from '../../domain/identifiers.js';
import { defaultPolicies, withPolicy, type Policies } from '../../domain/policies.js';
import type { EventStore, Position, RecordedEvent } from '../../event-store/event-store.js';
import { foldCase } from '../../scim/comparison.js';
import type { Projection, ProjectionTarget } from '../projection.js';
import { applyRun, isDirectoryEvent, type DirectoryEvent } from './directory.run.js';
import { directoryTables } from './directory.tables.js';

/** How an organization's directory goes along with the log. */
interface Course {
  readonly following: boolean;
  /** What the directory has seen of the log, while it does not follow. */
  readonly position: Position;
  /** The policies that decide which groups are to be linked to teams. */
  readonly linking: Pick<Policies, 'groupMapping' | 'teamSync'>;
  /** What stood before this position was adopted at once; null when nothing was. */
  readonly adoptedThrough: Position | null;
  /** What the migration that is not rolled back linked. */
  readonly migrated: readonly TeamLink[] | null;
  readonly rules: readonly RuledGroup[];
}

/** Which group a rule names. */
interface RuledGroup {
  readonly policy: RulePolicy;
  readonly id: string | null;
  readonly name: string;
  /** The name as search documents have it. */
  readonly key: string;
}

type RulePolicy = 'licenseRules' | 'roleRules';

const START: Course = {
  following: false,
  position: 0n,
  linking: { groupMapping: defaultPolicies.groupMapping, teamSync: defaultPolicies.teamSync },
  adoptedThrough: null,
  migrated: null,
  rules: [],
};

/** An event of the organization after which its directory takes another course. */
type Turn = RecordedEvent & {
  readonly event:
    | SyncEnabled
    | SyncDisabled
    | PolicyChanged
    | DirectoryAdopted
    | TeamSyncMigrated
    | TeamSyncMigrationRolledBack;
  readonly metadata: { readonly organization: OrganizationId };
};

/**
 * What SCIM reads see. An organization's directory follows the log while SCIM is on; SyncDisabled freezes it at that
 * position, and SyncEnabled first applies what the log has recorded of the organization since.
 */
export class DirectoryProjection implements Projection {
  readonly name = 'directory';
  readonly version = 3;
  readonly tables = directoryTables;

  constructor(private readonly store: Pick<EventStore, 'readOrganization'>) {}

  async apply(events: readonly RecordedEvent[], target: ProjectionTarget): Promise<void> {
    const relevant = events.filter(
      (recorded): recorded is DirectoryEvent | Turn =>
        isDirectoryEvent(recorded) || isTurn(recorded),
    );
    if (relevant.length === 0) return;
    const courses = await loadCourses(relevant, target);
    const turned = new Set<OrganizationId>();
    let run: DirectoryEvent[] = [];
    for (const recorded of relevant) {
      const { organization } = recorded.metadata;
      const course = courses.get(organization) ?? START;
      if (isDirectoryEvent(recorded)) {
        if (course.following) run.push(recorded);
        continue;
      }
      const next = courseAfter(course, recorded);
      if (next === course) continue;
      if (next.following && !course.following) {
        await applyRun(run, target);
        run = [];
        await this.catchUp(organization, course.position, recorded.position, target);
      }
      courses.set(organization, next);
      turned.add(organization);
    }
    await applyRun(run, target);
    await saveCourses([...turned], courses, target);
  }

  private async catchUp(
    organization: OrganizationId,
    after: Position,
    upTo: Position,
    target: ProjectionTarget,
  ): Promise<void> {
    const { client, schema } = target;
    await client.query(
      `INSERT INTO ${schema}.counts (organization) VALUES ($1) ON CONFLICT DO NOTHING`,
      [organization],
    );
    for await (const page of this.store.readOrganization(organization, after, upTo)) {
      await applyRun(page.filter(isDirectoryEvent), target);
    }
  }
}

const TURNS: ReadonlySet<string> = new Set<Turn['event']['type']>([
  'SyncEnabled',
  'SyncDisabled',
  'DirectoryAdopted',
  'TeamSyncMigrated',
  'TeamSyncMigrationRolledBack',
]);

function isTurn(recorded: RecordedEvent): recorded is Turn {
  const { event } = recorded;
  if (event.type === 'PolicyChanged') {
    return Object.hasOwn(START.linking, event.policy) || isRulePolicy(event.policy);
  }
  return TURNS.has(event.type);
}

function courseAfter(course: Course, { event, position }: Turn): Course {
  switch (event.type) {
    case 'SyncEnabled':
      return course.following ? course : { ...course, following: true };
    case 'SyncDisabled':
      return course.following ? { ...course, following: false, position } : course;
    case 'PolicyChanged':
      return afterPolicy(course, event);
    case 'DirectoryAdopted':
      return { ...course, adoptedThrough: position };
    case 'TeamSyncMigrated':
      return { ...course, migrated: event.links };
    case 'TeamSyncMigrationRolledBack':
      return { ...course, migrated: null };
  }
}

function afterPolicy(course: Course, { policy, value }: PolicyChanged): Course {
  const policies = withPolicy({ ...defaultPolicies, ...course.linking }, policy, value);
  if (!isRulePolicy(policy)) {
    const { groupMapping, teamSync } = policies;
    return { ...course, linking: { groupMapping, teamSync } };
  }
  const named = policies[policy].map(({ group: name, groupId: id }): RuledGroup => {
    return { policy, id, name, key: foldCase(name) };
  });
  return { ...course, rules: [...course.rules.filter((rule) => rule.policy !== policy), ...named] };
}

const isRulePolicy = (policy: string): policy is RulePolicy =>
  policy === 'licenseRules' || policy === 'roleRules';

interface CourseRow {
  readonly organization: OrganizationId;
  readonly following: boolean;
  readonly position: string;
  readonly group_mapping: Policies['groupMapping'];
  readonly team_sync: Policies['teamSync'];
  readonly adopted_through: string | null;
  readonly migrated: readonly TeamLink[] | null;
  readonly rules: readonly RuledGroup[] | null;
}

async function loadCourses(
  events: readonly (DirectoryEvent | Turn)[],
  { client, schema }: ProjectionTarget,
): Promise<Map<OrganizationId, Course>> {
  const organizations = [...new Set(events.map(({ metadata }) => metadata.organization))];
  const { rows } = await client.query<CourseRow>({
    name: `${schema}-courses`,
    text: `SELECT organization, following, position, group_mapping, team_sync, adopted_through, migrated, rules
           FROM ${schema}.organizations
           WHERE organization = ANY($1)`,
    values: [organizations],
  });
  return new Map(
    rows.map((row) => [
      row.organization,
      {
        following: row.following,
        position: BigInt(row.position),
        linking: { groupMapping: row.group_mapping, teamSync: row.team_sync },
        adoptedThrough: row.adopted_through === null ? null : BigInt(row.adopted_through),
        migrated: row.migrated,
        rules: row.rules ?? [],
      },
    ]),
  );
}

async function saveCourses(
  turned: readonly OrganizationId[],
  courses: ReadonlyMap<OrganizationId, Course>,
  { client, schema }: ProjectionTarget,
): Promise<void> {
  for (const organization of turned) {
    const course = courses.get(organization) ?? START;
    const { following, position, linking, adoptedThrough, migrated, rules } = course;
    await client.query(
      `INSERT INTO ${schema}.organizations
         (organization, following, position, group_mapping, team_sync, adopted_through, migrated, rules)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (organization) DO UPDATE SET
         following = excluded.following, position = excluded.position,
         group_mapping = excluded.group_mapping, team_sync = excluded.team_sync,
         adopted_through = excluded.adopted_through,
         migrated = excluded.migrated, rules = excluded.rules`,
      [
        organization,
        following,
        position.toString(),
        linking.groupMapping,
        linking.teamSync,
        adoptedThrough?.toString() ?? null,
        migrated && JSON.stringify(migrated),
        rules.length > 0 ? JSON.stringify(rules) : null,
      ],
    );
  }
}
