import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'RequestFault' })
export class RequestFault {
  @ApiPropertyOptional({ description: 'A JSON pointer into the body.', example: '#/name' })
  readonly pointer?: string;

  @ApiPropertyOptional({ description: 'The name of a query parameter.', example: 'limit' })
  readonly parameter?: string;

  @ApiProperty({ example: 'name: found 7, expected 1 to 100 characters' })
  readonly detail!: string;
}

/** RFC 9457 §3.1 */
@ApiSchema({ name: 'Problem' })
export class ProblemDocument {
  @ApiProperty({
    description: 'Says what is wrong and never changes. docs/errors.md explains each.',
    example: '/problems/request-invalid',
  })
  readonly type!: string;

  @ApiProperty({ example: 'The request is not valid' })
  readonly title!: string;

  @ApiProperty({ example: 400 })
  readonly status!: number;

  @ApiProperty({ example: 'name: found 7, expected 1 to 100 characters' })
  readonly detail!: string;

  @ApiProperty({
    description: "The request's correlation id, which also stands in the history and in the log.",
    example: 'urn:uuid:019aab5e-7c2a-7b1e-9a63-0c4d5e6f7a8b',
  })
  readonly instance!: string;

  @ApiPropertyOptional({
    type: [RequestFault],
    description: 'Every fault, where there are several.',
  })
  readonly errors?: readonly RequestFault[];
}
