import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsOptional, IsString, Matches } from 'class-validator';
import type { SignInReason } from '../../commands/messages.js';
import { UserDocument, UserTeamDocument } from './users.contract.js';

const CLAIM = /^[^\p{Cc}\p{Cs}]{1,1000}$/u;
const claimRule = { message: '1 to 1000 characters, none of them control characters' };
const MOST_CLAIMS = 1_000;
const claimsRule = {
  message: `a list of at most ${MOST_CLAIMS}, each of 1 to 1000 characters, none of them control characters`,
};

const REASONS = [
  'matched',
  'created',
  'deactivated',
  'not-provisioned',
  'sign-up-off',
  'subject-mismatch',
  'seat-limit-reached',
] as const satisfies readonly SignInReason[];

@ApiSchema({ name: 'SignIn' })
export class SignInBody {
  @ApiProperty({
    description:
      "The identity provider's id of the person: NameID of SAML, `sub` of OpenID Connect. Compared with externalId.",
    example: '00u1a2b3c4d5',
  })
  @IsString(claimRule)
  @Matches(CLAIM, claimRule)
  readonly subject!: string;

  @ApiProperty({ example: 'ada@example.com' })
  @IsString(claimRule)
  @Matches(CLAIM, claimRule)
  readonly userName!: string;

  @ApiPropertyOptional({ example: 'ada@example.com' })
  @IsOptional()
  @IsString(claimRule)
  @Matches(CLAIM, claimRule)
  readonly email?: string | null;

  @ApiPropertyOptional({
    oneOf: [
      { type: 'string', description: 'The display name.' },
      { type: 'object', description: 'As in SCIM. RFC 7643 §4.1.1' },
    ],
    description: 'For a user who is created by this sign-in.',
    example: 'Ada Lovelace',
  })
  @IsOptional()
  readonly name?: unknown;

  @ApiPropertyOptional({
    type: [String],
    description: 'All groups of the person, for Team Sync. Absent: not claimed, nothing follows.',
    example: ['cn=analysts,ou=groups,dc=example,dc=com'],
  })
  @IsOptional()
  @IsArray(claimsRule)
  @ArrayMaxSize(MOST_CLAIMS, claimsRule)
  @Matches(CLAIM, { ...claimsRule, each: true })
  readonly groups?: readonly string[] | null;

  @ApiPropertyOptional({
    type: [String],
    description:
      'Roles of the person, the first of which counts for Role Sync. Absent: not claimed, nothing follows.',
    example: ['analyst'],
  })
  @IsOptional()
  @IsArray(claimsRule)
  @ArrayMaxSize(MOST_CLAIMS, claimsRule)
  @Matches(CLAIM, { ...claimsRule, each: true })
  readonly roles?: readonly string[] | null;
}

@ApiSchema({ name: 'SignInDecision' })
export class SignInDecisionDocument {
  @ApiProperty({ enum: ['allowed', 'refused'], example: 'allowed' })
  readonly decision!: 'allowed' | 'refused';

  @ApiProperty({
    enum: REASONS,
    description:
      '`matched`, `created`: allowed. `deactivated`: the account is off. `not-provisioned`: policy rejectNonProvisioned. `sign-up-off`: unknown, and policy allowSignUp is off. `subject-mismatch`: the account is bound to another subject. `seat-limit-reached`: unknown, and policy seatLimit leaves no seat.',
    example: 'matched',
  })
  readonly reason!: SignInReason;

  @ApiProperty({ description: 'A sentence for the administrator.', example: 'The user is known.' })
  readonly detail!: string;

  @ApiPropertyOptional({ description: 'Absent for somebody unknown.' })
  readonly user?: UserDocument;

  @ApiPropertyOptional({ description: 'What the person is let in as.', example: 'analyst' })
  readonly role?: string;

  @ApiPropertyOptional({
    type: [UserTeamDocument],
    description: 'The teams whose access the person has.',
  })
  readonly teams?: readonly UserTeamDocument[];
}
