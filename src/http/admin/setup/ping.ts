import { BASE_URL, type SetupGuide } from './setup-guide.js';

export const ping: SetupGuide = {
  provider: 'ping',
  name: 'PingOne',
  maturity: 'beta',
  summary: 'An outbound provisioning connection of PingOne. PingFederate asks for the same values.',
  role: 'Environment Admin, or Identity Data Admin with Configuration Read-Only.',
  prerequisites: [
    'A PingOne plan with provisioning to SCIM.',
    'An organization here, and permission to configure its SCIM connection.',
  ],
  fields: [
    { label: 'SCIM Base URL', value: BASE_URL },
    { label: 'Users Resource', value: '/Users' },
    { label: 'Groups Resource', value: '/Groups' },
    { label: 'SCIM Version', value: '2.0' },
    { label: 'Authentication Method', value: 'OAuth 2 Bearer Token' },
    {
      label: 'OAuth Access Token',
      hint: 'The token alone, without the word Bearer. It is shown once, when it is issued.',
    },
    { label: 'Auth Type Header', value: 'Bearer' },
    { label: 'User Filter Expression', value: 'userName Eq "%s"' },
    { label: 'User Identifier', value: 'userName' },
  ],
  steps: [
    {
      title: 'Issue a token and turn SCIM on',
      where: 'Here',
      actions: [
        'Issue a token with a name that tells its purpose, and copy it: it is shown once.',
        'Turn SCIM on for the organization.',
      ],
    },
    {
      title: 'Create the connection',
      where: 'PingOne > Integrations > Provisioning',
      actions: [
        'Select + and New connection.',
        'On the row Identity Store select Select, then SCIM Outbound, Select, and Next.',
        'Enter a name and a description, then Next.',
      ],
    },
    {
      title: 'Enter the connection and test it',
      where: 'the new connection > Configure authentication',
      actions: [
        `Enter ${BASE_URL} at "SCIM Base URL", /Users at "Users Resource" and /Groups at "Groups Resource".`,
        'Select 2.0 at "SCIM Version" and OAuth 2 Bearer Token at "Authentication Method".',
        'Paste the token at "OAuth Access Token" and select Bearer at "Auth Type Header".',
        'Select Test connection, then Next.',
      ],
    },
    {
      title: 'Choose what is sent',
      where: 'the new connection > Configure preferences',
      actions: [
        'Enter userName Eq "%s" at "User Filter Expression" and userName at "User Identifier".',
        'Allow users to be created, updated, disabled and deprovisioned; choose Disable at "Remove Action".',
        'Select Save and enable the connection with its toggle.',
      ],
    },
    {
      title: 'Add a rule',
      where: 'PingOne > Integrations > Provisioning > + > New rule',
      actions: [
        'Choose PingOne as source and the new connection as target.',
        'Set the User Filter, check the Attribute Mapping, and choose the groups under Group Provisioning.',
        'Enable the rule with its toggle.',
      ],
    },
  ],
  mappings: [
    { attribute: 'userName', source: 'Email Address' },
    { attribute: 'externalId', source: 'User ID' },
    { attribute: 'name.givenName', source: 'Given Name' },
    { attribute: 'name.familyName', source: 'Family Name' },
    { attribute: 'emails[type eq "work"].value', source: 'Email Address' },
    { attribute: 'active', source: 'Enabled' },
  ],
  actions: [
    { label: 'Allow users to be created', advice: 'on', effect: 'users of the rule appear here' },
    { label: 'Allow users to be updated', advice: 'on', effect: 'changed profiles follow' },
    { label: 'Allow users to be disabled', advice: 'on', effect: 'disabled users lose access' },
    {
      label: 'Remove Action: Disable',
      advice: 'on',
      effect: 'who leaves the rule is deactivated, and is reactivated later with the same id',
    },
  ],
  network: 'PingOne publishes its outbound addresses by region: "IP address and domain reference".',
  notes: [
    'The filter expression is free text: an attribute that does not exist is answered with 400 invalidFilter.',
  ],
  documentation:
    'https://docs.pingidentity.com/pingone/integrations/p1_create_scim_connection.html',
};
