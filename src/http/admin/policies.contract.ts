import {
  ApiExtraModels,
  ApiProperty,
  ApiPropertyOptional,
  ApiSchema,
  getSchemaPath,
  OmitType,
  PartialType,
} from '@nestjs/swagger';
import {
  providers,
  type ManualUpdate,
  type ManualUpdates,
  type Policies,
  type Preset,
  type Provider,
} from '../../domain/policies.js';
import { EffectsDocument } from './effects.contract.js';
import { GROUP_ID, USER_ID } from './examples.js';
import { PRESETS } from './organizations.contract.js';

/* The shapes of policies. What they mean stands in docs/policies.md; which values they take, the domain says. */

const UPDATE = { enum: ['locked', 'warn'], example: 'warn' } as const;

@ApiSchema({ name: 'ManualUpdates' })
export class ManualUpdatesDocument {
  @ApiProperty({ ...UPDATE, example: 'locked' })
  readonly users!: ManualUpdate;

  @ApiProperty(UPDATE)
  readonly teams!: ManualUpdate;

  @ApiProperty(UPDATE)
  readonly memberships!: ManualUpdate;
}

class GroupRuleDocument {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'null until there is a group of that name: then the rule follows that group.',
    example: GROUP_ID,
  })
  readonly groupId!: string | null;

  @ApiProperty({ description: 'What the group is called now.', example: 'Analysts' })
  readonly group!: string;
}

@ApiSchema({ name: 'LicenseRule' })
export class LicenseRuleDocument extends GroupRuleDocument {
  @ApiProperty({ example: 'analyst' })
  readonly license!: string;
}

@ApiSchema({ name: 'RoleRule' })
export class RoleRuleDocument extends GroupRuleDocument {
  @ApiProperty({ example: 'editor' })
  readonly role!: string;
}

@ApiSchema({ name: 'Capabilities' })
export class CapabilitiesDocument {
  @ApiProperty({ example: true })
  readonly create!: boolean;

  @ApiProperty({ example: true })
  readonly update!: boolean;

  @ApiProperty({ example: true })
  readonly deactivate!: boolean;

  @ApiProperty({ example: true })
  readonly groups!: boolean;
}

@ApiExtraModels(ManualUpdatesDocument)
@ApiSchema({ name: 'Policies' })
export class PoliciesDocument implements Readonly<Record<keyof Policies, unknown>> {
  @ApiProperty({
    enum: ['remove', 'disable'],
    description:
      'What a deactivation does: ends the membership in the organization, or only access.',
    example: 'disable',
  })
  readonly onDeactivate!: Policies['onDeactivate'];

  @ApiProperty({
    enum: ['refuse', 'allow'],
    description: 'Whether administrators and the application may add users while SCIM is on.',
    example: 'allow',
  })
  readonly appCreatedUsers!: Policies['appCreatedUsers'];

  @ApiProperty({
    oneOf: [
      { type: 'string', enum: ['locked', 'warn'] },
      { $ref: getSchemaPath(ManualUpdatesDocument) },
    ],
    description:
      'Whether what the identity provider manages may be changed by hand: refused, or allowed until its next statement. One value where users, teams and memberships have the same.',
    example: 'warn',
  })
  readonly manualUpdates!: ManualUpdate | ManualUpdates;

  @ApiProperty({
    enum: ['refuse', 'allow'],
    description: 'Whether users whom the identity provider manages may be deleted by hand.',
    example: 'refuse',
  })
  readonly manualDelete!: Policies['manualDelete'];

  @ApiProperty({
    enum: ['drop', 'keep'],
    description:
      'What a full statement of a group does to members of its team who were added by hand.',
    example: 'drop',
  })
  readonly manualMembers!: Policies['manualMembers'];

  @ApiProperty({
    enum: ['link', 'refuse'],
    description:
      'What happens when the identity provider creates a user whom the matching key finds: both become one, or 409.',
    example: 'link',
  })
  readonly linkExistingUser!: Policies['linkExistingUser'];

  @ApiProperty({
    enum: ['on-first-write', 'all-at-once'],
    description: 'When users who exist before SCIM come under the identity provider.',
    example: 'on-first-write',
  })
  readonly adoption!: Policies['adoption'];

  @ApiProperty({
    enum: ['ask', 'strict', 'create', 'link-by-name'],
    description: 'What a pushed group becomes: see docs/policies.md.',
    example: 'create',
  })
  readonly groupMapping!: Policies['groupMapping'];

  @ApiProperty({
    enum: ['unique', 'any'],
    description: 'Whether two groups may bear one displayName, compared without letter case.',
    example: 'unique',
  })
  readonly groupNames!: Policies['groupNames'];

  @ApiProperty({
    enum: ['delete', 'archive', 'unlink'],
    description: 'What becomes of the team when the last group that feeds it is deleted.',
    example: 'archive',
  })
  readonly onGroupDelete!: Policies['onGroupDelete'];

  @ApiProperty({
    enum: ['off', 'scim', 'sign-in'],
    description: 'What fills teams: nothing, pushed groups, or the claims of sign-ins; never both.',
    example: 'scim',
  })
  readonly teamSync!: Policies['teamSync'];

  @ApiProperty({ description: 'Whether a sign-in creates an unknown user.', example: true })
  readonly allowSignUp!: boolean;

  @ApiProperty({
    description: 'Whether a sign-in is refused to users whom SCIM does not manage.',
    example: false,
  })
  readonly rejectNonProvisioned!: boolean;

  @ApiProperty({
    enum: ['sign-in', 'groups', 'none'],
    description: 'Where roles come from: the claims of each sign-in, roleRules, or neither.',
    example: 'sign-in',
  })
  readonly roleSource!: Policies['roleSource'];

  @ApiProperty({ type: [RoleRuleDocument], description: 'The first that matches wins.' })
  readonly roleRules!: readonly RoleRuleDocument[];

  @ApiProperty({ description: 'The role of users who have no other.', example: 'member' })
  readonly defaultRole!: string;

  @ApiProperty({
    description: 'Whether roleRules may give roles that administrate.',
    example: false,
  })
  readonly scimGrantsAdministrator!: boolean;

  @ApiProperty({ type: [LicenseRuleDocument], description: 'The first that matches wins.' })
  readonly licenseRules!: readonly LicenseRuleDocument[];

  @ApiProperty({ type: String, nullable: true, example: 'viewer' })
  readonly defaultLicense!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'en-US' })
  readonly defaultLocale!: string | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    minimum: 1,
    description: 'The most active users; null: any number.',
    example: 250,
  })
  readonly seatLimit!: number | null;

  @ApiProperty({
    enum: ['userName', 'externalId', 'emails.value'],
    description: 'What the identity provider recognises existing users by.',
    example: 'userName',
  })
  readonly matchingKey!: Policies['matchingKey'];

  @ApiProperty({
    enum: ['any', 'email'],
    description: 'What a userName must be.',
    example: 'any',
  })
  readonly userNameFormat!: Policies['userNameFormat'];

  @ApiProperty({ description: 'What the identity provider may do.' })
  readonly capabilities!: CapabilitiesDocument;

  @ApiProperty({
    type: [String],
    description: 'CIDR blocks from which SCIM is served; none: from everywhere.',
    example: ['203.0.113.0/24', '2001:db8::/32'],
  })
  readonly ipAllowlist!: readonly string[];

  @ApiProperty({
    enum: providers,
    description: 'Chooses the set-up text, and what is understood of its deviations.',
    example: 'okta',
  })
  readonly provider!: Provider;

  @ApiProperty({
    type: [String],
    description:
      'Users whom the identity provider can neither deactivate nor remove. Set by id or userName, shown by id.',
    example: [USER_ID],
  })
  readonly breakGlassUsers!: readonly string[];

  @ApiProperty({
    type: Number,
    nullable: true,
    minimum: 1,
    maximum: 100,
    description:
      'The most users, in percent, whom the identity provider may remove within an hour: then removals pause until POST …/scim/resume. null: any number.',
    example: 20,
  })
  readonly massRemovalLimit!: number | null;

  @ApiProperty({ description: 'Whether the plan includes SCIM.', example: true })
  readonly entitled!: boolean;

  @ApiProperty({ description: 'Whether SCIM needs single sign-on.', example: false })
  readonly ssoRequired!: boolean;

  @ApiProperty({
    enum: providers,
    nullable: true,
    description: 'The provider of single sign-on; null: none is set up.',
    example: 'okta',
  })
  readonly ssoProvider!: Provider | null;

  @ApiProperty({
    description: 'Whether single sign-on and SCIM must be of one provider.',
    example: false,
  })
  readonly ssoMatchesScim!: boolean;

  @ApiProperty({
    minimum: 1,
    description: 'After how many minutes without a SCIM request provisioning counts as silent.',
    example: 1440,
  })
  readonly silentAfterMinutes!: number;
}

class NewGroupRule {
  @ApiProperty({ description: 'The id or the displayName of a group.', example: 'Analysts' })
  readonly group!: string;
}

@ApiSchema({ name: 'NewLicenseRule' })
class NewLicenseRule extends NewGroupRule {
  @ApiProperty({ example: 'analyst' })
  readonly license!: string;
}

@ApiSchema({ name: 'NewRoleRule' })
class NewRoleRule extends NewGroupRule {
  @ApiProperty({ example: 'editor' })
  readonly role!: string;
}

/** Describes what PATCH takes; the domain checks it. */
@ApiSchema({ name: 'PolicyChanges' })
export class PolicyChanges extends PartialType(
  OmitType(PoliciesDocument, ['licenseRules', 'roleRules']),
) {
  @ApiPropertyOptional({
    enum: PRESETS,
    description: 'Sets what that product differs in; the other members override it.',
    example: 'dbt',
  })
  readonly preset?: Preset;

  @ApiPropertyOptional({ type: [NewRoleRule], description: 'All of them, in their order.' })
  readonly roleRules?: readonly NewRoleRule[];

  @ApiPropertyOptional({ type: [NewLicenseRule], description: 'All of them, in their order.' })
  readonly licenseRules?: readonly NewLicenseRule[];
}

@ApiSchema({ name: 'PolicyPreview' })
export class PolicyPreviewDocument {
  @ApiProperty({ description: 'All policies as they would be.' })
  readonly policies!: PoliciesDocument;

  @ApiProperty({ description: 'Whom and what the change would affect.' })
  readonly effects!: EffectsDocument;
}
