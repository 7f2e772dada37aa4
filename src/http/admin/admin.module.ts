import type { Provider, Type } from '@nestjs/common';
import { ApiKeyGuard } from './api-key.guard.js';
import { EffectiveChanges } from './effective.js';
import { HistoryController } from './history.controller.js';
import { KnownOrganization } from './known.pipe.js';
import { OrganizationsController } from './organizations.controller.js';
import { PoliciesController } from './policies.controller.js';
import { ProblemFilter } from './problem.filter.js';
import { ScimConnectionController } from './scim-connection.controller.js';
import { TeamsController } from './teams.controller.js';
import { TokensController } from './tokens.controller.js';
import { UsersController } from './users.controller.js';

/** Everything below /api. */
export const adminControllers: Type[] = [
  OrganizationsController,
  PoliciesController,
  ScimConnectionController,
  TokensController,
  UsersController,
  TeamsController,
  HistoryController,
];

/** What they need besides CommandBus, Projector, the queries and PUBLIC_URL. */
export const adminProviders: Provider[] = [
  ApiKeyGuard,
  EffectiveChanges,
  KnownOrganization,
  ProblemFilter,
];
