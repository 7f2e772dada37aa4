import { isDeepStrictEqual } from 'node:util';
import { sayAnswer, sayFailure, sayRequest } from './transcript.mjs';

/** The answer is not what an identity provider can go on with. */
export class UnmetNeed extends Error {
  name = 'UnmetNeed';
}

/** One identity provider's connection to one organization: sends its requests and insists on what it needs. */
export class IdentityProvider {
  requests = 0;

  /**
   * @param options `baseUrl` and `token` as the administrator pasted them; `contentType` and `headers` as this
   *   client sends them; `query` what it appends to every URL
   */
  constructor({ baseUrl, token, contentType, headers, query = '' }) {
    this.baseUrl = baseUrl;
    this.contentType = contentType;
    this.headers = {
      accept: 'application/scim+json',
      ...headers,
      authorization: `Bearer ${token}`,
    };
    this.query = query;
  }

  /**
   * Sends one request and prints it with its answer.
   * @param exchange `body` is sent; `status` names what is accepted, `answer` what the answer's body must contain
   *   (see {@link faults}), `withinMs` how soon it must come
   * @returns the answer's body
   * @throws UnmetNeed
   */
  async send(purpose, method, path, { body, status, answer: needed = {}, withinMs = Infinity }) {
    const target = this.#target(path);
    const sent = body === undefined ? undefined : JSON.stringify(body);
    sayRequest(purpose, method, target, sent);
    this.requests += 1;
    const began = performance.now();
    const response = await fetch(this.baseUrl + target, {
      method,
      body: sent,
      headers: { ...this.headers, ...(sent && { 'content-type': this.contentType }) },
    });
    const text = await response.text();
    const ms = Math.round(performance.now() - began);
    sayAnswer(response.status, text, ms);
    const answer = text === '' ? {} : JSON.parse(text);
    const unmet = [
      ...envelopeFaults(response, text, status),
      ...faults(answer, needed),
      ...(ms <= withinMs ? [] : [`time: found ${ms} ms, expected at most ${withinMs} ms`]),
    ];
    for (const fault of unmet) sayFailure(fault);
    if (unmet.length > 0) throw new UnmetNeed(`${purpose}: ${unmet.join('; ')}`);
    return answer;
  }

  /** @returns the resource that the filter finds, or undefined @throws UnmetNeed when there are several */
  async lookUp(purpose, path, { found }) {
    const answer = { totalResults: found ? 1 : 0 };
    const { Resources = [] } = await this.send(purpose, 'GET', path, { status: [200], answer });
    return Resources[0];
  }

  #target(path) {
    if (this.query === '') return path;
    return path + (path.includes('?') ? '&' : '?') + this.query;
  }
}

export function filtered(resource, filter, parameters = '') {
  return `${resource}?${parameters}filter=${encodeURIComponent(filter)}`;
}

export function patch(...operations) {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations };
}

function envelopeFaults(response, text, status) {
  const mediaType = response.headers.get('content-type') ?? 'none';
  return [
    ...(status.includes(response.status)
      ? []
      : [`status: found ${response.status}, expected ${status.join(' or ')}`]),
    ...(text === '' || mediaType.startsWith('application/scim+json')
      ? []
      : [`Content-Type: found ${mediaType}, expected application/scim+json`]),
  ];
}

/**
 * What `found` lacks of `expected`: objects must contain the expected members (undefined: must lack them), lists must
 * be equal in length, a function says whether it accepts what was found.
 */
function faults(found, expected, place = 'body') {
  if (typeof expected === 'function') {
    return expected(found) ? [] : [`${place}: found ${JSON.stringify(found)}, refused`];
  }
  const comparable = Array.isArray(expected)
    ? Array.isArray(found) && found.length === expected.length
    : typeof expected === 'object' && typeof found === 'object' && found !== null;
  if (comparable) {
    return Object.entries(expected).flatMap(([name, value]) =>
      faults(found[name], value, `${place}.${name}`),
    );
  }
  if (isDeepStrictEqual(found, expected)) return [];
  return [`${place}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`];
}
