import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { CREATED_AT, TOKEN_ID, USER_ID } from './examples.js';
import { NEXT_CURSOR } from './page.js';

@ApiSchema({ name: 'Actor' })
export class ActorDocument {
  @ApiProperty({
    enum: ['token', 'key', 'system'],
    description: 'A SCIM token, an API key, or Rollcall itself.',
    example: 'token',
  })
  readonly kind!: string;

  @ApiPropertyOptional({ example: TOKEN_ID })
  readonly id?: string;

  @ApiPropertyOptional({ example: 'Okta production' })
  readonly name?: string;
}

@ApiSchema({ name: 'Subject' })
export class SubjectDocument {
  @ApiProperty({
    enum: ['organization', 'user', 'group', 'team', 'token', 'key'],
    example: 'user',
  })
  readonly kind!: string;

  @ApiProperty({ example: USER_ID })
  readonly id!: string;

  @ApiPropertyOptional({
    description: 'What it was called when it happened.',
    example: 'ada@example.com',
  })
  readonly name?: string;
}

@ApiSchema({ name: 'HistoryEntry' })
export class HistoryEntryDocument {
  @ApiProperty({ description: "The event's place in the log; opaque.", example: '4711' })
  readonly position!: string;

  @ApiProperty({ example: CREATED_AT })
  readonly occurredAt!: string;

  @ApiProperty({ example: 'UserProvisioned' })
  readonly type!: string;

  @ApiProperty()
  readonly actor!: ActorDocument;

  @ApiProperty()
  readonly subject!: SubjectDocument;

  @ApiProperty({ example: 'User ada@example.com was provisioned.' })
  readonly sentence!: string;

  @ApiProperty({
    description: 'The same for everything that one request caused.',
    example: '019aab5e-7c2a-7b1e-9a63-0c4d5e6f7a8b',
  })
  readonly correlationId!: string;
}

@ApiSchema({ name: 'HistoryPage' })
export class HistoryPage {
  @ApiProperty({ type: [HistoryEntryDocument] })
  readonly items!: readonly HistoryEntryDocument[];

  @ApiPropertyOptional(NEXT_CURSOR)
  readonly nextCursor?: string;
}
