import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { UserEvent } from '../domain/events.js';
import type { JsonObject, TeamId, UserId } from '../domain/identifiers.js';
import { requireOrganization, type ExistingOrganization } from '../domain/organization.js';
import { isOwnerRole } from '../domain/policies.js';
import { Rejection } from '../domain/rejection.js';
import { isSynced, user, type StatedUser, type UserState } from '../domain/user.js';
import { foldCase } from '../scim/comparison.js';
import { completed } from '../scim/resource.js';
import { userType } from '../scim/schema.js';
import { ExistingUsers, type FoundUser } from './existing-users.js';
import { TeamFolds } from './folds.js';
import { SignIn, type SignInClaims, type SignInDecision, type SignInReason } from './messages.js';
import { Organizations } from './organizations.js';
import { statedUser } from './scim-translation.js';
import { teamStream, userIdOf, userStream } from './streams.js';
import { TIME_AND_IDS, type TimeAndIds } from './time-and-ids.js';
import { UniqueNames, userNameKey } from './unique-names.js';
import { stateAfter, UserAppender } from './user-appender.js';
import { WriteModel, type Loaded } from './write-model.js';

type RefusalReason = Exclude<SignInReason, 'matched' | 'created'>;

/** Why a sign-in is refused, for the administrator. */
const REFUSALS: Readonly<Record<RefusalReason, string>> = {
  deactivated: 'The user is deactivated.',
  'not-provisioned':
    'Only users whom the identity provider provisions may sign in (policy rejectNonProvisioned), and it did not provision this one.',
  'sign-up-off': 'There is no such user, and sign-ins create none (policy allowSignUp).',
  'subject-mismatch':
    'The user of this name is bound to another subject of the identity provider (its externalId).',
  'seat-limit-reached':
    'There is no such user, and no seat is left for a new one (policy seatLimit).',
};

/** What the claims of a sign-in come to under the policies; null: they say nothing of it. */
interface Grants {
  readonly role: string | null;
  readonly teams: { readonly ids: readonly TeamId[]; readonly era: number } | null;
}

@CommandHandler(SignIn)
export class SignInHandler implements ICommandHandler<SignIn> {
  constructor(
    private readonly model: WriteModel,
    private readonly names: UniqueNames,
    private readonly organizations: Organizations,
    private readonly existing: ExistingUsers,
    private readonly appender: UserAppender,
    private readonly teams: TeamFolds,
    @Inject(TIME_AND_IDS) private readonly timeAndIds: TimeAndIds,
  ) {}

  /** Everything that a sign-in changes is one append, which there is only if something changes. */
  execute(command: SignIn): Promise<SignInDecision> {
    const { organization: id, claims } = command;
    return this.model.decide(userNameKey(id, claims.userName), async (attempt) => {
      const organization = requireOrganization(await this.organizations.state(id));
      const found = await this.find(organization, claims);
      const refused = refusalOf(organization, found, claims);
      if (refused) return refusal(refused, found?.current.userId ?? null);
      return found
        ? this.admit(organization, found, command)
        : this.signUp(organization, command, attempt);
    });
  }

  /** By the subject, else by the userName, else, where users are matched by it, by the e-mail address. */
  private async find(
    organization: ExistingOrganization,
    { subject, userName, email }: SignInClaims,
  ): Promise<FoundUser | undefined> {
    const named = (each: FoundUser): boolean =>
      foldCase(each.current.userName) === foldCase(userName);
    const bound = await this.existing.holding(organization, 'externalId', [subject]);
    const bySubject = bound.length > 1 ? bound.find(named) : bound[0];
    if (bySubject) return bySubject;
    const holder = await this.names.holder(organization, 'userName', userName);
    const byName = holder === null ? undefined : await this.existing.load(holder);
    if (byName) return byName;
    if (organization.policies.matchingKey !== 'emails.value' || email === undefined)
      return undefined;
    const [only, ...others] = await this.existing.holding(organization, 'emails.value', [
      foldCase(email),
    ]);
    return others.length > 0 ? undefined : only;
  }

  private async admit(
    organization: ExistingOrganization,
    { loaded, current }: FoundUser,
    { claims, context }: SignIn,
  ): Promise<SignInDecision> {
    const grants = await this.grants(organization, current.role, claims);
    let keepsOwning = false;
    const { position } = await this.appender.append({
      organization,
      loaded,
      claims: [],
      decide: (lastOwner) => {
        keepsOwning = lastOwner && grants.role !== null && !isOwnerRole(grants.role);
        return granted(current, keepsOwning ? { ...grants, role: null } : grants);
      },
      by: 'application',
      context,
    });
    const detail = keepsOwning
      ? 'The user is known, and keeps the role of an owner: it is the last owner, whatever the claims say.'
      : 'The user is known.';
    return { decision: 'allowed', reason: 'matched', detail, userId: current.userId, position };
  }

  private async signUp(
    organization: ExistingOrganization,
    { organization: id, claims, context }: SignIn,
    attempt: number,
  ): Promise<SignInDecision> {
    const userId = this.timeAndIds.id() as UserId;
    const stream = userStream(id, userId);
    const request = { organization, owner: stream, context, attempt };
    const name = { kind: 'userName', name: claims.userName } as const;
    const { claimId, append, previousOwner } = await this.names.claim({ ...request, ...name });
    const { role, teams } = await this.grants(organization, null, claims);
    const stated = statedBy(claims);
    const predecessorId = previousOwner === null ? null : userIdOf(previousOwner);
    const facts = { organization, userId, claimId, stated, role, predecessorId };
    const loaded: Loaded<UserState> = { stream, state: user.initial, revision: -1 };
    try {
      const { position } = await this.appender.append({
        organization,
        loaded,
        claims: [append],
        decide: () => {
          const registered = user.decide(
            { type: 'Register', origin: 'sign-in', ...facts },
            user.initial,
          );
          const joined = granted(stateAfter(loaded, registered), { role: null, teams });
          return [...registered, ...joined];
        },
        by: 'application',
        context,
      });
      const detail = 'The user was unknown and is created by this sign-in.';
      return { decision: 'allowed', reason: 'created', detail, userId, position };
    } catch (error) {
      const full = error instanceof Rejection && error.reason === 'seat-limit-reached';
      if (full) return refusal('seat-limit-reached', null);
      throw error;
    }
  }

  private async grants(
    organization: ExistingOrganization,
    role: string | null,
    { roles, groups }: SignInClaims,
  ): Promise<Grants> {
    const { policies, teamSync } = organization;
    return {
      role: policies.roleSource === 'sign-in' && roles ? claimedRole(roles, role, policies) : null,
      teams:
        policies.teamSync === 'sign-in' && teamSync.era !== null && groups
          ? { ids: await this.mappedTeams(organization, groups), era: teamSync.era }
          : null,
    };
  }

  /** The teams into which the claimed groups lead; one that was deleted is none. */
  private async mappedTeams(
    { organization, teamSyncMappings }: ExistingOrganization,
    groups: readonly string[],
  ): Promise<readonly TeamId[]> {
    const claimed = new Set(groups);
    const mapped = teamSyncMappings.filter(({ externalGroup }) => claimed.has(externalGroup));
    const ids = [...new Set(mapped.map(({ teamId }) => teamId))];
    const exist = await Promise.all(
      ids.map(async (id) => {
        const { state } = await this.teams.load(teamStream(organization, id));
        return state.status === 'existing';
      }),
    );
    return ids.filter((_, at) => exist[at]);
  }
}

/** The first that is claimed; whoever claims none has the default role, which is not recorded of nobody's role. */
function claimedRole(
  roles: readonly string[],
  before: string | null,
  { defaultRole }: ExistingOrganization['policies'],
): string | null {
  const first = roles.map((role) => role.trim()).find((role) => role !== '');
  if (first !== undefined) return first;
  return before === null ? null : defaultRole;
}

function granted(current: UserState, { role, teams }: Grants): readonly UserEvent[] {
  const source = 'sign-in';
  return [
    ...(role === null
      ? []
      : user.decide({ type: 'ChangeRole', role, source, lastOwner: false }, current)),
    ...(teams === null
      ? []
      : user.decide({ type: 'JoinBySignIn', teams: teams.ids, era: teams.era }, current)),
  ];
}

function refusalOf(
  organization: ExistingOrganization,
  found: FoundUser | undefined,
  { subject }: SignInClaims,
): RefusalReason | undefined {
  const { policies } = organization;
  const current = found?.current;
  const synced = current !== undefined && isSynced(current, organization);
  if (current && synced && policies.matchingKey === 'externalId') {
    const { externalId } = current.profile;
    if (typeof externalId === 'string' && externalId !== subject) return 'subject-mismatch';
  }
  if (current && !current.active) return 'deactivated';
  if (!synced && policies.rejectNonProvisioned) return 'not-provisioned';
  if (!current && !policies.allowSignUp) return 'sign-up-off';
  return undefined;
}

const refusal = (reason: RefusalReason, userId: UserId | null): SignInDecision => ({
  decision: 'refused',
  reason,
  detail: REFUSALS[reason],
  userId,
  position: null,
});

function statedBy({ subject, userName, email, displayName, name }: SignInClaims): StatedUser {
  const attributes: JsonObject = {
    externalId: subject,
    userName,
    ...(name && { name }),
    ...(displayName !== undefined && { displayName }),
    ...(email !== undefined && { emails: [{ value: email, primary: true }] }),
  };
  return statedUser(completed(userType, attributes));
}
