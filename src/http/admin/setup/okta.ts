import { BASE_URL, MATCHING_KEY, type SetupGuide } from './setup-guide.js';

export const okta: SetupGuide = {
  provider: 'okta',
  name: 'Okta',
  maturity: 'stable',
  summary:
    'A SAML or SWA application of your own with SCIM provisioning. Okta offers SCIM for neither OIDC applications nor bookmarks.',
  role: 'Super Administrator, or Application Administrator for this application; Group Administrator besides, to push groups.',
  prerequisites: [
    'Single sign-on with Okta is set up: the application on which SCIM is switched on is the one that users sign in with.',
    'An organization here, and permission to configure its SCIM connection.',
    'Users and groups are assigned to the application in Okta by groups other than those that are pushed: Okta does not support one group for both.',
  ],
  fields: [
    { label: 'SCIM connector base URL', value: BASE_URL },
    {
      label: 'Unique identifier field for users',
      value: MATCHING_KEY,
      hint: 'The attribute of the policy matchingKey.',
    },
    {
      label: 'Supported provisioning actions',
      value:
        'Import New Users and Profile Updates, Push New Users, Push Profile Updates, Push Groups, Import Groups',
    },
    { label: 'Authentication Mode', value: 'HTTP Header' },
    {
      label: 'Authorization (Bearer)',
      hint: 'The token alone, without the word Bearer. It is shown once, when it is issued.',
    },
  ],
  steps: [
    {
      title: 'Issue a token and turn SCIM on',
      where: 'Here',
      actions: [
        'Issue a token with a name that tells its purpose, such as "Okta production", and copy it: it is shown once.',
        'Turn SCIM on for the organization; until then every request is refused with 403.',
      ],
    },
    {
      title: 'Use the e-mail address as user name',
      where: 'Okta Admin Console > Applications > Applications > your application > Sign On',
      actions: [
        'Select Edit in the section Settings.',
        'Under Credentials Details set "Application username format" to Email.',
        'Set "Update application username on" to Create and update.',
        'Select Save.',
      ],
    },
    {
      title: 'Switch SCIM on for the application',
      where: 'Okta Admin Console > Applications > Applications > your application > General',
      actions: [
        'Select Edit in the section App Settings.',
        'At Provisioning select SCIM (older consoles: check "Enable SCIM provisioning").',
        'Select Save; the tab Provisioning appears.',
      ],
    },
    {
      title: 'Enter the connection and test it',
      where: 'your application > Provisioning > Settings > Integration',
      actions: [
        'Select Edit.',
        `Enter ${BASE_URL} at "SCIM connector base URL".`,
        `Enter ${MATCHING_KEY} at "Unique identifier field for users".`,
        'Check the actions at "Supported provisioning actions" that are to be used.',
        'Select HTTP Header at "Authentication Mode" and paste the token at "Authorization".',
        'Select Test Connector Configuration; every action that was checked must show a green mark.',
        'Select Close, then Save.',
      ],
    },
    {
      title: 'An application of the Okta catalogue instead',
      where: 'your application > Provisioning > Integration (only for catalogue applications)',
      actions: [
        'On the tab Sign On enter the slug of the organization (the end of the base URL) where the application asks for the organization.',
        'Select Configure API Integration and check "Enable API integration".',
        `Enter ${BASE_URL} at "Base URL", where it is asked for, and paste the token at "API Token".`,
        'Select Test API Credentials, then Save.',
      ],
    },
    {
      title: 'Choose what Okta sends',
      where: 'your application > Provisioning > Settings > To App',
      actions: [
        'Select Edit.',
        'Check Enable at Create Users, Update User Attributes and Deactivate Users; leave Sync Password off.',
        'Select Save.',
        'Under Attribute Mappings compare the mappings with those recommended.',
      ],
    },
    {
      title: 'Let Okta import who is here already',
      where: 'your application > Provisioning > Settings > To Okta, and your application > Import',
      actions: [
        'Select Import Now on the tab Import and confirm the matches, so that Okta takes over existing users instead of creating them.',
      ],
    },
    {
      title: 'Assign users',
      where: 'your application > Assignments',
      actions: ['Select Assign > Assign to Groups (or Assign to People), then Done.'],
    },
    {
      title: 'Push groups',
      where: 'your application > Push Groups',
      actions: [
        'Select Push Groups > Find groups by name.',
        'Find the group; leave "Push group memberships immediately" checked.',
        'At "Match result & push action" choose Create Group, or Link Group to feed a team that exists here.',
        'Select Save; the Push Status must become Active.',
      ],
    },
  ],
  mappings: [
    {
      attribute: 'userName',
      source: 'Configured in Sign On settings (user.email)',
      note: 'A userName like 00u… means that the Okta user id is mapped here: correct "Application username format".',
    },
    {
      attribute: 'externalId',
      source: 'user.getInternalProperty("id")',
      note: 'Okta sends its own user id by itself; no mapping is needed.',
    },
    { attribute: 'name.givenName', source: 'user.firstName' },
    { attribute: 'name.familyName', source: 'user.lastName' },
    { attribute: 'emails[primary eq true].value', source: 'user.email' },
    { attribute: 'displayName', source: 'user.displayName' },
  ],
  actions: [
    {
      label: 'Create Users / Push New Users',
      advice: 'on',
      effect: 'assigned users appear here; may be used alone',
    },
    {
      label: 'Update User Attributes / Push Profile Updates',
      advice: 'on',
      effect: 'changed profiles follow',
    },
    {
      label: 'Deactivate Users',
      advice: 'on',
      effect: 'who is unassigned or deactivated in Okta loses access (policy onDeactivate)',
    },
    { label: 'Push Groups', advice: 'on', effect: 'groups feed teams (policy groupMapping)' },
    {
      label: 'Import Users and Profile Updates, Import Groups',
      advice: 'on',
      effect: 'Okta finds the users and teams that exist here; needed for Link Group',
    },
    { label: 'Sync Password', advice: 'off', effect: 'passwords are neither used nor stored' },
  ],
  network:
    'Okta sends from the IP ranges of your cell: Okta Help, "Allow access to Okta IP addresses", and https://s3.amazonaws.com/okta-ip-ranges/ip_ranges.json. Put all ranges of your cell (Okta Admin Console, footer) on the policy ipAllowlist before the test.',
  notes: [
    'Okta never deletes users: it deactivates them, and reactivates the same ones.',
    'Suspended users send nothing.',
    'A pushed group that was deleted here must be unlinked and pushed again in Okta.',
    'Failed tasks wait under Dashboard > Tasks until somebody repeats them.',
  ],
  documentation:
    'https://help.okta.com/oie/en-us/content/topics/apps/apps_app_integration_wizard_scim.htm',
};
