import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import type { DomainEvent } from '../../domain/events.js';
import type { TokenId } from '../../domain/identifiers.js';
import type {
  AnsweredRequest,
  Outcome,
  Received,
  Refusal,
  RequestFacts,
  RequestLog,
} from '../../projections/scim-requests/request-log.js';
import type { Filter } from '../../scim/filter.js';
import type { JsonObject } from '../../scim/json.js';
import type { ResourceType } from '../../scim/schema.js';
import { isScimRequest, scimAddress } from '../scim-address.js';
import { shownAddress } from '../ip-ranges.js';
import { hint, isHintCode, type HintCode } from './diagnosis.js';
import {
  attributesReceived,
  filterReceived,
  filterShape,
  isId,
  isOktaUserId,
  lookupAttribute,
  operationsReceived,
  shownName,
  userNameReceived,
} from './received.js';
import { hintOf } from './refusal.js';
import type { Admission } from './admission.js';

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const RESOURCE =
  /^\/scim\/v2\/:organization\/(Users|Groups|ServiceProviderConfig|ResourceTypes|Schemas)(?:\/|$)/;
const RESOURCE_TYPES: Readonly<Record<string, string>> = { Users: 'User', Groups: 'Group' };
const NUMERIC_PARAMETERS: ReadonlySet<string> = new Set(['startindex', 'count']);
/** Facts about the uniqueness of names, which accompany those that people look for. */
const BOOKKEEPING: ReadonlySet<DomainEvent['type']> = new Set(['NameClaimed', 'ClaimFenced']);
const LONGEST_HEADER = 200;
const MOST_IGNORED = 100;
const MOST_IDS = 20;

/** What becomes known of a SCIM request while it is answered: for the log of requests, and without values. */
export class RequestRecord {
  private readonly at = Date.now();
  private readonly ids = new Set<string>();
  private readonly coerced = new Set<string>();
  private readonly ignored = new Set<string>();
  private readonly changed = new Set<string>();
  private readonly hints = new Set<HintCode>();
  private organizationKnown = false;
  private tokenId: TokenId | null = null;
  private admission: Admission | undefined;
  private admitted = false;
  private received: Received | undefined;
  private shape: string | undefined;
  private matchedBy: string | undefined;
  private refusal: Refusal | undefined;

  /** The request carries a valid token. */
  authenticated(tokenId: TokenId, admission: Admission): void {
    this.organizationKnown = true;
    this.tokenId = tokenId;
    this.admission = admission;
  }

  admit(): void {
    this.admitted = true;
  }

  /** @param organizationKnown whether the token was looked for in an organization that exists */
  turnedAway(reason: string, explanation: string, organizationKnown: boolean): void {
    this.organizationKnown = organizationKnown;
    this.refused({ reason, explanation });
  }

  refused(refusal: Refusal): void {
    this.refusal = refusal;
    if (isHintCode(refusal.reason)) this.hints.add(refusal.reason);
  }

  resourceReceived(body: unknown): void {
    this.received = { attributes: attributesReceived(body) };
    this.diagnoseUserName(body);
  }

  patchReceived(type: ResourceType, body: unknown): void {
    this.received = { operations: operationsReceived(type, body) };
    this.diagnoseUserName(body);
  }

  queryReceived(query: Readonly<Record<string, unknown>>, filter: Filter | undefined): void {
    const parameters = Object.entries(query)
      .filter(([name]) => name.toLowerCase() !== 'filter')
      .map(([name, value]) => parameterReceived(name, value));
    this.received = {
      ...(filter && { filter: filterReceived(filter) }),
      ...(parameters.length > 0 && { parameters }),
    };
    this.shape = filter ? filterShape(filter) : 'list';
  }

  quirk(name: string): void {
    this.coerced.add(name);
  }

  /** @param place of an attribute that no schema knows, such as `Operations[0].value.license` */
  ignore(place: string): void {
    const path = place
      .replace(/^Operations\[\d+\]\.value/, '')
      .replace(/\[\d+\]/g, '')
      .replace(/^\./, '');
    if (this.ignored.size < MOST_IGNORED) this.ignored.add(shownName(path));
  }

  appended(events: readonly DomainEvent[]): void {
    for (const event of events) {
      if (!BOOKKEEPING.has(event.type)) this.changed.add(event.type);
      if (event.type === 'UserAdopted') this.matchedBy = event.matchedBy;
    }
  }

  /** The resource that is answered with. */
  answered(id: string): void {
    this.ids.add(id);
  }

  /** What a list found. */
  listed(resources: readonly JsonObject[], total: number, filter: Filter | undefined): void {
    const attribute = filter && lookupAttribute(filter);
    if (filter === undefined) return;
    for (const { id } of resources) {
      if (typeof id === 'string' && this.ids.size < MOST_IDS) this.ids.add(id);
    }
    if (total > 0) this.matchedBy = attribute ?? 'filter';
    if (attribute === undefined) return;
    this.shape = `${this.shape ?? ''} ${Math.min(total, 2)}`;
    if (total === 0) this.hints.add('no-match');
    if (total > 1) this.hints.add('several-matches');
  }

  groupsOff(): void {
    this.hints.add('groups-off');
  }

  /** Everything, when the answer is on its way. */
  closed(
    request: FastifyRequest,
    { statusCode: status, elapsedTime }: FastifyReply,
  ): AnsweredRequest {
    const address = this.noteAddress(request, status);
    const slug = scimAddress(request.raw.url ?? '')?.organization ?? '';
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const outcome = outcomeOf(status);
    const resourceType = resourceTypeOf(request);
    if (this.refusal) {
      const cause = hintOf(this.refusal, address);
      if (cause) this.hints.add(cause);
    }
    return {
      id: uuidv7(),
      organization: SLUG.test(slug) ? slug : null,
      organizationKnown: this.organizationKnown,
      at: this.at,
      tokenId: this.tokenId,
      admitted: this.admitted,
      method: METHODS.has(request.method) ? request.method : 'other',
      resourceType,
      resourceIds: [...this.ids],
      status,
      outcome,
      correlationId: request.id,
      sourceIp: shownAddress(request.ip),
      userAgent: request.headers['user-agent']?.slice(0, LONGEST_HEADER) ?? null,
      durationMs: Math.round(elapsedTime),
      shape: reads && outcome === 'ok' ? `${resourceType ?? ''} ${this.shape ?? 'read'}` : null,
      facts: this.facts(resourceType),
    };
  }

  /** The id in the request's address; one that was made neither by us nor by a provider is not kept. */
  private noteAddress({ params }: FastifyRequest, status: number): string | undefined {
    const { id } = (params ?? {}) as { readonly id?: string };
    if (id === undefined) return undefined;
    if (isId(id)) this.ids.add(id);
    if (status < 400) this.matchedBy ??= 'id';
    return id;
  }

  private diagnoseUserName(body: unknown): void {
    const userName = userNameReceived(body);
    if (userName === undefined) return;
    const { provider, userNameFormat } = this.admission?.policies ?? {};
    if (isOktaUserId(userName)) this.hints.add('user-name-is-okta-id');
    else if (!userName.includes('@') && (userNameFormat === 'email' || provider === 'okta')) {
      this.hints.add('user-name-not-an-email');
    }
  }

  private facts(resourceType: string | null): RequestFacts {
    const { received, matchedBy, coerced, ignored, changed, refusal } = this;
    if (ignored.size > 0) {
      const license =
        resourceType === 'Group' && [...ignored].some((name) => /licen[cs]e/i.test(name));
      this.hints.add(license ? 'license-on-group' : 'attribute-ignored');
    }
    return {
      ...(received && { received }),
      ...(matchedBy !== undefined && { matchedBy }),
      ...(coerced.size > 0 && { coerced: [...coerced] }),
      ...(ignored.size > 0 && { ignored: [...ignored] }),
      ...(changed.size > 0 && { changed: [...changed] }),
      ...(refusal && { refusal }),
      ...(this.hints.size > 0 && { diagnosis: [...this.hints].map(hint) }),
    };
  }
}

const records = new WeakMap<FastifyRequest, RequestRecord>();

export function recordOf(request: FastifyRequest): RequestRecord {
  let record = records.get(request);
  if (!record) {
    record = new RequestRecord();
    records.set(request, record);
  }
  return record;
}

/** Logs every SCIM request when it is answered; also one whose client does not wait for the answer. */
export function recordScimRequests(server: FastifyInstance, log: RequestLog): void {
  server.addHook('onRequest', (request, _reply, done) => {
    if (isScimRequest(request)) recordOf(request);
    done();
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    if (isScimRequest(request)) log.record(recordOf(request).closed(request, reply));
    done(null, payload);
  });
}

function parameterReceived(name: string, value: unknown): string {
  const shown = shownName(name);
  const isNumber = NUMERIC_PARAMETERS.has(name.toLowerCase()) && /^-?\d{1,9}$/.test(String(value));
  return isNumber ? `${shown}=${String(value)}` : shown;
}

function resourceTypeOf({ routeOptions }: FastifyRequest): string | null {
  const endpoint = RESOURCE.exec(routeOptions.url ?? '')?.[1];
  return endpoint === undefined ? null : (RESOURCE_TYPES[endpoint] ?? endpoint);
}

function outcomeOf(status: number): Outcome {
  if (status >= 500 && status !== 501) return 'failed';
  return status >= 400 ? 'refused' : 'ok';
}
