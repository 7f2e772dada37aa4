import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { presets, type Preset } from '../../domain/policies.js';
import { CREATED_AT } from './examples.js';
import { NEXT_CURSOR } from './page.js';
import { NAME, nameRule, SLUG, slugRule } from './requests.js';

export const PRESETS = Object.keys(presets) as readonly Preset[];

@ApiSchema({ name: 'NewOrganization' })
export class NewOrganization {
  @ApiProperty({
    description: 'The organization in every URL, the SCIM base URL included; it never changes.',
    pattern: SLUG.source,
    example: 'acme',
  })
  @Matches(SLUG, slugRule)
  readonly slug!: string;

  @ApiProperty({ minLength: 1, maxLength: 100, example: 'Acme Corporation' })
  @IsString(nameRule)
  @Matches(NAME, nameRule)
  readonly displayName!: string;

  @ApiPropertyOptional({
    enum: PRESETS,
    description: 'The product after which the policies are set at first; absent: the defaults.',
    example: 'dagster',
  })
  @IsOptional()
  @IsIn(PRESETS, { message: `one of ${PRESETS.join(', ')}` })
  readonly preset?: Preset | null;
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

@ApiSchema({ name: 'OrganizationPage' })
export class OrganizationPage {
  @ApiProperty({ type: [OrganizationDocument] })
  readonly items!: readonly OrganizationDocument[];

  @ApiPropertyOptional(NEXT_CURSOR)
  readonly nextCursor?: string;
}
