import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { EffectsDocument } from './effects.contract.js';

@ApiSchema({ name: 'Provisioning' })
export class ProvisioningDocument {
  @ApiPropertyOptional({
    description: 'When the identity provider was last let in. Written at most once a second.',
    example: '2026-11-23T08:30:15.250Z',
  })
  readonly lastRequestAt?: string;

  @ApiPropertyOptional({
    description: 'When a request of the identity provider last changed something.',
    example: '2026-11-23T08:30:15.250Z',
  })
  readonly lastChangeAt?: string;

  @ApiProperty({
    description:
      'Whether SCIM is on and nothing was heard for longer than the policy silentAfterMinutes says, counted from when SCIM was turned on.',
    example: false,
  })
  readonly silent!: boolean;

  @ApiProperty({ example: 1440 })
  readonly silentAfterMinutes!: number;
}

@ApiSchema({ name: 'Precondition' })
export class PreconditionDocument {
  @ApiProperty({ enum: ['entitlement', 'sso', 'sso-provider'], example: 'entitlement' })
  readonly name!: 'entitlement' | 'sso' | 'sso-provider';

  @ApiProperty({
    description: 'Whether SCIM may be turned on, as far as this goes.',
    example: true,
  })
  readonly met!: boolean;
}

@ApiSchema({ name: 'PausedRemovals' })
export class PausedRemovalsDocument {
  @ApiProperty({ example: '2026-11-23T08:30:15.250Z' })
  readonly since!: string;

  @ApiProperty({ description: 'How many users were removed within the hour before.', example: 12 })
  readonly removed!: number;

  @ApiProperty({ description: 'Of how many.', example: 60 })
  readonly users!: number;
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

  @ApiProperty({ description: 'The policy `provider`.', example: 'okta' })
  readonly provider!: string;

  @ApiProperty({ description: 'What was heard of the identity provider.' })
  readonly provisioning!: ProvisioningDocument;

  @ApiProperty({ type: [PreconditionDocument], description: 'What turning SCIM on asks for.' })
  readonly preconditions!: readonly PreconditionDocument[];

  @ApiPropertyOptional({
    description:
      'While policy massRemovalLimit keeps the identity provider from removing users, until POST …/scim/resume.',
  })
  readonly paused?: PausedRemovalsDocument;

  @ApiPropertyOptional({
    description: 'While SCIM is off after it was on: since when the directory stands still.',
    example: '2026-11-23T08:30:15.250Z',
  })
  readonly frozenAt?: string;

  @ApiPropertyOptional({
    description: 'When SCIM was last turned on or off.',
    example: '2026-11-22T12:00:00.000Z',
  })
  readonly changedAt?: string;
}

@ApiSchema({ name: 'ScimPreview' })
export class ScimPreviewDocument {
  @ApiProperty({ type: [PreconditionDocument], description: 'What turning SCIM on asks for.' })
  readonly preconditions!: readonly PreconditionDocument[];

  @ApiProperty({ description: 'Whom and what turning SCIM on would affect.' })
  readonly effects!: EffectsDocument;
}
