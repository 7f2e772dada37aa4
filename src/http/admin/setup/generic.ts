import { BASE_URL, MATCHING_KEY, type SetupGuide } from './setup-guide.js';

export const generic: SetupGuide = {
  provider: 'generic',
  name: 'Any SCIM 2.0 client',
  maturity: 'stable',
  summary:
    'Whatever speaks SCIM 2.0 (RFC 7643, RFC 7644): another identity provider, a script, an HR system.',
  role: 'Whoever may configure provisioning in the client.',
  prerequisites: ['An organization here, and permission to configure its SCIM connection.'],
  fields: [
    { label: 'Base URL', value: BASE_URL },
    { label: 'SCIM version', value: '2.0' },
    { label: 'Authentication', value: 'HTTP header Authorization: Bearer {token}' },
    { label: 'Token', hint: 'It is shown once, when it is issued.' },
    {
      label: 'Content type',
      value: 'application/scim+json',
      hint: 'application/json is accepted.',
    },
    { label: 'Unique identifier of users', value: MATCHING_KEY },
    { label: 'Unique identifier of groups', value: 'displayName' },
  ],
  steps: [
    {
      title: 'Issue a token and turn SCIM on',
      where: 'Here',
      actions: [
        'POST /api/organizations/{organization}/scim/tokens with {"name": "…"} and copy the token: it is shown once.',
        'POST /api/organizations/{organization}/scim/enable.',
      ],
    },
    {
      title: 'Enter the connection and test it',
      where: 'the client',
      actions: [
        `Enter ${BASE_URL} as base URL, without a slash at its end, and the token as bearer token.`,
        `GET ${BASE_URL}/Users?startIndex=1&count=2 must answer 200 with a ListResponse.`,
        `GET ${BASE_URL}/Schemas shows which attributes can be mapped.`,
      ],
    },
    {
      title: 'Provision',
      where: 'the client',
      actions: [
        `Look up by filter=${MATCHING_KEY} eq "…" first; create with POST what was not found, change with PUT or PATCH what was.`,
        'Deactivate with "active": false; delete only who must not come back with the same id.',
        'Push groups with POST /Groups and change members with PATCH, several in one request.',
      ],
    },
    {
      title: 'Look what arrived',
      where: 'Here',
      actions: [
        'GET /api/organizations/{organization}/scim/requests shows each request, how it was understood, and why it was refused.',
      ],
    },
  ],
  mappings: [
    { attribute: 'userName', source: 'the e-mail address, or another name that is unique' },
    { attribute: 'externalId', source: "the client's own id, which never changes" },
    { attribute: 'name.givenName', source: 'first name' },
    { attribute: 'name.familyName', source: 'last name' },
    { attribute: 'emails[type eq "work"].value', source: 'e-mail address' },
    { attribute: 'active', source: 'whether the person may sign in' },
  ],
  actions: [
    { label: 'Create users', advice: 'on', effect: 'users appear here' },
    { label: 'Update users', advice: 'on', effect: 'changed profiles follow' },
    { label: 'Deactivate users', advice: 'on', effect: 'they lose access, and keep their id' },
    { label: 'Groups', advice: 'optional', effect: 'groups feed teams (policy groupMapping)' },
  ],
  network: 'Put the addresses that the client sends from on the policy ipAllowlist.',
  notes: ['Bulk requests, /Me and POST /.search are not supported.'],
  documentation: 'https://www.rfc-editor.org/rfc/rfc7644',
};
