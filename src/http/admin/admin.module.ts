import type { Provider, Type } from '@nestjs/common';
import { ApiKeyGuard } from './api-key.guard.js';
import { DeclaredPermissions } from './declared-permissions.js';
import { EffectiveChanges } from './effective.js';
import { HistoryController } from './history.controller.js';
import { KeysController } from './keys.controller.js';
import { KnownOrganization } from './known.pipe.js';
import { LinksController } from './links.controller.js';
import { OrganizationsController } from './organizations.controller.js';
import { OverridesController } from './overrides.controller.js';
import { PoliciesController } from './policies.controller.js';
import { PolicyDocuments } from './policy-documents.js';
import { ProblemFilter } from './problem.filter.js';
import { ScimConnectionController } from './scim-connection.controller.js';
import { ScimConnections } from './scim-connections.js';
import { AllScimRequestsController, ScimRequestsController } from './scim-requests.controller.js';
import { ProvidersController, SetupController } from './setup.controller.js';
import { SignInsController } from './sign-ins.controller.js';
import { TeamMembersController } from './team-members.controller.js';
import { TeamSyncController } from './team-sync.controller.js';
import { TeamsController } from './teams.controller.js';
import { TokensController } from './tokens.controller.js';
import { UsersController } from './users.controller.js';
import { VisibleChanges } from './visible.js';

/** Everything below /api. */
export const adminControllers: Type[] = [
  OrganizationsController,
  PoliciesController,
  ScimConnectionController,
  SetupController,
  ProvidersController,
  ScimRequestsController,
  AllScimRequestsController,
  TokensController,
  UsersController,
  TeamsController,
  TeamMembersController,
  LinksController,
  TeamSyncController,
  OverridesController,
  SignInsController,
  HistoryController,
  KeysController,
];

/** What they need besides CommandBus, QueryBus, Projector, the queries, RequestLog and PUBLIC_URL. */
export const adminProviders: Provider[] = [
  ApiKeyGuard,
  DeclaredPermissions,
  EffectiveChanges,
  KnownOrganization,
  PolicyDocuments,
  ProblemFilter,
  ScimConnections,
  VisibleChanges,
];
