import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtraModels,
  ApiParam,
  ApiResponse,
  ApiTags,
  DocumentBuilder,
  getSchemaPath,
  SwaggerModule,
} from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeyGuard } from './api-key.guard.js';
import { ProblemDocument } from './problem.contract.js';
import { problemKinds, problemType, type ProblemReason } from './problem.js';
import { SLUG } from './requests.js';

const API_KEY = 'apiKey';

/** What is refused of every request that has a body. */
export const BODY_PROBLEMS = [
  'request-invalid',
  'body-malformed',
  'body-too-large',
  'media-type-unsupported',
] as const satisfies readonly ProblemReason[];

export const organizationParameter = {
  name: 'organization',
  description: 'The slug of the organization.',
  schema: { type: 'string', pattern: SLUG.source, example: 'acme' },
} as const;

export const idParameter = (kind: string) =>
  ({
    name: 'id',
    description: `The id of the ${kind}.`,
    schema: { type: 'string', format: 'uuid' },
  }) as const;

export const locationHeader = {
  Location: { description: 'The URL of what was created.', schema: { type: 'string' } },
} as const;

/** A controller below /api, with its authentication and what it can always refuse. */
export function AdminController(path: string, tag: string): ClassDecorator {
  const ofOrganization = path.includes(':organization');
  return applyDecorators(
    Controller(`api/${path}`),
    UseGuards(ApiKeyGuard),
    ApiTags(tag),
    ApiBearerAuth(API_KEY),
    ApiExtraModels(ProblemDocument),
    Refuses(
      'unauthenticated',
      'forbidden',
      ...(ofOrganization ? (['organization-unknown'] as const) : []),
    ),
    ...(ofOrganization ? [ApiParam(organizationParameter)] : []),
  );
}

/** Describes the problems that an endpoint answers. */
export function Refuses(...reasons: readonly ProblemReason[]): ClassDecorator & MethodDecorator {
  const statuses = new Set(reasons.map((reason) => problemKinds[reason].status));
  return applyDecorators(
    ...[...statuses].map((status) =>
      refusal(
        status,
        reasons.filter((reason) => problemKinds[reason].status === status),
      ),
    ),
  );
}

function refusal(status: number, reasons: readonly ProblemReason[]): MethodDecorator {
  const examples = reasons.map((reason) => [reason, { value: example(reason) }] as const);
  return ApiResponse({
    status,
    description: reasons.map((reason) => problemKinds[reason].title).join('; or: '),
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(ProblemDocument) },
        examples: Object.fromEntries(examples),
      },
    },
  });
}

function example(reason: ProblemReason): Partial<ProblemDocument> {
  const { status, title } = problemKinds[reason];
  return { type: problemType(reason), title, status };
}

/** Serves the description of the management API at /docs, and as OpenAPI at /docs/openapi.json. */
export function describeApi(app: NestFastifyApplication): void {
  const outline = new DocumentBuilder()
    .setTitle('Rollcall management API')
    .setDescription(
      'Organizations, their SCIM connection, and what their identity providers provisioned. ' +
        'Errors are problem details (RFC 9457) of a `type` that never changes. ' +
        'A read sees every write that was acknowledged before it, whichever instance took it. ' +
        'Each operation names in `x-permission` what the role of the API key must permit; ' +
        'a key of one organization is refused for every other, whether that exists or not.',
    )
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key.' }, API_KEY)
    .build();
  const describe = () => {
    const document = SwaggerModule.createDocument(app, outline);
    const paths = Object.entries(document.paths).filter(([path]) => path.startsWith('/api/'));
    return { ...document, paths: Object.fromEntries(paths) };
  };
  SwaggerModule.setup('docs', app, describe, {
    jsonDocumentUrl: 'docs/openapi.json',
    customSiteTitle: 'Rollcall management API',
  });
}
