import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import type { ApiKeyRole } from '../../domain/events.js';
import { NAME, nameRule, SLUG, slugRule } from './requests.js';

/* What clients send and see of API keys. */

const KEY_ID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const CREATED_AT = '2026-11-22T12:00:00.000Z';
const ROLES = [
  'owner',
  'administrator',
  'auditor',
  'operator',
  'application',
] as const satisfies readonly ApiKeyRole[];

const ROLE = {
  enum: ROLES,
  enumName: 'ApiKeyRole',
  description: [
    'What the key may do; each operation names in `x-permission` what it needs.',
    '`owner`: everything.',
    '`administrator`: everything that concerns organizations, except to create them.',
    '`auditor`: reads whatever an administrator can read, and changes nothing.',
    '`operator`: looks after the installation: projections, refused requests, the list of organizations; no users.',
    '`application`: asks for sign-in decisions, and reads users and teams.',
  ].join(' '),
  example: 'administrator',
} as const;

const ORGANIZATION = {
  description:
    'The slug of the only organization that the key opens; absent: every one. Keys of an owner or operator have none.',
  pattern: SLUG.source,
  example: 'acme',
};

@ApiSchema({ name: 'NewApiKey' })
export class NewApiKey {
  @ApiProperty({
    description: 'What the key is for. Keys may share a name.',
    minLength: 1,
    maxLength: 100,
    example: 'Console of Acme',
  })
  @IsString(nameRule)
  @Matches(NAME, nameRule)
  readonly name!: string;

  @ApiProperty(ROLE)
  @IsIn(ROLES, { message: `one of ${ROLES.join(', ')}` })
  readonly role!: ApiKeyRole;

  @ApiPropertyOptional(ORGANIZATION)
  @IsOptional()
  @IsString(slugRule)
  @Matches(SLUG, slugRule)
  readonly organization?: string | null;
}

@ApiSchema({ name: 'ApiKey' })
export class ApiKeyDocument {
  @ApiProperty({ example: KEY_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Console of Acme' })
  readonly name!: string;

  @ApiProperty(ROLE)
  readonly role!: ApiKeyRole;

  @ApiPropertyOptional(ORGANIZATION)
  readonly organization?: string;

  @ApiProperty({ example: CREATED_AT })
  readonly createdAt!: string;

  @ApiProperty({ description: 'The actor, as in the history.', example: `key:${KEY_ID}` })
  readonly createdBy!: string;
}

@ApiSchema({ name: 'IssuedApiKey' })
export class IssuedApiKeyDocument extends ApiKeyDocument {
  @ApiProperty({
    description: 'The key. It is shown here and never again: only its hash is kept.',
    example: `key_${'x'.repeat(43)}`,
  })
  readonly key!: string;
}

@ApiSchema({ name: 'ApiKeyList' })
export class ApiKeyList {
  @ApiProperty({ type: [ApiKeyDocument] })
  readonly items!: readonly ApiKeyDocument[];
}
