import type { JsonObject } from './json.js';

interface ErrorKind {
  readonly statuses: readonly number[];
  readonly detail: string;
}

/** The error keywords of RFC 7644 §3.12 (Table 9) and RFC 9865 §2.1, with the statuses that each may go with. */
const errorKinds = {
  invalidFilter: { statuses: [400], detail: 'The filter is malformed or not supported.' },
  tooMany: { statuses: [400], detail: 'The request yields more results than can be computed.' },
  uniqueness: { statuses: [409], detail: 'A value that must be unique is already in use.' },
  mutability: { statuses: [400], detail: 'The attribute cannot be changed in this way.' },
  invalidSyntax: { statuses: [400], detail: 'The structure of the request body is not valid.' },
  invalidPath: { statuses: [400], detail: 'The path is malformed or names no attribute.' },
  noTarget: { statuses: [400], detail: 'The path selects no value that could be changed.' },
  invalidValue: { statuses: [400], detail: 'A value is missing or not valid.' },
  invalidVers: { statuses: [400], detail: 'The protocol version is not supported.' },
  sensitive: {
    statuses: [400, 403],
    detail: 'The request URI would carry information that is too sensitive for it.',
  },
  invalidCursor: { statuses: [400], detail: 'The cursor is not valid.' },
  expiredCursor: { statuses: [400], detail: 'The cursor has expired.' },
  invalidCount: { statuses: [400], detail: 'The count is not valid with this cursor.' },
} as const satisfies Record<string, ErrorKind>;

export type ScimType = keyof typeof errorKinds;

/** RFC 7644 §3.12, Table 8, and the statuses of HTTP that the protocol leaves to it. */
const statusDetails: Readonly<Record<number, string>> = {
  400: 'The request is not valid.',
  401: 'The request carries no valid bearer token.',
  403: 'The operation is not permitted.',
  404: 'The resource or endpoint does not exist.',
  405: 'The endpoint does not support this method.',
  406: 'None of the accepted media types can be produced.',
  409: 'The request conflicts with the state of the resource.',
  412: 'The resource has changed: its version is not the one the request names.',
  413: 'The request body is too large.',
  415: 'The media type of the request body is not supported.',
  429: 'Too many requests.',
  500: 'An internal error occurred.',
  501: 'The operation is not supported.',
  503: 'The service is not available at the moment.',
};

/**
 * A failure in the words of the protocol: `new ScimError(400, 'invalidPath', 'Operations[0].path: …')`.
 * `detail` reaches the client: it says where, what was found and what was expected, and holds no secret.
 * @throws RangeError a status that is no error, or one that RFC 7644 §3.12 does not allow with `scimType`
 */
export class ScimError extends Error {
  override readonly name = 'ScimError';
  readonly detail: string;

  constructor(
    readonly status: number,
    readonly scimType?: ScimType,
    detail?: string,
  ) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`no HTTP error status: ${status}`);
    }
    const kind: ErrorKind | undefined = scimType && errorKinds[scimType];
    if (kind && !kind.statuses.includes(status)) {
      throw new RangeError(`${scimType} does not go with status ${status}`);
    }
    const text =
      detail ?? kind?.detail ?? statusDetails[status] ?? `The request failed (${status}).`;
    super(text);
    this.detail = text;
  }
}

/**
 * The body of an error response. RFC 7644 §3.12.
 * Shape: `{"schemas":["…:Error"],"scimType":"mutability","detail":"…","status":"400"}`, the status as text.
 */
export function errorBody(error: ScimError): JsonObject {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    ...(error.scimType && { scimType: error.scimType }),
    detail: error.detail,
    status: String(error.status),
  };
}
