import { BASE_URL, type SetupGuide } from './setup-guide.js';

export const onelogin: SetupGuide = {
  provider: 'onelogin',
  name: 'OneLogin',
  maturity: 'beta',
  summary: 'The connector "SCIM Provisioner with SAML (SCIM v2 Enterprise)" of its catalogue.',
  role: 'Super user, or Account owner; Manage users and Manage apps do not suffice to enable provisioning.',
  prerequisites: [
    'A OneLogin plan with provisioning.',
    'An organization here, and permission to configure its SCIM connection.',
  ],
  fields: [
    { label: 'SCIM Base URL', value: BASE_URL },
    {
      label: 'SCIM Bearer Token',
      hint: 'The token alone, without the word Bearer. It is shown once, when it is issued.',
    },
    {
      label: 'SCIM JSON Template',
      value:
        '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{$parameters.scimusername}","name":{"givenName":"{$user.firstname}","familyName":"{$user.lastname}"},"displayName":"{$user.display_name}","emails":[{"value":"{$user.email}","type":"work","primary":true}],"externalId":"{$user.id}"}',
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
      title: 'Add the connector',
      where: 'OneLogin Administration > Applications > Applications > Add App',
      actions: [
        'Search for SCIM and select "SCIM Provisioner with SAML (SCIM v2 Enterprise)".',
        'Enter a Display Name and select Save.',
      ],
    },
    {
      title: 'Enter the connection',
      where: 'your application > Configuration',
      actions: [
        `Enter ${BASE_URL} at "SCIM Base URL" and paste the token at "SCIM Bearer Token".`,
        'Paste the template at "SCIM JSON Template".',
        'Select Enable at API Status; it becomes Enabled when the test succeeds. Select Save.',
      ],
    },
    {
      title: 'Choose what is sent',
      where: 'your application > Parameters',
      actions: [
        'Set SCIM Username to Email.',
        'Open Groups, check "Include in User Provisioning", and select Save.',
      ],
    },
    {
      title: 'Switch provisioning on',
      where: 'your application > Provisioning',
      actions: [
        'Check "Enable provisioning".',
        'Uncheck Create user, Delete user and Update user under "Require admin approval before this action is performed", unless every change is to be approved.',
        'Choose Suspend (or Delete) for users that are deleted in OneLogin or lose the application, and select Save.',
      ],
    },
    {
      title: 'Assign users and groups',
      where: 'your application > Access, and your application > Rules',
      actions: [
        'Check the roles that get the application under Access.',
        'Add a rule with the action "Set Groups in …" to push groups.',
        'On the tab Users look for pending users and approve them.',
      ],
    },
  ],
  mappings: [
    { attribute: 'userName', source: 'SCIM Username = Email' },
    { attribute: 'externalId', source: '{$user.id}' },
    { attribute: 'name.givenName', source: '{$user.firstname}' },
    { attribute: 'name.familyName', source: '{$user.lastname}' },
    { attribute: 'emails[type eq "work"].value', source: '{$user.email}' },
  ],
  actions: [
    { label: 'Create user', advice: 'on', effect: 'users with the application appear here' },
    { label: 'Update user', advice: 'on', effect: 'changed profiles follow' },
    {
      label: 'Delete user: Suspend',
      advice: 'on',
      effect: 'who loses the application is deactivated, and is reactivated later with the same id',
    },
  ],
  network:
    'OneLogin publishes the addresses that its provisioning sends from in its knowledge base ("OneLogin IP addresses to allow").',
  notes: ['Changes wait for approval until the boxes under Provisioning are unchecked.'],
  documentation: 'https://developers.onelogin.com/scim/implement-scim-api',
};
