import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import type { Outcome } from '../../projections/scim-requests/scim-requests.queries.js';
import { IsInstant, PageQuery, SLUG, slugRule } from './requests.js';

const USER_ID = '019aab5e-7c2a-7b1e-9a63-0c4d5e6f7a8b';
const OUTCOMES = ['ok', 'refused', 'failed'] as const satisfies readonly Outcome[];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'other'] as const;
const RESOURCES = ['User', 'Group', 'ServiceProviderConfig', 'ResourceTypes', 'Schemas'] as const;

const idRule = { message: 'the id of a resource or of a token, or a correlation id' };

@ApiSchema({ name: 'ReceivedRequest' })
export class ReceivedDocument {
  @ApiPropertyOptional({
    type: [String],
    description: 'Names of the attributes of the body, those of one level below included.',
    example: ['schemas', 'userName', 'name.givenName', 'active'],
  })
  readonly attributes?: readonly string[];

  @ApiPropertyOptional({
    type: [String],
    description: 'The operations of a PATCH, without the values that they set.',
    example: ['Replace active', 'Add emails[type eq "work"].value'],
  })
  readonly operations?: readonly string[];

  @ApiPropertyOptional({
    description: 'The filter; of its values only ids are shown.',
    example: 'userName eq …',
  })
  readonly filter?: string;

  @ApiPropertyOptional({ type: [String], example: ['startIndex=1', 'count=100'] })
  readonly parameters?: readonly string[];
}

@ApiSchema({ name: 'Match' })
export class MatchDocument {
  @ApiProperty({ description: 'The attribute that was compared.', example: 'userName' })
  readonly by!: string;

  @ApiProperty({ type: [String], description: 'At most 20.', example: [USER_ID] })
  readonly ids!: readonly string[];
}

@ApiSchema({ name: 'Refusal' })
export class RefusalDocument {
  @ApiProperty({ description: 'A code that never changes.', example: 'ip-not-allowed' })
  readonly reason!: string;

  @ApiProperty({
    example: 'the address 203.0.113.7 is not on the IP allowlist of this organization',
  })
  readonly explanation!: string;
}

@ApiSchema({ name: 'Hint' })
export class HintDocument {
  @ApiProperty({ description: 'A code that never changes.', example: 'user-name-is-okta-id' })
  readonly code!: string;

  @ApiProperty({
    description: 'What to do about it, and where.',
    example: 'In the Okta application, tab Sign On, set "Application username format" to Email.',
  })
  readonly hint!: string;
}

@ApiSchema({ name: 'ScimRequest' })
export class ScimRequestDocument {
  @ApiProperty({ example: '019aab5e-5b6c-7d8e-9f00-112233445566' })
  readonly id!: string;

  @ApiProperty({ example: '2026-11-22T12:00:00.000Z' })
  readonly time!: string;

  @ApiPropertyOptional({
    description: 'The latest of several requests in this row; what else is shown is of that one.',
    example: '2026-11-22T12:00:41.120Z',
  })
  readonly lastTime?: string;

  @ApiProperty({
    description:
      'How many requests the row stands for: look-ups of one kind, and requests without a valid token, share a row per minute.',
    example: 1,
  })
  readonly count!: number;

  @ApiPropertyOptional({
    description: 'As in the address, whether or not there is such an organization.',
    example: 'acme',
  })
  readonly organization?: string;

  @ApiPropertyOptional({ example: '019aab5e-1f60-7c3d-a4b5-c6d7e8f90a1b' })
  readonly tokenId?: string;

  @ApiProperty({ enum: METHODS, example: 'POST' })
  readonly method!: string;

  @ApiPropertyOptional({ enum: RESOURCES, example: 'User' })
  readonly resourceType?: string;

  @ApiPropertyOptional({
    description: 'Of the one resource that the request was about.',
    example: USER_ID,
  })
  readonly resourceId?: string;

  @ApiProperty({ description: 'The HTTP status of the answer.', example: 201 })
  readonly status!: number;

  @ApiProperty({
    enum: OUTCOMES,
    description: '`ok`; `refused`: for the sender to correct; `failed`: ours.',
    example: 'ok',
  })
  readonly outcome!: Outcome;

  @ApiProperty({
    description: 'The same as in the history, for everything that the request caused.',
    example: '019aab5e-7c2a-7b1e-9a63-0c4d5e6f7a8b',
  })
  readonly correlationId!: string;

  @ApiPropertyOptional({ example: '203.0.113.7' })
  readonly sourceIp?: string;

  @ApiPropertyOptional({ example: 'Okta SCIM Client 1.0.0' })
  readonly userAgent?: string;

  @ApiProperty({ example: 12 })
  readonly durationMs!: number;

  @ApiPropertyOptional({ description: 'What was sent: names and ids, no values.' })
  readonly received?: ReceivedDocument;

  @ApiPropertyOptional({ description: 'Which resources were found, and by what.' })
  readonly matched?: MatchDocument;

  @ApiProperty({
    type: [String],
    description: 'Deviations from the RFCs with which the request was understood.',
    example: ['capitalized-operation', 'string-boolean'],
  })
  readonly coerced!: readonly string[];

  @ApiProperty({
    type: [String],
    description: 'Attributes that no schema knows; they were left out.',
    example: ['license'],
  })
  readonly ignored!: readonly string[];

  @ApiProperty({
    type: [String],
    description: 'Types of the events that it appended; none when nothing changed.',
    example: ['UserProvisioned'],
  })
  readonly changed!: readonly string[];

  @ApiPropertyOptional({ description: 'Why the request was not done.' })
  readonly refusal?: RefusalDocument;

  @ApiProperty({ type: [HintDocument], description: 'What may be set up wrongly.' })
  readonly diagnosis!: readonly HintDocument[];
}

@ApiSchema({ name: 'ScimRequestPage' })
export class ScimRequestPage {
  @ApiProperty({ type: [ScimRequestDocument] })
  readonly items!: readonly ScimRequestDocument[];

  @ApiPropertyOptional({
    description: 'What to send as `cursor` for the next page. Absent on the last page.',
    example: 'NDcxMQ',
  })
  readonly nextCursor?: string;
}

export class ScimRequestQuery extends PageQuery {
  @ApiPropertyOptional({ enum: OUTCOMES })
  @IsOptional()
  @IsIn(OUTCOMES, { message: `one of ${OUTCOMES.join(', ')}` })
  readonly outcome?: Outcome;

  @ApiPropertyOptional({ enum: METHODS })
  @IsOptional()
  @IsIn(METHODS, { message: `one of ${METHODS.join(', ')}` })
  readonly method?: string;

  @ApiPropertyOptional({ enum: RESOURCES })
  @IsOptional()
  @IsIn(RESOURCES, { message: `one of ${RESOURCES.join(', ')}` })
  readonly resource?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'From this time on.' })
  @IsOptional()
  @IsInstant()
  readonly from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time.' })
  @IsOptional()
  @IsInstant()
  readonly to?: string;

  @ApiPropertyOptional({
    description: 'The id of a user, a group or a token, or a correlation id.',
  })
  @IsOptional()
  @IsString(idRule)
  @Matches(/^[\w-]{1,100}$/, idRule)
  readonly q?: string;
}

export class AllScimRequestsQuery extends ScimRequestQuery {
  @ApiPropertyOptional({
    description: 'Only requests to the base URL of this slug, whether or not it exists.',
    pattern: SLUG.source,
  })
  @IsOptional()
  @Matches(SLUG, slugRule)
  readonly organization?: string;
}
