import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { GROUP_ID, TEAM_ID, USER_ID } from './examples.js';

/* What a change would come to, before it is made. */

const EFFECT = { description: 'What would happen, as a sentence or a part of one.' } as const;

@ApiSchema({ name: 'UserEffect' })
export class UserEffectDocument {
  @ApiProperty({ example: USER_ID })
  readonly id!: string;

  @ApiProperty({ example: 'ada@example.com' })
  readonly userName!: string;

  @ApiProperty({ ...EFFECT, example: 'license analyst instead of viewer' })
  readonly effect!: string;
}

@ApiSchema({ name: 'GroupEffect' })
export class GroupEffectDocument {
  @ApiProperty({ example: GROUP_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Analysts' })
  readonly displayName!: string;

  @ApiProperty({ ...EFFECT, example: 'gets a team of its name' })
  readonly effect!: string;
}

@ApiSchema({ name: 'TeamEffect' })
export class TeamEffectDocument {
  @ApiProperty({ example: TEAM_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Analysts' })
  readonly name!: string;

  @ApiProperty({ ...EFFECT, example: 'is linked to the group of its name' })
  readonly effect!: string;
}

@ApiSchema({ name: 'LockEffect' })
export class LockEffectDocument {
  @ApiProperty({
    enum: ['user', 'team', 'membership', 'organization'],
    description:
      '`membership`: all memberships of a team. `organization`: what is added to it. `id` and `name` are theirs.',
    example: 'user',
  })
  readonly kind!: string;

  @ApiProperty({ example: USER_ID })
  readonly id!: string;

  @ApiProperty({ example: 'ada@example.com' })
  readonly name!: string;

  @ApiProperty({ ...EFFECT, example: 'locked' })
  readonly effect!: string;
}

@ApiSchema({ name: 'EffectTotals' })
export class EffectTotalsDocument {
  @ApiProperty({ example: 1 })
  readonly users!: number;

  @ApiProperty({ example: 1 })
  readonly groups!: number;

  @ApiProperty({ example: 1 })
  readonly teams!: number;

  @ApiProperty({ example: 1 })
  readonly locks!: number;
}

@ApiSchema({ name: 'Effects' })
export class EffectsDocument {
  @ApiProperty({ type: [UserEffectDocument] })
  readonly users!: readonly UserEffectDocument[];

  @ApiProperty({ type: [GroupEffectDocument] })
  readonly groups!: readonly GroupEffectDocument[];

  @ApiProperty({ type: [TeamEffectDocument] })
  readonly teams!: readonly TeamEffectDocument[];

  @ApiProperty({ type: [LockEffectDocument] })
  readonly locks!: readonly LockEffectDocument[];

  @ApiProperty({ description: 'How many there are altogether: each list ends after 500.' })
  readonly totals!: EffectTotalsDocument;
}
