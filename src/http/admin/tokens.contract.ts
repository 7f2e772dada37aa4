import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsOptional, IsString, Matches } from 'class-validator';
import { CREATED_AT, KEY_ID, MODIFIED_AT, TOKEN_ID } from './examples.js';
import { IsInstant, NAME, nameRule } from './requests.js';

@ApiSchema({ name: 'NewToken' })
export class NewToken {
  @ApiProperty({
    description:
      'Tells tokens apart; unique among those that are not revoked, without letter case.',
    minLength: 1,
    maxLength: 100,
    example: 'Okta production',
  })
  @IsString(nameRule)
  @Matches(NAME, nameRule)
  readonly name!: string;

  @ApiPropertyOptional({
    description: 'When the token stops to be valid; absent: when it is revoked.',
    format: 'date-time',
    example: '2099-01-31T00:00:00Z',
  })
  @IsOptional()
  @IsInstant()
  readonly expiresAt?: string | null;
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

@ApiSchema({ name: 'TokenList' })
export class TokenList {
  @ApiProperty({ type: [TokenDocument] })
  readonly items!: readonly TokenDocument[];
}
