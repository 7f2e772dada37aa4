import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, IsUUID, Matches, ValidateNested } from 'class-validator';
import { GROUP_ID, TEAM_ID, USER_ID } from './examples.js';
import { NamedTeamDocument } from './links.contract.js';
import { uuidRule } from './requests.js';

const MOST_MAPPINGS = 2_000;
const EXTERNAL_GROUP = /^[^\p{Cc}\p{Cs}]{1,1000}$/u;
const externalGroupRule = { message: '1 to 1000 characters, none of them control characters' };
const mappingsRule = { message: `a list of at most ${MOST_MAPPINGS} mappings` };

@ApiSchema({ name: 'TeamSyncMapping' })
export class TeamSyncMappingBody {
  @ApiProperty({
    description: 'A group as the claims of sign-ins name it.',
    minLength: 1,
    maxLength: 1000,
    example: 'cn=analysts,ou=groups,dc=example,dc=com',
  })
  @IsString(externalGroupRule)
  @Matches(EXTERNAL_GROUP, externalGroupRule)
  readonly externalGroup!: string;

  @ApiProperty({
    description:
      'The team into which it leads. Several groups may lead into one, and one into several.',
    example: TEAM_ID,
  })
  @IsUUID('all', uuidRule)
  readonly teamId!: string;
}

@ApiSchema({ name: 'TeamSyncMappings' })
export class TeamSyncMappingList {
  @ApiProperty({ type: [TeamSyncMappingBody] })
  @IsArray(mappingsRule)
  @ArrayMaxSize(MOST_MAPPINGS, mappingsRule)
  @ValidateNested({ each: true, message: 'an object with externalGroup and teamId' })
  @Type(() => TeamSyncMappingBody)
  readonly items!: readonly TeamSyncMappingBody[];
}

@ApiSchema({ name: 'PlannedGroup' })
export class PlannedGroupDocument {
  @ApiProperty({ example: GROUP_ID })
  readonly id!: string;

  @ApiProperty({ example: 'Analysts' })
  readonly displayName!: string;
}

@ApiSchema({ name: 'PlannedLink' })
export class PlannedLinkDocument {
  @ApiProperty({ example: 'cn=analysts,ou=groups,dc=example,dc=com' })
  readonly externalGroup!: string;

  @ApiProperty()
  readonly team!: NamedTeamDocument;

  @ApiProperty({
    type: PlannedGroupDocument,
    nullable: true,
    description: 'The pushed group that feeds the team instead; null while none was found.',
  })
  readonly group!: PlannedGroupDocument | null;

  @ApiProperty({
    enum: ['externalId', 'displayName'],
    nullable: true,
    description: 'What the group was found by.',
    example: 'externalId',
  })
  readonly matchedBy!: 'externalId' | 'displayName' | null;

  @ApiProperty({
    type: [String],
    description: 'Ids of the users who come into the team, by whichever link; the first 500.',
    example: [USER_ID],
  })
  readonly gained!: readonly string[];

  @ApiProperty({ description: 'How many come into the team altogether.', example: 1 })
  readonly gainedTotal!: number;

  @ApiProperty({
    type: [String],
    description: 'Ids of the users who are in the team no more; the first 500.',
    example: [USER_ID],
  })
  readonly lost!: readonly string[];

  @ApiProperty({ description: 'How many leave the team altogether.', example: 1 })
  readonly lostTotal!: number;
}

@ApiSchema({ name: 'AbandonedTeam' })
export class AbandonedTeamDocument {
  @ApiProperty()
  readonly team!: NamedTeamDocument;

  @ApiProperty({
    type: [String],
    description: 'Ids of the users who are in the team no more; the first 500.',
    example: [USER_ID],
  })
  readonly lost!: readonly string[];

  @ApiProperty({ description: 'How many leave the team altogether.', example: 1 })
  readonly lostTotal!: number;
}

@ApiSchema({ name: 'TeamSyncMigration' })
export class TeamSyncMigrationDocument {
  @ApiProperty({ type: [PlannedLinkDocument] })
  readonly links!: readonly PlannedLinkDocument[];

  @ApiProperty({
    type: [AbandonedTeamDocument],
    description: 'Teams that sign-ins filled although no mapping leads into them any more.',
  })
  readonly abandoned!: readonly AbandonedTeamDocument[];
}
