import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Equals, IsUUID } from 'class-validator';
import { GROUP_ID, TEAM_ID, USER_ID } from './examples.js';
import { NEXT_CURSOR } from './page.js';
import { IfSent, uuidRule } from './requests.js';

const LINK_STATES = ['linked', 'pending', 'unmapped', 'unlinked'] as const;

/** One of its members, not both; the controller sees to it. */
@ApiSchema({ name: 'LinkDecision' })
export class LinkDecision {
  @ApiPropertyOptional({ description: 'The team that the group is to feed.', example: TEAM_ID })
  @IfSent()
  @IsUUID('all', uuidRule)
  readonly teamId?: string;

  @ApiPropertyOptional({
    enum: [true],
    description: "Instead: a new team of the group's name.",
  })
  @IfSent()
  @Equals(true, { message: 'true' })
  readonly createTeam?: true;
}

@ApiSchema({ name: 'NamedTeam' })
export class NamedTeamDocument {
  @ApiProperty({ example: TEAM_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Analysts' })
  readonly name!: string;
}

@ApiSchema({ name: 'GroupLink' })
export class GroupLinkDocument {
  @ApiProperty({ example: GROUP_ID })
  readonly groupId!: string;

  @ApiProperty({ example: 'Analysts' })
  readonly displayName!: string;

  @ApiPropertyOptional({ example: '00g9z8y7x6w5' })
  readonly externalId?: string;

  @ApiProperty({
    enum: LINK_STATES,
    description:
      '`linked`: feeds the team. `pending`: waits for a decision. `unmapped`: by policy, feeds a team only once it is linked here. `unlinked`: was unlinked by decision, and no policy links it again.',
    example: 'pending',
  })
  readonly state!: (typeof LINK_STATES)[number];

  @ApiPropertyOptional({ description: 'The team that it feeds.' })
  readonly team?: NamedTeamDocument;

  @ApiPropertyOptional({
    type: [NamedTeamDocument],
    description: 'Teams of exactly that name, which no group feeds.',
  })
  readonly candidates?: readonly NamedTeamDocument[];

  @ApiProperty({
    type: [String],
    description:
      'Ids of the users who are in the group and not in the team, or the only candidate; the first 500.',
    example: [USER_ID],
  })
  readonly joining!: readonly string[];

  @ApiProperty({ description: 'How many are joining altogether.', example: 1 })
  readonly joiningTotal!: number;

  @ApiProperty({
    type: [String],
    description:
      'Ids of the users who are in the only candidate by hand and not in the group: its next full statement would end that; the first 500.',
    example: [USER_ID],
  })
  readonly leaving!: readonly string[];

  @ApiProperty({ description: 'How many are leaving altogether.', example: 1 })
  readonly leavingTotal!: number;
}

@ApiSchema({ name: 'GroupLinkPage' })
export class GroupLinkPage {
  @ApiProperty({ type: [GroupLinkDocument] })
  readonly items!: readonly GroupLinkDocument[];

  @ApiPropertyOptional(NEXT_CURSOR)
  readonly nextCursor?: string;
}
