import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

/*
 * What the management API answers: the shapes that its clients, the console among them, may rely on.
 * Times are ISO 8601, UTC, milliseconds.
 */

const USER_ID = '019aab5e-7c2a-7b1e-9a63-0c4d5e6f7a8b';
const TEAM_ID = '019aab5e-8d41-7f02-8c1d-2b3a4c5d6e7f';
const GROUP_ID = '019aab5e-9e55-7a11-b2c3-d4e5f6a7b8c9';
const TOKEN_ID = '019aab5e-1f60-7c3d-a4b5-c6d7e8f90a1b';
const KEY_ID = '019aab5e-0a0b-7c0d-8e0f-102030405060';
const CREATED_AT = '2026-11-22T12:00:00.000Z';
const MODIFIED_AT = '2026-11-23T08:30:15.250Z';

@ApiSchema({ name: 'RequestFault' })
export class RequestFault {
  @ApiPropertyOptional({ description: 'A JSON pointer into the body.', example: '#/name' })
  readonly pointer?: string;

  @ApiPropertyOptional({ description: 'The name of a query parameter.', example: 'limit' })
  readonly parameter?: string;

  @ApiProperty({ example: 'name: found 7, expected 1 to 100 characters' })
  readonly detail!: string;
}

/** RFC 9457 §3.1 */
@ApiSchema({ name: 'Problem' })
export class ProblemDocument {
  @ApiProperty({
    description: 'Says what is wrong and never changes. docs/errors.md explains each.',
    example: '/problems/request-invalid',
  })
  readonly type!: string;

  @ApiProperty({ example: 'The request is not valid' })
  readonly title!: string;

  @ApiProperty({ example: 400 })
  readonly status!: number;

  @ApiProperty({ example: 'name: found 7, expected 1 to 100 characters' })
  readonly detail!: string;

  @ApiProperty({
    description: "The request's correlation id, which also stands in the history and in the log.",
    example: 'urn:uuid:019aab5e-7c2a-7b1e-9a63-0c4d5e6f7a8b',
  })
  readonly instance!: string;

  @ApiPropertyOptional({
    type: [RequestFault],
    description: 'Every fault, where there are several.',
  })
  readonly errors?: readonly RequestFault[];
}

@ApiSchema({ name: 'Organization' })
export class OrganizationDocument {
  @ApiProperty({ example: 'acme' })
  readonly slug!: string;

  @ApiProperty({ example: 'Acme Corporation' })
  readonly displayName!: string;

  @ApiProperty({ description: 'Whether SCIM is on.', example: true })
  readonly scimEnabled!: boolean;

  @ApiProperty({ example: CREATED_AT })
  readonly createdAt!: string;
}

@ApiSchema({ name: 'Policies' })
export class PoliciesDocument {
  @ApiProperty({
    enum: ['unique', 'any'],
    description: 'Whether two groups may bear one displayName, compared without letter case.',
    example: 'unique',
  })
  readonly groupNames!: 'unique' | 'any';
}

@ApiSchema({ name: 'ScimConnection' })
export class ScimConnectionDocument {
  @ApiProperty({ example: true })
  readonly enabled!: boolean;

  @ApiProperty({
    description: 'What the identity provider is given. It never changes.',
    example: 'https://id.example.com/scim/v2/acme',
  })
  readonly baseUrl!: string;

  @ApiPropertyOptional({
    description: 'While SCIM is off after it was on: since when the directory stands still.',
    example: MODIFIED_AT,
  })
  readonly frozenAt?: string;

  @ApiPropertyOptional({
    description: 'When SCIM was last turned on or off.',
    example: CREATED_AT,
  })
  readonly changedAt?: string;
}

@ApiSchema({ name: 'IssuedToken' })
export class IssuedTokenDocument {
  @ApiProperty({ example: TOKEN_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Okta production' })
  readonly name!: string;

  @ApiProperty({
    description: 'The bearer token. It is shown here and never again: only its hash is kept.',
    example: `scim_${TOKEN_ID}_${'x'.repeat(43)}`,
  })
  readonly token!: string;

  @ApiProperty({ example: CREATED_AT })
  readonly createdAt!: string;

  @ApiPropertyOptional({ example: '2027-11-22T12:00:00.000Z' })
  readonly expiresAt?: string;
}

@ApiSchema({ name: 'Token' })
export class TokenDocument {
  @ApiProperty({ example: TOKEN_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Okta production' })
  readonly name!: string;

  @ApiProperty({ example: CREATED_AT })
  readonly createdAt!: string;

  @ApiProperty({ description: 'The actor, as in the history.', example: `key:${KEY_ID}` })
  readonly createdBy!: string;

  @ApiPropertyOptional({ example: '2027-11-22T12:00:00.000Z' })
  readonly expiresAt?: string;

  @ApiPropertyOptional({
    description: 'Absent: never used. Written at most once a second.',
    example: MODIFIED_AT,
  })
  readonly lastUsedAt?: string;

  @ApiPropertyOptional({
    description: 'The User-Agent of the last caller.',
    example: 'Okta SCIM Client 1.0.0',
  })
  readonly lastUsedBy?: string;
}

@ApiSchema({ name: 'UserTeam' })
export class UserTeamDocument {
  @ApiProperty({ example: TEAM_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Analysts' })
  readonly name!: string;

  @ApiProperty({
    enum: ['scim', 'manual', 'sign-in'],
    isArray: true,
    description: 'Why the user is in the team.',
    example: ['scim'],
  })
  readonly grants!: readonly string[];
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

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'As in SCIM. RFC 7643 §4.1.1',
    example: { givenName: 'Ada', familyName: 'Lovelace' },
  })
  readonly name?: unknown;

  @ApiProperty({
    type: 'array',
    items: { type: 'object' },
    description: 'As in SCIM. RFC 7643 §4.1.2',
    example: [{ value: 'ada@example.com', type: 'work', primary: true }],
  })
  readonly emails!: readonly unknown[];

  @ApiProperty({ enum: ['active', 'disabled', 'removed'], example: 'active' })
  readonly status!: 'active' | 'disabled' | 'removed';

  @ApiProperty({ description: 'Whether the identity provider manages the user.', example: true })
  readonly synced!: boolean;

  @ApiProperty({ enum: ['scim', 'sign-in', 'manual', 'api'], example: 'scim' })
  readonly origin!: string;

  @ApiProperty({ type: [UserTeamDocument] })
  readonly teams!: readonly UserTeamDocument[];

  @ApiProperty({ example: CREATED_AT })
  readonly createdAt!: string;

  @ApiProperty({ example: MODIFIED_AT })
  readonly modifiedAt!: string;
}

@ApiSchema({ name: 'TeamGroup' })
export class TeamGroupDocument {
  @ApiProperty({ example: GROUP_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Analysts' })
  readonly displayName!: string;

  @ApiPropertyOptional({ example: '00g9z8y7x6w5' })
  readonly externalId?: string;
}

@ApiSchema({ name: 'Team' })
export class TeamDocument {
  @ApiProperty({ example: TEAM_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Analysts' })
  readonly name!: string;

  @ApiProperty({ description: 'Whether a group feeds the team.', example: true })
  readonly synced!: boolean;

  @ApiProperty({ description: 'An archived team gives nobody access.', example: false })
  readonly archived!: boolean;

  @ApiProperty({ type: [TeamGroupDocument] })
  readonly groups!: readonly TeamGroupDocument[];

  @ApiProperty({ example: 12 })
  readonly memberCount!: number;

  @ApiProperty({ example: CREATED_AT })
  readonly createdAt!: string;
}

@ApiSchema({ name: 'TeamMember' })
export class TeamMemberDocument {
  @ApiProperty({ example: USER_ID })
  readonly id!: string;

  @ApiProperty({ example: 'ada@example.com' })
  readonly userName!: string;

  @ApiProperty({ enum: ['active', 'disabled', 'removed'], example: 'active' })
  readonly status!: 'active' | 'disabled' | 'removed';

  @ApiProperty({
    enum: ['scim', 'manual', 'sign-in'],
    isArray: true,
    description: 'Why the user is in the team.',
    example: ['scim'],
  })
  readonly grants!: readonly string[];
}

@ApiSchema({ name: 'Actor' })
export class ActorDocument {
  @ApiProperty({
    enum: ['token', 'key', 'system'],
    description: 'A SCIM token, an API key, or Rollcall itself.',
    example: 'token',
  })
  readonly kind!: string;

  @ApiPropertyOptional({ example: TOKEN_ID })
  readonly id?: string;

  @ApiPropertyOptional({ example: 'Okta production' })
  readonly name?: string;
}

@ApiSchema({ name: 'Subject' })
export class SubjectDocument {
  @ApiProperty({
    enum: ['organization', 'user', 'group', 'team', 'token', 'key'],
    example: 'user',
  })
  readonly kind!: string;

  @ApiProperty({ example: USER_ID })
  readonly id!: string;

  @ApiPropertyOptional({
    description: 'What it was called when it happened.',
    example: 'ada@example.com',
  })
  readonly name?: string;
}

@ApiSchema({ name: 'HistoryEntry' })
export class HistoryEntryDocument {
  @ApiProperty({ description: "The event's place in the log; opaque.", example: '4711' })
  readonly position!: string;

  @ApiProperty({ example: CREATED_AT })
  readonly occurredAt!: string;

  @ApiProperty({ example: 'UserProvisioned' })
  readonly type!: string;

  @ApiProperty()
  readonly actor!: ActorDocument;

  @ApiProperty()
  readonly subject!: SubjectDocument;

  @ApiProperty({ example: 'User ada@example.com was provisioned.' })
  readonly sentence!: string;

  @ApiProperty({
    description: 'The same for everything that one request caused.',
    example: '019aab5e-7c2a-7b1e-9a63-0c4d5e6f7a8b',
  })
  readonly correlationId!: string;
}

const NEXT_CURSOR = {
  description: 'What to send as `cursor` for the next page. Absent on the last page.',
  example: 'NDcxMQ',
};
const TOTAL = { description: 'How many match on all pages.', example: 1 };

@ApiSchema({ name: 'OrganizationPage' })
export class OrganizationPage {
  @ApiProperty({ type: [OrganizationDocument] })
  readonly items!: readonly OrganizationDocument[];

  @ApiPropertyOptional(NEXT_CURSOR)
  readonly nextCursor?: string;
}

@ApiSchema({ name: 'TokenList' })
export class TokenList {
  @ApiProperty({ type: [TokenDocument] })
  readonly items!: readonly TokenDocument[];
}

@ApiSchema({ name: 'UserPage' })
export class UserPage {
  @ApiProperty({ type: [UserDocument] })
  readonly items!: readonly UserDocument[];

  @ApiPropertyOptional(NEXT_CURSOR)
  readonly nextCursor?: string;

  @ApiProperty(TOTAL)
  readonly total!: number;
}

@ApiSchema({ name: 'TeamPage' })
export class TeamPage {
  @ApiProperty({ type: [TeamDocument] })
  readonly items!: readonly TeamDocument[];

  @ApiPropertyOptional(NEXT_CURSOR)
  readonly nextCursor?: string;

  @ApiProperty(TOTAL)
  readonly total!: number;
}

@ApiSchema({ name: 'TeamMemberPage' })
export class TeamMemberPage {
  @ApiProperty({ type: [TeamMemberDocument] })
  readonly items!: readonly TeamMemberDocument[];

  @ApiPropertyOptional(NEXT_CURSOR)
  readonly nextCursor?: string;
}

@ApiSchema({ name: 'HistoryPage' })
export class HistoryPage {
  @ApiProperty({ type: [HistoryEntryDocument] })
  readonly items!: readonly HistoryEntryDocument[];

  @ApiPropertyOptional(NEXT_CURSOR)
  readonly nextCursor?: string;
}
