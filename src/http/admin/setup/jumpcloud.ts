import { BASE_URL, type SetupGuide } from './setup-guide.js';

export const jumpcloud: SetupGuide = {
  provider: 'jumpcloud',
  name: 'JumpCloud',
  maturity: 'beta',
  summary: 'A custom application with identity management by SCIM 2.0.',
  role: 'Administrator, or Manager with access to SSO applications.',
  prerequisites: [
    'A JumpCloud plan with SSO applications.',
    'An organization here, and permission to configure its SCIM connection.',
  ],
  fields: [
    { label: 'API Type', value: 'SCIM API' },
    { label: 'SCIM Version', value: 'SCIM 2.0' },
    { label: 'Base URL', value: BASE_URL },
    {
      label: 'Token Key',
      hint: 'The token alone, without the word Bearer. It is shown once, when it is issued.',
    },
    {
      label: 'Test User Email',
      hint: 'An address that nobody has: the test creates this user, and removes it again.',
    },
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
      title: 'Add the application',
      where: 'JumpCloud Admin Portal > Access > SSO Applications > Add New Application',
      actions: [
        'Select Custom Application, then Next.',
        'Check "Export users to this app (Identity Management)", and single sign-on where it is wanted, then Next.',
        'Enter a Display Label, select Save Application, then Configure Application.',
      ],
    },
    {
      title: 'Enter the connection and test it',
      where: 'your application > Identity Management > Configuration Settings',
      actions: [
        'Select SCIM API and SCIM 2.0.',
        `Enter ${BASE_URL} at "Base URL", paste the token at "Token Key", enter an address at "Test User Email".`,
        'Check "Enable management of User Groups and Group Membership in this application" where groups are wanted.',
        'Select Test Connection; a test user and a test group are created and removed.',
        'Select Activate, then Save.',
      ],
    },
    {
      title: 'Assign groups',
      where: 'your application > User Groups',
      actions: ['Check the groups whose members get access, and select Save.'],
    },
  ],
  mappings: [
    {
      attribute: 'userName',
      source: 'email',
      note: 'JumpCloud offers username at first; the e-mail address tells users apart here.',
    },
    { attribute: 'name.givenName', source: 'firstname' },
    { attribute: 'name.familyName', source: 'lastname' },
    { attribute: 'emails', source: 'email' },
    { attribute: 'displayName', source: 'displayname' },
  ],
  actions: [
    {
      label: 'Enable management of User Groups and Group Membership in this application',
      advice: 'on',
      effect: 'groups feed teams (policy groupMapping)',
    },
  ],
  network: 'JumpCloud publishes the addresses that it sends from in its support articles.',
  notes: [
    'The connection test creates and deletes a user and a group; with a seat limit one seat must be free.',
  ],
  documentation: 'https://jumpcloud.com/support',
};
