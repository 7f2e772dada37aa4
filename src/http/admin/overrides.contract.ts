import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { KEY_ID, MODIFIED_AT, USER_ID } from './examples.js';
import { NamedTeamDocument } from './links.contract.js';

@ApiSchema({ name: 'NamedUser' })
export class NamedUserDocument {
  @ApiProperty({ example: USER_ID })
  readonly id!: string;

  @ApiProperty({ example: 'ada@example.com' })
  readonly userName!: string;
}

@ApiSchema({ name: 'Override' })
export class OverrideDocument {
  @ApiProperty({ enum: ['user', 'team', 'membership'], example: 'user' })
  readonly kind!: 'user' | 'team' | 'membership';

  @ApiPropertyOptional({ description: 'Of a user or a membership.' })
  readonly user?: NamedUserDocument;

  @ApiPropertyOptional({ description: 'Of a team or a membership.' })
  readonly team?: NamedTeamDocument;

  @ApiPropertyOptional({
    description: 'What was changed of a user or a team.',
    example: 'displayName',
  })
  readonly attribute?: string;

  @ApiPropertyOptional({
    enum: ['added', 'removed'],
    description: 'What was done to a membership.',
  })
  readonly change?: 'added' | 'removed';

  @ApiProperty({ description: 'Who did it, as in the history.', example: `key:${KEY_ID}` })
  readonly actor!: string;

  @ApiProperty({ example: MODIFIED_AT })
  readonly at!: string;
}

@ApiSchema({ name: 'OverrideList' })
export class OverrideList {
  @ApiProperty({ type: [OverrideDocument], description: 'The latest first; at most 500.' })
  readonly items!: readonly OverrideDocument[];

  @ApiProperty({ description: 'How many there are altogether.', example: 1 })
  readonly total!: number;
}
