import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { CREATED_AT, MODIFIED_AT, TEAM_ID, USER_ID } from './examples.js';
import { NEXT_CURSOR, TOTAL } from './page.js';
import { IfSent, NAME, nameRule, ORIGINS, STATUSES } from './requests.js';

/** Why a user is in a team. */
export const GRANTS = {
  enum: ['scim', 'manual', 'sign-in'],
  enumName: 'Grant',
  isArray: true,
  description:
    'Why the user is in the team: through a group of the identity provider, by hand, or by the claims of a sign-in. The user is in it while one of these stands.',
  example: ['scim'],
} as const;

/** What a request changes although the identity provider manages it. */
export const WARNINGS = {
  type: String,
  isArray: true,
  description: 'What the next statement of the identity provider takes back, a sentence each.',
  example: ['displayName: the next statement of the identity provider takes this change back'],
};

const NAME_OF_PERSON = {
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'As in SCIM. RFC 7643 §4.1.1',
  example: { givenName: 'Ada', familyName: 'Lovelace' },
} as const;

const EMAILS = {
  type: 'array',
  items: { type: 'object' },
  description: 'As in SCIM. RFC 7643 §4.1.2',
  example: [{ value: 'ada@example.com', type: 'work', primary: true }],
} as const;

const TAKES_AWAY = { nullable: true, description: 'null takes it away.' } as const;

const ROLE = {
  description: 'The role in the application. `owner`, `admin` and `administrator` administrate.',
  minLength: 1,
  maxLength: 100,
  example: 'analyst',
} as const;

const userNameRule = { message: 'text of 1 to 1000 characters' };

/** The attributes of SCIM in it are read as SCIM reads them; see `user-attributes.ts`. */
@ApiSchema({ name: 'NewUser' })
export class NewUser {
  @ApiProperty({
    description: 'Unique in the organization, without letter case.',
    example: 'ada@example.com',
  })
  @IsString(userNameRule)
  readonly userName!: string;

  @ApiPropertyOptional({ type: String, example: 'Ada Lovelace' })
  @IsOptional()
  readonly displayName?: unknown;

  @ApiPropertyOptional({
    type: String,
    description: "The identity provider's id of the user.",
    example: '00u1a2b3c4d5',
  })
  @IsOptional()
  readonly externalId?: unknown;

  @ApiPropertyOptional(NAME_OF_PERSON)
  @IsOptional()
  readonly name?: unknown;

  @ApiPropertyOptional(EMAILS)
  @IsOptional()
  readonly emails?: unknown;

  @ApiPropertyOptional({ ...ROLE, description: `${ROLE.description} Absent: the default role.` })
  @IsOptional()
  @IsString(nameRule)
  @Matches(NAME, nameRule)
  readonly role?: string | null;

  @ApiPropertyOptional({
    enum: ['manual', 'api'],
    default: 'manual',
    description: 'Whether a person adds the user, or a program by itself.',
    example: 'manual',
  })
  @IsOptional()
  @IsIn(['manual', 'api'], { message: 'one of manual, api' })
  readonly origin?: 'manual' | 'api' | null;
}

@ApiSchema({ name: 'UserChanges' })
export class UserChangesBody {
  @ApiPropertyOptional({ example: 'ada.lovelace@example.com' })
  @IfSent()
  @IsString(userNameRule)
  readonly userName?: string;

  @ApiPropertyOptional({ type: String, ...TAKES_AWAY, example: 'Ada King' })
  @IsOptional()
  readonly displayName?: unknown;

  @ApiPropertyOptional({ type: String, ...TAKES_AWAY, example: '00u1a2b3c4d5' })
  @IsOptional()
  readonly externalId?: unknown;

  @ApiPropertyOptional({
    ...NAME_OF_PERSON,
    ...TAKES_AWAY,
    description: `${NAME_OF_PERSON.description}. Replaces the whole name; null takes it away.`,
    example: { givenName: 'Ada', familyName: 'King' },
  })
  @IsOptional()
  readonly name?: unknown;

  @ApiPropertyOptional({
    ...EMAILS,
    ...TAKES_AWAY,
    description: `${EMAILS.description}. Replaces all of them; null takes them away.`,
  })
  @IsOptional()
  readonly emails?: unknown;

  @ApiPropertyOptional({
    description: 'false deactivates as policy onDeactivate says, true reactivates.',
    example: true,
  })
  @IfSent()
  @IsBoolean({ message: 'true or false' })
  readonly active?: boolean;

  @ApiPropertyOptional(ROLE)
  @IfSent()
  @IsString(nameRule)
  @Matches(NAME, nameRule)
  readonly role?: string;
}

@ApiSchema({ name: 'UserTeam' })
export class UserTeamDocument {
  @ApiProperty({ example: TEAM_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Analysts' })
  readonly name!: string;

  @ApiProperty(GRANTS)
  readonly grants!: readonly string[];
}

@ApiSchema({ name: 'UserDefaults' })
export class UserDefaultsDocument {
  @ApiPropertyOptional({ example: 'member' })
  readonly role?: string;

  @ApiPropertyOptional({ example: 'viewer' })
  readonly license?: string;

  @ApiPropertyOptional({ example: 'en-US' })
  readonly locale?: string;
}

@ApiSchema({ name: 'User' })
export class UserDocument {
  @ApiProperty({ example: USER_ID })
  readonly id!: string;

  @ApiProperty({ example: 'ada@example.com' })
  readonly userName!: string;

  @ApiPropertyOptional({ example: '00u1a2b3c4d5' })
  readonly externalId?: string;

  @ApiPropertyOptional({ example: 'Ada Lovelace' })
  readonly displayName?: string;

  @ApiPropertyOptional(NAME_OF_PERSON)
  readonly name?: unknown;

  @ApiProperty(EMAILS)
  readonly emails!: readonly unknown[];

  @ApiProperty({
    enum: STATUSES,
    enumName: 'UserStatus',
    description: '`removed`: left the organization (policy onDeactivate), or deleted.',
    example: 'active',
  })
  readonly status!: (typeof STATUSES)[number];

  @ApiProperty({ description: 'Whether the identity provider manages the user.', example: true })
  readonly synced!: boolean;

  @ApiProperty({
    enum: ORIGINS,
    enumName: 'UserOrigin',
    description: 'How the user came to be.',
    example: 'scim',
  })
  readonly origin!: string;

  @ApiProperty({
    description: 'The role in the application, where it comes from a default too.',
    example: 'analyst',
  })
  readonly role!: string;

  @ApiPropertyOptional({
    description:
      'By the first of the policy licenseRules whose group the user is in, else the default.',
    example: 'analyst',
  })
  readonly license?: string;

  @ApiProperty({
    description:
      'Values that policies give, not the identity provider: of role and license, which the user shows as well, and the locale.',
  })
  readonly defaults!: UserDefaultsDocument;

  @ApiPropertyOptional({
    type: [String],
    description:
      'Attributes that were changed by hand since the identity provider stated them; its next statement takes these back.',
    example: ['displayName'],
  })
  readonly overrides?: readonly string[];

  @ApiProperty({ type: [UserTeamDocument] })
  readonly teams!: readonly UserTeamDocument[];

  @ApiPropertyOptional({
    description: 'The deleted user who had the userName before: nothing passed from that one.',
    example: USER_ID,
  })
  readonly predecessorId?: string;

  @ApiProperty({ example: CREATED_AT })
  readonly createdAt!: string;

  @ApiProperty({ example: MODIFIED_AT })
  readonly modifiedAt!: string;
}

@ApiSchema({ name: 'ChangedUser' })
export class ChangedUserDocument extends UserDocument {
  @ApiPropertyOptional(WARNINGS)
  readonly warnings?: readonly string[];
}

@ApiSchema({ name: 'UserCounts' })
export class UserCountsDocument {
  @ApiProperty({ description: 'Whom the identity provider manages.', example: 40 })
  readonly synced!: number;

  @ApiProperty({ description: 'Whom it does not.', example: 2 })
  readonly unsynced!: number;
}

@ApiSchema({ name: 'UserPage' })
export class UserPage {
  @ApiProperty({ type: [UserDocument] })
  readonly items!: readonly UserDocument[];

  @ApiPropertyOptional(NEXT_CURSOR)
  readonly nextCursor?: string;

  @ApiProperty(TOTAL)
  readonly total!: number;

  @ApiProperty({
    description: 'How many match with and without `synced`, whichever of them was asked for.',
  })
  readonly counts!: UserCountsDocument;
}
