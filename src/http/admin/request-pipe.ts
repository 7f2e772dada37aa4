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

function invalid(
  errors: readonly ValidationError[],
  place: (name: string) => Omit<Fault, 'detail'>,
): Problem {
  const faults = errors.map((error) => ({ ...place(error.property), detail: faultOf(error) }));
  return new Problem('request-invalid', faults.map(({ detail }) => detail).join('; '), faults);
}

function faultOf({ property, value, constraints = {} }: ValidationError): string {
  const name = property.slice(0, 100);
  if ('whitelistValidation' in constraints) return `${name}: there is no such member or parameter`;
  return `${name}: found ${shown(value)}, expected ${Object.values(constraints)[0]}`;
}

/** RFC 6901 §3 */
const pointerTo = (name: string): Pick<Fault, 'pointer'> => ({
  pointer: `#/${name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`,
});

const parameter = (name: string): Pick<Fault, 'parameter'> => ({ parameter: name.slice(0, 100) });
