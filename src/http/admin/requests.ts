import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  isISO8601,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
} from 'class-validator';

/*
 * What clients of the management API send. The message of every rule is what it expects, and all rules of one member
 * say the same, because the answer names what was found and then this.
 */

export const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** No control characters, which terminals and PostgreSQL do not take, and no lone surrogates, which are no text. */
export const NAME = /^(?!\s)[^\p{Cc}\p{Cs}]{1,100}(?<!\s)$/u;
const SEARCH = /^[^\p{Cc}\p{Cs}]{1,200}$/u;
const ACTOR = /^(?:(?:token|key):[\w-]{1,64}|system)$/;
const EVENT_TYPE = /^[A-Z][A-Za-z]{1,63}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

export const slugRule = {
  message: '1 to 63 lower-case letters, digits and hyphens, beginning and ending without a hyphen',
};
export const nameRule = {
  message: '1 to 100 characters, none of them control characters, no space at either end',
};
const limitRule = { message: 'a whole number from 1 to 200' };
const timeRule = { message: 'an ISO 8601 time with its offset, such as 2027-01-31T00:00:00Z' };
const searchRule = { message: '1 to 200 characters, none of them control characters' };
export const uuidRule = { message: 'a UUID' };
const actorRule = { message: 'token:{id}, key:{id} or system' };
const eventTypeRule = { message: 'the type of an event, such as UserProvisioned' };
const cursorRule = { message: 'the nextCursor of an earlier page' };

export const STATUSES = ['active', 'disabled', 'removed'] as const;
export const ORIGINS = ['scim', 'sign-in', 'manual', 'api'] as const;

const number = ({ value }: { readonly value: unknown }): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

const boolean = ({ value }: { readonly value: unknown }): unknown => {
  if (value === 'true') return true;
  return value === 'false' ? false : value;
};

/** A member that may be absent; unlike with IsOptional, null is a value like others. */
export const IfSent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** A point in time, of a day that the calendar has. */
export const IsInstant = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isInstant',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' &&
          INSTANT.test(value) &&
          isISO8601(value, { strict: true }) &&
          !Number.isNaN(Date.parse(value)),
      },
    },
    timeRule,
  );

export class PageQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 200, default: 50, example: 50 })
  @IsOptional()
  @Transform(number)
  @IsInt(limitRule)
  @Min(1, limitRule)
  @Max(200, limitRule)
  readonly limit: number = 50;

  @ApiPropertyOptional({ description: 'The `nextCursor` of the page before.' })
  @IsOptional()
  @IsString(cursorRule)
  readonly cursor?: string;
}

export class DryRunQuery {
  @ApiPropertyOptional({
    default: false,
    description: 'true: answers what the request would affect, and changes nothing.',
  })
  @IsOptional()
  @Transform(boolean)
  @IsBoolean({ message: 'true or false' })
  readonly dryRun: boolean = false;
}

export class UserListQuery extends PageQuery {
  @ApiPropertyOptional({
    description: 'Only users that the identity provider manages, or only others.',
  })
  @IsOptional()
  @Transform(boolean)
  @IsBoolean({ message: 'true or false' })
  readonly synced?: boolean;

  @ApiPropertyOptional({ enum: STATUSES, description: 'Absent: everybody but those removed.' })
  @IsOptional()
  @IsIn(STATUSES, { message: `one of ${STATUSES.join(', ')}` })
  readonly status?: (typeof STATUSES)[number];

  @ApiPropertyOptional({ enum: ORIGINS })
  @IsOptional()
  @IsIn(ORIGINS, { message: `one of ${ORIGINS.join(', ')}` })
  readonly origin?: (typeof ORIGINS)[number];

  @ApiPropertyOptional({
    description:
      'A part of the userName, the display name or an e-mail address, without letter case.',
  })
  @IsOptional()
  @IsString(searchRule)
  @Matches(SEARCH, searchRule)
  readonly q?: string;
}

export class HistoryQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Only what happened to this user, memberships included.' })
  @IsOptional()
  @IsUUID('all', uuidRule)
  readonly user?: string;

  @ApiPropertyOptional({ description: 'Only what happened to this team.' })
  @IsOptional()
  @IsUUID('all', uuidRule)
  readonly team?: string;

  @ApiPropertyOptional({ description: 'Only what happened to this group.' })
  @IsOptional()
  @IsUUID('all', uuidRule)
  readonly group?: string;

  @ApiPropertyOptional({ description: 'Only what `token:{id}`, `key:{id}` or `system` did.' })
  @IsOptional()
  @IsString(actorRule)
  @Matches(ACTOR, actorRule)
  readonly actor?: string;

  @ApiPropertyOptional({ description: 'Only events of this type, such as `UserProvisioned`.' })
  @IsOptional()
  @IsString(eventTypeRule)
  @Matches(EVENT_TYPE, eventTypeRule)
  readonly type?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'From this time on.' })
  @IsOptional()
  @IsInstant()
  readonly from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time.' })
  @IsOptional()
  @IsInstant()
  readonly to?: string;
}
