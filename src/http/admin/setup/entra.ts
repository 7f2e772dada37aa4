import { BASE_URL, MATCHING_KEY, type SetupGuide } from './setup-guide.js';

export const entra: SetupGuide = {
  provider: 'entra',
  name: 'Microsoft Entra ID',
  maturity: 'stable',
  summary:
    'An enterprise application with automatic provisioning. Entra sends changes in a cycle of about 40 minutes; "Provision on demand" sends one user at once.',
  role: 'Application Administrator or Cloud Application Administrator, or owner of the enterprise application.',
  prerequisites: [
    'Single sign-on with Entra is set up where the organization requires it; SCIM may use the same enterprise application.',
    'A plan with P1 or better where groups, not only users, are assigned to the application.',
    'An organization here, and permission to configure its SCIM connection.',
  ],
  fields: [
    {
      label: 'Tenant URL',
      value: `${BASE_URL}?aadOptscim062020`,
      hint: 'The part from the question mark on makes Entra send standard PATCH requests; without it the connection works as well.',
    },
    {
      label: 'Secret Token',
      hint: 'The token alone, without the word Bearer. It is shown once, when it is issued. Left blank, Entra would send tokens of its own, which are refused.',
    },
  ],
  steps: [
    {
      title: 'Issue a token and turn SCIM on',
      where: 'Here',
      actions: [
        'Issue a token with a name that tells its purpose, such as "Entra production", and copy it: it is shown once.',
        'Turn SCIM on for the organization; until then the connection test fails with InsufficientRights.',
      ],
    },
    {
      title: 'Create the enterprise application',
      where: 'Microsoft Entra admin center > Entra ID > Enterprise apps',
      actions: [
        'Open the application that users sign in with, or select New application > Create your own application.',
        'Enter a name and choose "Integrate any other application you don\'t find in the gallery (Non-gallery)".',
        'Select Create.',
      ],
    },
    {
      title: 'Enter the connection and test it',
      where: 'your application > Provisioning',
      actions: [
        'Select New configuration (older portals: Get started, then Provisioning Mode Automatic, then Admin Credentials).',
        `Enter ${BASE_URL}?aadOptscim062020 at "Tenant URL".`,
        'Paste the token at "Secret Token".',
        'Select Test Connection; Entra looks for a user and a group that do not exist, and finds none.',
        'Select Create (older portals: Save).',
      ],
    },
    {
      title: 'Check the attribute mappings',
      where: 'your application > Provisioning > Attribute mapping (older portals: Mappings)',
      actions: [
        'Open "Provision Microsoft Entra ID Users" and compare the mappings with those recommended; Target Object Actions Create, Update and Delete stay checked.',
        `The matching attribute (column Matching precedence) must be that of the policy matchingKey: ${MATCHING_KEY}. For emails.value choose emails[type eq "work"].value.`,
        'Remove mappings to attributes that are not needed, then select Save.',
        'Open "Provision Microsoft Entra ID Groups"; displayName is the matching attribute, externalId is objectId, members is members. Set Enabled to No where groups are not wanted.',
      ],
    },
    {
      title: 'Choose who is provisioned',
      where: 'your application > Provisioning > Settings, and your application > Users and groups',
      actions: [
        'Leave Scope at "Sync only assigned users and groups".',
        'Set an address at "Notification Email" and check "Send an email notification when a failure occurs".',
        'Check "Prevent accidental deletion".',
        'Under Users and groups select Add user/group and assign.',
      ],
    },
    {
      title: 'Try one user',
      where: 'your application > Provisioning > Provision on demand',
      actions: [
        'Select a user, then Provision; the four steps must succeed.',
        'The user appears here at once.',
      ],
    },
    {
      title: 'Start',
      where: 'your application > Provisioning > Overview',
      actions: [
        'Select Start provisioning (older portals: Provisioning Status On, then Save).',
        'The first cycle reads everybody in scope and can take hours; then every 40 minutes changes follow.',
      ],
    },
  ],
  mappings: [
    {
      attribute: 'userName',
      source: 'userPrincipalName',
      note: 'Choose mail where userPrincipalName is not the address that people sign in with.',
    },
    {
      attribute: 'externalId',
      source: 'objectId',
      note: 'Entra offers mailNickname at first, which changes with a name: replace it by objectId.',
    },
    {
      attribute: 'active',
      source: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
      note: 'Without it nobody is ever deactivated.',
    },
    { attribute: 'displayName', source: 'displayName' },
    { attribute: 'name.givenName', source: 'givenName' },
    { attribute: 'name.familyName', source: 'surname' },
    { attribute: 'emails[type eq "work"].value', source: 'mail' },
    { attribute: 'Group displayName', source: 'displayName' },
    { attribute: 'Group externalId', source: 'objectId' },
    { attribute: 'Group members', source: 'members' },
  ],
  actions: [
    { label: 'Create', advice: 'on', effect: 'users and groups in scope appear here' },
    { label: 'Update', advice: 'on', effect: 'changes follow; also deactivation is an update' },
    {
      label: 'Delete',
      advice: 'on',
      effect: 'users that were deleted in Entra 30 days ago are deleted here',
    },
    {
      label: 'Provision Microsoft Entra ID Groups',
      advice: 'optional',
      effect: 'groups feed teams (policy groupMapping)',
    },
  ],
  network:
    'Entra sends from the addresses of the service tag AzureActiveDirectory, in "Azure IP Ranges and Service Tags" (https://www.microsoft.com/download/details.aspx?id=56519). Put its IPv4 and IPv6 blocks on the policy ipAllowlist; the list changes weekly.',
  notes: [
    'Entra never reads memberships back: what is changed here stays unknown to it until the group changes there.',
    'An object that was deleted here is not created again by itself (InvalidAnchor): select Restart provisioning.',
    'Repeated failures put the job into quarantine, with one cycle a day; after four weeks it is switched off.',
    'Nested groups are not provisioned, only their direct members.',
    'Provision on demand takes at most five members of a group, and ignores the flag in the tenant URL.',
    'What was refused with 409, such as a user for whom no seat is left, is repeated with growing pauses, for up to 28 days.',
  ],
  documentation:
    'https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups',
};
