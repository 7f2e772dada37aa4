import { Rejection } from '../../domain/rejection.js';
import type { Refusal } from '../../projections/scim-requests/scim-requests.queries.js';
import type { ScimError } from '../../scim/errors.js';
import { MalformedBody } from '../body.js';
import type { HintCode } from './diagnosis.js';
import { isId } from './received.js';

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'request-invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'resource-unknown',
  405: 'method-not-supported',
  412: 'version-mismatch',
  413: 'body-too-large',
  415: 'media-type-unsupported',
  501: 'not-supported',
  503: 'service-unavailable',
};

/** What a person can do about a refusal, where its own words do not say so. */
const ADVICE: Readonly<Record<string, string>> = {
  invalidFilter: 'Correct the filter or the matching attribute in the provider.',
  invalidPath: 'Correct the attribute mapping in the provider; GET /Schemas lists the attributes.',
  invalidSyntax:
    'The provider sent a body that is no SCIM message; its body template may be wrong.',
  invalidValue: 'Correct the value in the provider, or the mapping of this attribute.',
  noTarget: 'The path of the operation is missing, or its filter matches nothing.',
  'not-supported':
    'Let the provider send requests to /Users and /Groups only: there are neither bulk requests nor /Me nor /.search.',
  mutability: 'Remove the mapping of this attribute: providers cannot change it.',
  'name-already-claimed': 'Give one of the two another name, or link them.',
  'version-mismatch': 'Somebody else changed the resource meanwhile; the provider repeats it.',
  'too-much-contention': 'The provider repeats it.',
  'service-unavailable': 'The provider repeats it.',
};

/** Names in quotes that errors show are attributes only behind these words; all others may be values. */
const ATTRIBUTE_BEFORE = /no (?:sub-)?attribute $/;
const URN = /^urn:[\w.:-]+$/i;

const KEYWORD = /^(?:and|or|add|replace|remove|\]|\))$/;
/** What errors say of a value instead of showing it, or a media type. */
const FOUND_WORD =
  /^(?:nothing|none|no|null|true|false|an?|at|more|other|half|the|string|number|boolean|object|undefined|[a-z]+\/[\w.+-]+)$/;

/** @param error what the exception is answered with */
export function refusalOf(exception: unknown, error: ScimError): Refusal {
  const reason = reasonOf(exception, error);
  const advice = ADVICE[reason];
  const found = withoutValues(error.detail);
  return { reason, explanation: advice === undefined ? found : `${found}. ${advice}` };
}

/** The cause behind a refusal, where one is known. */
export function hintOf({ reason }: Refusal, address: string | undefined): HintCode | undefined {
  switch (reason) {
    case 'user-unknown':
    case 'group-unknown':
    case 'resource-unknown':
      if (address === undefined) {
        return reason === 'resource-unknown' ? 'endpoint-unknown' : undefined;
      }
      return isId(address) && !address.startsWith('00') ? 'id-unknown' : 'id-foreign';
    case 'name-already-claimed':
      return 'name-taken';
    case 'user-name-not-an-email':
      return 'user-name-not-an-email';
    default:
      return undefined;
  }
}

function reasonOf(exception: unknown, { scimType, status }: ScimError): string {
  if (exception instanceof Rejection) return exception.reason;
  if (exception instanceof MalformedBody) return 'body-malformed';
  return scimType ?? BY_STATUS[status] ?? (status >= 500 ? 'unexpected-failure' : 'refused');
}

/** The words of an error without what they show of the request, except attributes and ids. */
export function withoutValues(detail: string): string {
  const unquoted = detail.replace(/"(?:[^"\\]|\\.)*"/g, (quoted, at: number) => {
    const text = quoted.slice(1, -1);
    const named = ATTRIBUTE_BEFORE.test(detail.slice(0, at)) && /^[\w$.:-]+$/.test(text);
    return named || URN.test(text) || isId(text) || KEYWORD.test(text) ? quoted : '"…"';
  });
  const isCount = unquoted.includes('at most');
  return unquoted.replace(/\bfound ([^\s"]+)[^]*$/, (found, word: string) => {
    const says = FOUND_WORD.test(word) || isId(word) || (isCount && /^\d+$/.test(word));
    return says ? found : 'found a value';
  });
}
