import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Equals, IsString, Matches } from 'class-validator';
import { CREATED_AT, GROUP_ID, TEAM_ID, USER_ID } from './examples.js';
import { NEXT_CURSOR, TOTAL } from './page.js';
import { IfSent, NAME, nameRule, STATUSES } from './requests.js';
import { GRANTS, WARNINGS } from './users.contract.js';

const TEAM_NAME = { minLength: 1, maxLength: 100, example: 'Analysts' } as const;

@ApiSchema({ name: 'NewTeam' })
export class NewTeam {
  @ApiProperty({ ...TEAM_NAME, description: 'Teams may share a name.' })
  @IsString(nameRule)
  @Matches(NAME, nameRule)
  readonly name!: string;
}

@ApiSchema({ name: 'TeamChanges' })
export class TeamChangesBody {
  @ApiPropertyOptional({ ...TEAM_NAME, example: 'Data analysts' })
  @IfSent()
  @IsString(nameRule)
  @Matches(NAME, nameRule)
  readonly name?: string;

  @ApiPropertyOptional({
    enum: [true],
    description: 'Archives the team: it gives nobody access, and can be restored.',
  })
  @IfSent()
  @Equals(true, { message: 'true; POST …/restore brings an archived team back' })
  readonly archived?: true;
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

  @ApiPropertyOptional({
    description:
      'Whether its name or its members were changed by hand since the identity provider stated them.',
    example: true,
  })
  readonly overridden?: boolean;

  @ApiProperty({ description: 'An archived team gives nobody access.', example: false })
  readonly archived!: boolean;

  @ApiProperty({ type: [TeamGroupDocument] })
  readonly groups!: readonly TeamGroupDocument[];

  @ApiProperty({ description: 'Without users who were removed.', example: 12 })
  readonly memberCount!: number;

  @ApiProperty({ example: CREATED_AT })
  readonly createdAt!: string;
}

@ApiSchema({ name: 'ChangedTeam' })
export class ChangedTeamDocument extends TeamDocument {
  @ApiPropertyOptional({
    ...WARNINGS,
    example: ['name: the next statement of the identity provider takes this change back'],
  })
  readonly warnings?: readonly string[];
}

@ApiSchema({ name: 'TeamMember' })
export class TeamMemberDocument {
  @ApiProperty({ example: USER_ID })
  readonly id!: string;

  @ApiProperty({ example: 'ada@example.com' })
  readonly userName!: string;

  @ApiProperty({ enum: STATUSES, enumName: 'UserStatus', example: 'active' })
  readonly status!: (typeof STATUSES)[number];

  @ApiProperty(GRANTS)
  readonly grants!: readonly string[];

  @ApiPropertyOptional({
    description: 'Whether the user was added by hand beside what the identity provider states.',
    example: true,
  })
  readonly override?: boolean;
}

@ApiSchema({ name: 'ChangedTeamMember' })
export class ChangedTeamMemberDocument extends TeamMemberDocument {
  @ApiPropertyOptional({
    ...WARNINGS,
    example: ['members: the next statement of the identity provider takes this change back'],
  })
  readonly warnings?: readonly string[];
}

@ApiSchema({ name: 'Warnings' })
export class WarningsDocument {
  @ApiProperty({
    ...WARNINGS,
    example: ['members: the next statement of the identity provider takes this change back'],
  })
  readonly warnings!: readonly string[];
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
