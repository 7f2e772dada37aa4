import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readPatch, type PatchOperation } from '../../scim/patch.js';
import { readResource, type Attributes } from '../../scim/resource.js';
import type { ResourceType } from '../../scim/schema.js';
import { QuirkMetrics } from './quirk-metrics.js';
import { recordOf } from './request-record.js';

/** Reads bodies of requests, and records what they held and how they were understood. */
@Injectable()
export class RequestReader {
  constructor(private readonly quirks: QuirkMetrics) {}

  /** The body of a POST or PUT; for errors see `readResource`. */
  resource(type: ResourceType, request: FastifyRequest): Attributes {
    const record = recordOf(request);
    record.resourceReceived(request.body);
    return readResource(type, request.body, this.quirks.of(record), (path) => record.ignore(path));
  }

  /** The body of a PATCH; for errors see `readPatch`. */
  operations(type: ResourceType, request: FastifyRequest): readonly PatchOperation[] {
    const record = recordOf(request);
    record.patchReceived(type, request.body);
    return readPatch(type, request.body, this.quirks.of(record), (path) => record.ignore(path));
  }
}
