import type { DynamicModule, OnApplicationShutdown, Provider } from '@nestjs/common';
import { Inject, Injectable, Logger, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { TerminusModule } from '@nestjs/terminus';
import pg from 'pg';
import { BrokenLinks } from './commands/broken-links.js';
import {
  IssueApiKeyHandler,
  IssueTokenHandler,
  RevokeApiKeyHandler,
  RevokeTokenHandler,
} from './commands/credentials.handlers.js';
import { DIRECTORY_LOOKUP } from './commands/directory-lookup.js';
import { ExistingUsers } from './commands/existing-users.js';
import { ExternalGroups } from './commands/external-groups.js';
import { GroupBackfill } from './commands/group-backfill.js';
import { GroupFolds, TeamFolds } from './commands/folds.js';
import { GroupNames } from './commands/group-names.js';
import { GroupRules } from './commands/group-rules.js';
import {
  CreateGroupHandler,
  CurrentGroupHandler,
  DeleteGroupHandler,
  GroupSynchronizer,
  PatchGroupHandler,
  ReplaceGroupHandler,
} from './commands/groups.handlers.js';
import { LinkGroupHandler, UnlinkGroupHandler } from './commands/links.handlers.js';
import { Members } from './commands/members.js';
import {
  CreateOrganizationHandler,
  DEFAULT_POLICIES,
  DisableSyncHandler,
  EnableSyncHandler,
  OrganizationDecisions,
  PolicyConsequences,
  PreviewPoliciesHandler,
  ResumeRemovalsHandler,
  SetPoliciesHandler,
} from './commands/organizations.handlers.js';
import { Organizations } from './commands/organizations.js';
import { Owners } from './commands/owners.js';
import { PolicyReactor } from './commands/policy-reactor.js';
import { PolicyReferences } from './commands/policy-references.js';
import {
  EditUserHandler,
  RegisterUserHandler,
  RemoveUserHandler,
} from './commands/registration.handlers.js';
import { Safeguard } from './commands/safeguard.js';
import { Seats } from './commands/seats.js';
import { SignInHandler } from './commands/sign-in.handler.js';
import { TeamLinks } from './commands/team-links.js';
import {
  CommitTeamSyncMigrationHandler,
  MapTeamSyncHandler,
  MigrationPlanner,
  PlanTeamSyncMigrationHandler,
  RollBackTeamSyncMigrationHandler,
} from './commands/team-sync.handlers.js';
import {
  AddTeamMemberHandler,
  CreateTeamHandler,
  DeleteTeamHandler,
  EditTeamHandler,
  RemoveTeamMemberHandler,
  TeamDecisions,
} from './commands/teams.handlers.js';
import { systemTimeAndIds, TIME_AND_IDS } from './commands/time-and-ids.js';
import { UniqueNames } from './commands/unique-names.js';
import { UserAppender } from './commands/user-appender.js';
import { UserDeletion } from './commands/user-deletion.js';
import {
  CreateUserHandler,
  CurrentUserHandler,
  DeleteUserHandler,
  PatchUserHandler,
  ReplaceUserHandler,
  UserSynchronizer,
} from './commands/users.handlers.js';
import { WriteModel } from './commands/write-model.js';
import type { Config } from './config.js';
import { EVENT_STORE } from './event-store/event-store.module.js';
import type { EventStore } from './event-store/event-store.js';
import { logName, openEventStore } from './event-store/open-event-store.js';
import { adminControllers, adminProviders } from './http/admin/admin.module.js';
import { EdgeErrorFilter } from './http/edge-error.filter.js';
import { opsControllers, opsProviders } from './http/ops/ops.module.js';
import { PUBLIC_URL } from './http/public-url.js';
import {
  DiscoveryController,
  UnknownEndpointController,
} from './http/scim/discovery.controller.js';
import { GroupsController } from './http/scim/groups.controller.js';
import { ListTurns } from './http/scim/list-turns.js';
import { QuirkMetrics } from './http/scim/quirk-metrics.js';
import { RequestReader } from './http/scim/request-reader.js';
import { ReadYourWrites } from './http/scim/read-your-writes.js';
import { Representation } from './http/scim/representation.js';
import { ScimErrorFilter } from './http/scim/scim-error.filter.js';
import { UsersController } from './http/scim/users.controller.js';
import { AccessQueries } from './projections/access/access.queries.js';
import { TokenUsage } from './projections/access/token-usage.js';
import { projectionCatalogue, servedSchemas } from './projections/catalogue.js';
import { DirectoryQueries } from './projections/directory/directory.queries.js';
import { LookupQueries } from './projections/directory/lookup.queries.js';
import { HistoryQueries } from './projections/history/history.queries.js';
import { PipelinedReads } from './projections/pipelined-reads.js';
import type { Projection } from './projections/projection.js';
import { Projector } from './projections/projector.js';
import { GroupNameQueries } from './projections/roster/group-names.queries.js';
import { LinkQueries } from './projections/roster/links.queries.js';
import { OverrideQueries } from './projections/roster/overrides.queries.js';
import { PreviewQueries } from './projections/roster/preview.queries.js';
import { RosterQueries } from './projections/roster/roster.queries.js';
import { SettingsQueries } from './projections/roster/settings.queries.js';
import { TeamSyncQueries } from './projections/roster/team-sync.queries.js';
import { RequestLog } from './projections/scim-requests/request-log.js';
import { RequestLogRetention } from './projections/scim-requests/retention.js';
import { ScimRequestQueries } from './projections/scim-requests/scim-requests.queries.js';

const READ_CONNECTIONS = 10;
/** Of their own: nobody's lists keep others from being let in. */
const ACCESS_CONNECTIONS = 2;
/** The database gives a read up; should it not even say so, the client does. */
const READ_TIMEOUTS = { statement_timeout: 3_000, query_timeout: 5_000 };
const PROJECTION_TIMEOUT_MS = 60_000;
const PROJECTION_CONNECTIONS = 6;
/** Every SCIM write waits for the directory; the others may gather events into larger batches. */
const GATHER_MS = { directory: 0, access: 20, roster: 250, history: 250 };

const READ_POOL = Symbol('ReadPool');
const ACCESS_POOL = Symbol('AccessPool');
const POINT_READS = Symbol('PointReads');
const PROJECTION_POOL = Symbol('ProjectionPool');

const rosterQueries = [
  RosterQueries,
  GroupNameQueries,
  LinkQueries,
  OverrideQueries,
  PreviewQueries,
  SettingsQueries,
  TeamSyncQueries,
];

const commandProviders: Provider[] = [
  WriteModel,
  UniqueNames,
  Organizations,
  GroupFolds,
  TeamFolds,
  GroupNames,
  GroupRules,
  TeamLinks,
  ExternalGroups,
  GroupBackfill,
  BrokenLinks,
  Members,
  GroupSynchronizer,
  PolicyReactor,
  ExistingUsers,
  Owners,
  Seats,
  Safeguard,
  UserAppender,
  UserDeletion,
  UserSynchronizer,
  PolicyReferences,
  OrganizationDecisions,
  PolicyConsequences,
  CreateUserHandler,
  ReplaceUserHandler,
  PatchUserHandler,
  DeleteUserHandler,
  CurrentUserHandler,
  RegisterUserHandler,
  EditUserHandler,
  RemoveUserHandler,
  SignInHandler,
  CreateGroupHandler,
  ReplaceGroupHandler,
  PatchGroupHandler,
  DeleteGroupHandler,
  CurrentGroupHandler,
  TeamDecisions,
  CreateTeamHandler,
  EditTeamHandler,
  DeleteTeamHandler,
  AddTeamMemberHandler,
  RemoveTeamMemberHandler,
  LinkGroupHandler,
  UnlinkGroupHandler,
  MigrationPlanner,
  MapTeamSyncHandler,
  PlanTeamSyncMigrationHandler,
  CommitTeamSyncMigrationHandler,
  RollBackTeamSyncMigrationHandler,
  CreateOrganizationHandler,
  EnableSyncHandler,
  DisableSyncHandler,
  SetPoliciesHandler,
  PreviewPoliciesHandler,
  ResumeRemovalsHandler,
  IssueTokenHandler,
  RevokeTokenHandler,
  IssueApiKeyHandler,
  RevokeApiKeyHandler,
  { provide: TIME_AND_IDS, useValue: systemTimeAndIds },
  { provide: DIRECTORY_LOOKUP, useExisting: LookupQueries },
];

const scimControllers = [
  DiscoveryController,
  UsersController,
  GroupsController,
  UnknownEndpointController,
];

/** Ends, in this order: what reacts, what projects, what uses connections, the connections. */
@Injectable()
class Shutdown implements OnApplicationShutdown {
  constructor(
    private readonly reactor: PolicyReactor,
    private readonly projector: Projector,
    private readonly usage: TokenUsage,
    private readonly requests: RequestLog,
    private readonly retention: RequestLogRetention,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(READ_POOL) private readonly reads: pg.Pool,
    @Inject(ACCESS_POOL) private readonly access: pg.Pool,
    @Inject(POINT_READS) private readonly points: PipelinedReads,
    @Inject(PROJECTION_POOL) private readonly projections: pg.Pool,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.reactor.stop();
    await this.projector.stop();
    await this.usage.stop();
    await this.retention.stop();
    await this.requests.stop();
    await this.store.close();
    const connections = [this.reads, this.access, this.points, this.projections];
    await Promise.all(connections.map((each) => each.end()));
  }
}

@Module({})
export class AppModule {
  /** Every port bound to its adapter. */
  static with(config: Config, databaseUrl: string): DynamicModule {
    const serves = config.role !== 'projector';
    return {
      module: AppModule,
      imports: [CqrsModule.forRoot(), TerminusModule.forRoot({ logger: false })],
      controllers: [
        ...opsControllers,
        ...(serves ? [...adminControllers, ...scimControllers] : []),
      ],
      providers: [
        ...commandProviders,
        ...logProviders(config, databaseUrl),
        ...readProviders(config, databaseUrl),
        ...adminProviders,
        ...opsProviders,
        { provide: PUBLIC_URL, useValue: config.publicUrl },
        { provide: DEFAULT_POLICIES, useValue: config.newOrganizations },
        ReadYourWrites,
        Representation,
        ListTurns,
        QuirkMetrics,
        RequestReader,
        ScimErrorFilter,
        EdgeErrorFilter,
        Shutdown,
      ],
    };
  }
}

function logProviders(config: Config, databaseUrl: string): Provider[] {
  const logger = new Logger('log');
  const onTrouble = onceASecond((error) => logger.warn(describe(error)));
  const useFactory = (): Promise<EventStore> =>
    openEventStore({ ...config, databaseUrl }, onTrouble);
  return [{ provide: EVENT_STORE, useFactory }];
}

function readProviders(config: Config, databaseUrl: string): Provider[] {
  const logger = new Logger('projections');
  const connection = {
    connectionString: databaseUrl,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    application_name: 'rollcall',
  };
  const reading = { ...connection, ...READ_TIMEOUTS };
  const projector = (projections: pg.Pool, store: EventStore): Projector => {
    const { directory, access, roster, history } = projectionCatalogue(store);
    const paced = new Map<Projection, { gatherMs: number }>([
      [directory, { gatherMs: GATHER_MS.directory }],
      [access, { gatherMs: GATHER_MS.access }],
      [roster, { gatherMs: GATHER_MS.roster }],
      [history, { gatherMs: GATHER_MS.history }],
    ]);
    return new Projector(paced, store, projections, {
      databaseUrl,
      logName: logName(config),
      projects: config.role !== 'api',
      onFailure: (name, error) => logger.error(`${name}: ${describe(error)}`),
    });
  };
  const queries = <Queries>(make: (reads: pg.Pool, schemas: Schemas) => Queries) => ({
    inject: [READ_POOL, EVENT_STORE],
    useFactory: (reads: pg.Pool, store: EventStore) => make(reads, servedSchemas(store)),
  });
  return [
    { provide: READ_POOL, useFactory: () => pool({ ...reading, max: READ_CONNECTIONS }) },
    { provide: ACCESS_POOL, useFactory: () => pool({ ...reading, max: ACCESS_CONNECTIONS }) },
    { provide: POINT_READS, useFactory: () => new PipelinedReads(reading) },
    // A projection's rows and checkpoint commit together: what a crash takes is applied again from the log.
    {
      provide: PROJECTION_POOL,
      useFactory: () =>
        pool({
          ...connection,
          max: PROJECTION_CONNECTIONS,
          statement_timeout: PROJECTION_TIMEOUT_MS,
          pipeline: true,
          options: '-c synchronous_commit=off',
        }),
    },
    { provide: Projector, inject: [PROJECTION_POOL, EVENT_STORE], useFactory: projector },
    {
      provide: DirectoryQueries,
      inject: [READ_POOL, EVENT_STORE, POINT_READS],
      useFactory: (reads: pg.Pool, store: EventStore, points: PipelinedReads) =>
        new DirectoryQueries(reads, servedSchemas(store).directory, points),
    },
    {
      provide: LookupQueries,
      inject: [READ_POOL, EVENT_STORE, POINT_READS, Projector],
      useFactory: (
        reads: pg.Pool,
        store: EventStore,
        points: PipelinedReads,
        projector: Projector,
      ) =>
        new LookupQueries(reads, servedSchemas(store).directory, points, () =>
          projector.caughtUp('directory'),
        ),
    },
    {
      provide: AccessQueries,
      inject: [ACCESS_POOL, EVENT_STORE],
      useFactory: (reads: pg.Pool, store: EventStore) =>
        new AccessQueries(reads, servedSchemas(store).access),
    },
    ...rosterQueries.map((Queries) => ({
      provide: Queries,
      ...queries((reads, schemas) => new Queries(reads, schemas.roster)),
    })),
    {
      provide: HistoryQueries,
      ...queries((reads, schemas) => new HistoryQueries(reads, schemas.history)),
    },
    {
      provide: ScimRequestQueries,
      ...queries((reads, schemas) => new ScimRequestQueries(reads, schemas.access)),
    },
    {
      provide: RequestLog,
      inject: [READ_POOL],
      useFactory: (reads: pg.Pool) =>
        new RequestLog(
          reads,
          onceASecond((error) => logger.warn(`request log: ${describe(error)}`)),
        ),
    },
    {
      provide: RequestLogRetention,
      inject: [RequestLog],
      useFactory: (log: RequestLog) =>
        new RequestLogRetention(log, config.requestLogDays, (error) =>
          logger.warn(`request log: ${describe(error)}`),
        ),
    },
    {
      provide: TokenUsage,
      inject: [READ_POOL],
      useFactory: (reads: pg.Pool) =>
        new TokenUsage(reads, (error) => logger.warn(`token usage: ${describe(error)}`)),
    },
  ];
}

type Schemas = ReturnType<typeof servedSchemas>;

function pool(config: pg.PoolConfig): pg.Pool {
  const made = new pg.Pool(config);
  // An idle connection that breaks is replaced at its next use.
  made.on('error', () => undefined);
  return made;
}

/** A lost database fails every caller at once: one line a second says it. */
function onceASecond(report: (error: unknown) => void): (error: unknown) => void {
  let silentUntil = 0;
  return (error) => {
    const now = performance.now();
    if (now < silentUntil) return;
    silentUntil = now + 1_000;
    report(error);
  };
}

/** What failed, without the message of a database error: that may quote values, hence personal data. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === undefined ? `${error.name}: ${error.message}` : `${error.name} ${code}`;
}
