import { BASE_URL, type SetupGuide } from './setup-guide.js';

export const google: SetupGuide = {
  provider: 'google',
  name: 'Google Workspace',
  maturity: 'preview',
  summary:
    'Autoprovisioning of a SAML application of the catalogue. Google offers it for catalogue applications only, and sends users, not groups.',
  role: 'Super administrator.',
  prerequisites: [
    'A Google Workspace or Cloud Identity edition with autoprovisioning.',
    'A catalogue application with SCIM whose endpoint URL can be entered.',
    'An organization here, and permission to configure its SCIM connection.',
  ],
  fields: [
    {
      label: 'Access token',
      hint: 'The token alone, without the word Bearer. It is shown once, when it is issued.',
    },
    { label: 'Endpoint URL', value: BASE_URL },
  ],
  steps: [
    {
      title: 'Issue a token and turn SCIM on',
      where: 'Here',
      actions: [
        'Issue a token with a name that tells its purpose, and copy it: it is shown once.',
        'Turn SCIM on for the organization, and set the policy capabilities.groups to false: Google sends no groups.',
      ],
    },
    {
      title: 'Open the application',
      where: 'Google Admin console > Apps > Web and mobile apps',
      actions: [
        'Select the SAML application.',
        'In the section Autoprovisioning select Configure autoprovisioning.',
      ],
    },
    {
      title: 'Enter the connection',
      where: 'your application > Autoprovisioning',
      actions: [
        'Paste the token at "Access token", then Continue.',
        `Enter ${BASE_URL} at "Endpoint URL", then Continue.`,
        'Check the attribute mapping, then Continue.',
        'Choose groups at "Provisioning scope" to limit who is provisioned, then Continue.',
        'Choose after how many days each kind of deprovisioning happens, then Finish.',
        'Switch the autoprovisioning toggle on.',
      ],
    },
  ],
  mappings: [
    { attribute: 'userName', source: 'Basic Information > Primary email' },
    { attribute: 'name.givenName', source: 'Basic Information > First name' },
    { attribute: 'name.familyName', source: 'Basic Information > Last name' },
    { attribute: 'emails[type eq "work"].value', source: 'Basic Information > Primary email' },
  ],
  actions: [
    {
      label: 'Deprovisioning: suspend after 24 hours',
      advice: 'on',
      effect: 'who loses the application is deactivated',
    },
    {
      label: 'Deprovisioning: delete',
      advice: 'optional',
      effect: 'who was deleted in Google is deleted here after the chosen days',
    },
  ],
  network:
    'Google sends from the addresses in https://www.gstatic.com/ipranges/goog.json; they are many and change.',
  notes: ['Changes arrive after some hours.', 'Archived users are not sent.'],
  documentation: 'https://support.google.com/a/answer/7681608',
};
