import {
  Injectable,
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
} from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import type { JsonObject } from '../../domain/identifiers.js';
import { isObject } from '../../scim/json.js';
import { Problem, shown, type Fault } from './problem.js';

/** Of a long list that is wrong throughout. */
const MOST_FAULTS = 20;

const validation = {
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  stopAtFirstError: true,
};

/** A body as its class in requests.ts. @throws Problem request-invalid */
export class BodyPipe extends ValidationPipe {
  constructor() {
    super({ ...validation, exceptionFactory: (errors) => invalid(errors, pointerTo) });
  }

  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    return super.transform(objectBody(value), metadata);
  }
}

/** A body that may also be the bare list of its `items`. @throws Problem request-invalid */
export class ListOrBodyPipe extends BodyPipe {
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    return super.transform(Array.isArray(value) ? { items: value } : value, metadata);
  }
}

/** The query as its class in requests.ts. @throws Problem request-invalid */
export class QueryPipe extends ValidationPipe {
  constructor() {
    super({ ...validation, exceptionFactory: (errors) => invalid(errors, parameter) });
  }
}

/** A body that is any JSON object. @throws Problem request-invalid */
@Injectable()
export class ObjectBodyPipe implements PipeTransform<unknown, JsonObject> {
  transform(value: unknown): JsonObject {
    return objectBody(value);
  }
}

function objectBody(value: unknown): JsonObject {
  if (isObject(value)) return value;
  throw new Problem('request-invalid', `body: found ${shown(value)}, expected a JSON object`);
}

/** Where a member is: its own name last. */
type Path = readonly string[];

function invalid(
  errors: readonly ValidationError[],
  place: (path: Path) => Omit<Fault, 'detail'>,
): Problem {
  const faults = errors
    .flatMap((error) => faulty(error, []))
    .slice(0, MOST_FAULTS)
    .map(({ error, path }) => ({ ...place(path), detail: faultOf(error, path) }));
  return new Problem('request-invalid', faults.map(({ detail }) => detail).join('; '), faults);
}

/** The error, or those of the members of a member. */
function faulty(
  error: ValidationError,
  above: Path,
): readonly { readonly error: ValidationError; readonly path: Path }[] {
  const path = [...above, error.property.slice(0, 100)];
  const { constraints, children = [] } = error;
  return constraints ? [{ error, path }] : children.flatMap((child) => faulty(child, path));
}

function faultOf({ value, constraints = {} }: ValidationError, path: Path): string {
  const name = path.join('.');
  if ('whitelistValidation' in constraints) return `${name}: there is no such member or parameter`;
  return `${name}: found ${shown(value)}, expected ${Object.values(constraints)[0]}`;
}

/** RFC 6901 §3 */
const pointerTo = (path: Path): Pick<Fault, 'pointer'> => ({
  pointer: `#${path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`,
});

const parameter = (path: Path): Pick<Fault, 'parameter'> => ({ parameter: path.join('.') });
