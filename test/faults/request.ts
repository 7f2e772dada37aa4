import type { ScimDocument } from '../support/scim-client.js';

/** Where one organization is reached: its slug, a token, and the processes that serve it. */
export interface Endpoint {
  readonly slug: string;
  readonly token: string;
  /** Without a slash at the end. */
  readonly urls: readonly string[];
}

/** `status` 0: the connection broke, so what became of the request is unknown. */
export interface Answer {
  readonly status: number;
  readonly body: ScimDocument;
  readonly text: string;
}

export const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300;

/** Whether a client has to try again: the service is away, or says that it is not available. */
export const isUnavailable = ({ status }: Answer): boolean => status === 0 || status === 503;

/** Sends one SCIM request; unlike the client of the other specs it takes a broken connection for an answer. */
export async function request(
  { slug, token }: Endpoint,
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  try {
    const response = await fetch(`${url}/scim/v2/${slug}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed: unknown = text === '' ? {} : JSON.parse(text);
    return { status: response.status, body: parsed as ScimDocument, text };
  } catch (error) {
    return { status: 0, body: {} as ScimDocument, text: String(error) };
  }
}
