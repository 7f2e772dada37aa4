/** The organization's administrator, by the management API. */
export class Administrator {
  /** @param service `{ url, adminKey }` */
  constructor(service) {
    this.service = service;
  }

  /** Creates an organization, turns SCIM on and issues a token. @returns what the administrator pastes into the IdP */
  async connect(slug, displayName) {
    await this.#call('POST', '/api/organizations', { slug, displayName });
    await this.#call('POST', `/api/organizations/${slug}/scim/enable`);
    const { baseUrl } = await this.#call('GET', `/api/organizations/${slug}/scim`);
    const tokens = `/api/organizations/${slug}/scim/tokens`;
    const { token } = await this.#call('POST', tokens, { name: displayName });
    return { baseUrl, token };
  }

  /** Everybody, those who were removed included. */
  async users(slug) {
    const path = `/api/organizations/${slug}/users`;
    const [present, removed] = await Promise.all([
      this.#call('GET', path),
      this.#call('GET', `${path}?status=removed`),
    ]);
    return [...present.items, ...removed.items];
  }

  async teams(slug) {
    return (await this.#call('GET', `/api/organizations/${slug}/teams`)).items;
  }

  /** Newest first. */
  async history(slug, limit) {
    return (await this.#call('GET', `/api/organizations/${slug}/history?limit=${limit}`)).items;
  }

  async #call(method, path, body) {
    const { url, adminKey } = this.service;
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  }
}
