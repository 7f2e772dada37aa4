import {
  CreateOrganizationHandler,
  DisableSyncHandler,
  EnableSyncHandler,
  OrganizationDecisions,
  PolicyConsequences,
  PreviewPoliciesHandler,
  ResumeRemovalsHandler,
  SetPoliciesHandler,
} from '../../src/commands/organizations.handlers.js';
import {
  CreateOrganization,
  DisableSync,
  EditUser,
  EnableSync,
  PreviewPolicies,
  RegisterUser,
  RemoveUser,
  ResumeRemovals,
  SetPolicies,
  SignIn,
  type SignInClaims,
  type UserChanges,
} from '../../src/commands/messages.js';
import { PolicyReferences } from '../../src/commands/policy-references.js';
import {
  EditUserHandler,
  RegisterUserHandler,
  RemoveUserHandler,
} from '../../src/commands/registration.handlers.js';
import { Safeguard } from '../../src/commands/safeguard.js';
import { SignInHandler } from '../../src/commands/sign-in.handler.js';
import { systemTimeAndIds, type TimeAndIds } from '../../src/commands/time-and-ids.js';
import type { OrganizationId } from '../../src/domain/identifiers.js';
import type { PolicyValues } from '../../src/domain/organization.js';
import type { EventStore } from '../../src/event-store/event-store.js';
import { context, writeSide } from './write-side.js';

/** One process: beside what identity providers write, the commands of administrators and of the application. */
export function applicationSide(
  store: EventStore,
  organization: OrganizationId,
  timeAndIds: TimeAndIds = systemTimeAndIds,
) {
  const side = writeSide(store, organization, timeAndIds);
  const {
    model,
    names,
    organizations,
    lookup,
    folds,
    teams,
    existing,
    appender,
    deletion,
    backfill,
  } = side.services;
  const decisions = new OrganizationDecisions(model, organizations);
  const consequences = new PolicyConsequences(backfill);
  const references = new PolicyReferences(names, folds, existing, lookup);
  const register = new RegisterUserHandler(model, names, organizations, appender, timeAndIds);
  const signIn = new SignInHandler(
    model,
    names,
    organizations,
    existing,
    appender,
    teams,
    timeAndIds,
  );
  return {
    ...side,
    registerUser: (
      user: UserChanges & { readonly userName: string },
      { origin = 'manual' as 'manual' | 'api', key = null as string | null } = {},
    ) => register.execute(new RegisterUser(organization, user, origin, key, context)),
    editUser: (id: string, changes: UserChanges) =>
      new EditUserHandler(model, names, organizations, appender).execute(
        new EditUser(organization, id, changes, context),
      ),
    removeUser: (id: string) =>
      new RemoveUserHandler(deletion).execute(new RemoveUser(organization, id, context)),
    signIn: (claims: Partial<SignInClaims> = {}) =>
      signIn.execute(
        new SignIn(organization, { subject: 'okta-ada', userName: 'ada', ...claims }, context),
      ),
    createOrganization: (policies: PolicyValues, defaults: PolicyValues = {}) =>
      new CreateOrganizationHandler(decisions, timeAndIds, defaults).execute(
        new CreateOrganization(organization, 'Acme', policies, context),
      ),
    enableSync: () =>
      new EnableSyncHandler(decisions, consequences).execute(new EnableSync(organization, context)),
    disableSync: () =>
      new DisableSyncHandler(decisions).execute(new DisableSync(organization, context)),
    setPolicies: (values: PolicyValues) =>
      new SetPoliciesHandler(decisions, references, consequences).execute(
        new SetPolicies(organization, values, context),
      ),
    previewPolicies: (values: PolicyValues) =>
      new PreviewPoliciesHandler(model, references).execute(
        new PreviewPolicies(organization, values),
      ),
    resumeRemovals: () =>
      new ResumeRemovalsHandler(organizations, new Safeguard(model, lookup, timeAndIds)).execute(
        new ResumeRemovals(organization, context),
      ),
  };
}
