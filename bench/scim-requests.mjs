const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** Writes the requests of an identity provider that is connected to one organization. */
export class ScimRequests {
  #host;
  #base;
  #authorization;

  /** @param {{ port: number, organization: string, token: string }} endpoint */
  constructor({ port, organization, token }) {
    this.#host = `127.0.0.1:${port}`;
    this.#base = `/scim/v2/${organization}`;
    this.#authorization = `Bearer ${token}`;
  }

  createUser(userName) {
    return this.#write('POST', '/Users', user(userName));
  }

  lookUpUser(userName) {
    const filter = encodeURIComponent(`userName eq "${userName}"`);
    return this.#write('GET', `/Users?filter=${filter}`);
  }

  listUsers(startIndex, count) {
    return this.#write('GET', `/Users?startIndex=${startIndex}&count=${count}`);
  }

  readUser(id) {
    return this.#write('GET', `/Users/${id}`);
  }

  replaceUser(id, resource) {
    return this.#write('PUT', `/Users/${id}`, resource);
  }

  setActive(id, active) {
    return this.#patch(`/Users/${id}`, { op: 'replace', value: { active } });
  }

  deleteUser(id) {
    return this.#write('DELETE', `/Users/${id}`);
  }

  createGroup(displayName, memberIds) {
    const members = memberIds.map((value) => ({ value }));
    return this.#write('POST', '/Groups?attributes=displayName', {
      schemas: [GROUP],
      displayName,
      members,
    });
  }

  lookUpGroup(displayName) {
    const filter = encodeURIComponent(`displayName eq "${displayName}"`);
    return this.#write('GET', `/Groups?excludedAttributes=members&filter=${filter}`);
  }

  readGroup(id) {
    return this.#write('GET', `/Groups/${id}`);
  }

  addMember(groupId, userId) {
    return this.#patch(`/Groups/${groupId}`, {
      op: 'add',
      path: 'members',
      value: [{ value: userId }],
    });
  }

  removeMember(groupId, userId) {
    return this.#patch(`/Groups/${groupId}`, {
      op: 'remove',
      path: `members[value eq "${userId}"]`,
    });
  }

  #patch(path, operation) {
    return this.#write('PATCH', path, { schemas: [PATCH_OP], Operations: [operation] });
  }

  #write(method, path, body) {
    const head =
      `${method} ${this.#base}${path} HTTP/1.1\r\nHost: ${this.#host}\r\n` +
      `Authorization: ${this.#authorization}\r\nAccept: application/scim+json\r\n`;
    if (body === undefined) return `${head}\r\n`;
    const text = JSON.stringify(body);
    return `${head}Content-Type: application/scim+json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  }
}

/** About what a provider sends by default. */
function user(userName) {
  const [local] = userName.split('@');
  return {
    schemas: [USER, ENTERPRISE],
    userName,
    externalId: `external-${local}`,
    name: { givenName: 'Ada', familyName: `Family ${local}` },
    displayName: `Ada Family ${local}`,
    emails: [{ value: userName, type: 'work', primary: true }],
    title: 'Engineer',
    active: true,
    [ENTERPRISE]: { department: 'Research', employeeNumber: local },
  };
}
