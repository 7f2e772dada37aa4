import type { OrganizationEvent } from '../../src/domain/events.js';
import {
  organization,
  requireOrganization,
  requireSync,
  type OrganizationCommand,
} from '../../src/domain/organization.js';
import { acme } from './facts.js';
import { given, stateAfter } from './specification.js';

const created: OrganizationEvent = {
  type: 'OrganizationCreated',
  organization: acme,
  displayName: 'Acme',
  nameKey: 'bmFtZSBrZXk',
};
const enabled: OrganizationEvent = { type: 'SyncEnabled', organization: acme };
const disabled: OrganizationEvent = { type: 'SyncDisabled', organization: acme };
const groupNames = (value: string): OrganizationEvent => ({
  type: 'PolicyChanged',
  organization: acme,
  policy: 'groupNames',
  value,
});

describe('an organization', () => {
  it('is created with SCIM off and the default policies', () => {
    const { type: _, ...facts } = created;
    given(organization)
      .when({ type: 'Create', displayName: 'Acme', nameKey: 'bmFtZSBrZXk', organization: acme })
      .then([created]);
    expect(stateAfter(organization, [created])).toEqual({
      ...facts,
      status: 'existing',
      syncEnabled: false,
      policies: { groupNames: 'unique' },
    });
  });

  it('is created once', () => {
    given(organization, [created])
      .when({ type: 'Create', displayName: 'Other', nameKey: 'b3RoZXI', organization: acme })
      .thenRejects('organization-already-exists');
  });

  it.each([
    { name: 'first', history: [created] },
    { name: 'again', history: [created, enabled, disabled] },
  ])('SCIM is enabled $name', ({ history }) => {
    given(organization, history).when({ type: 'EnableSync' }).then([enabled]);
  });

  it('SCIM is disabled', () => {
    given(organization, [created, enabled]).when({ type: 'DisableSync' }).then([disabled]);
  });

  it('enabling what is enabled appends nothing', () => {
    given(organization, [created, enabled]).when({ type: 'EnableSync' }).thenNothing();
  });

  it.each([
    { name: 'never was enabled', history: [created] },
    { name: 'is disabled', history: [created, enabled, disabled] },
  ])('disabling what $name appends nothing', ({ history }) => {
    given(organization, history).when({ type: 'DisableSync' }).thenNothing();
  });

  it('a policy gets another value', () => {
    given(organization, [created])
      .when({ type: 'SetPolicies', values: { groupNames: 'any' } })
      .then([groupNames('any')]);
  });

  it.each([
    { name: 'its value', history: [created, groupNames('any')], value: 'any' },
    { name: 'its default', history: [created], value: 'unique' },
    {
      name: 'the value it came back to',
      history: [created, groupNames('any'), groupNames('unique')],
      value: 'unique',
    },
  ])('setting a policy to $name appends nothing', ({ history, value }) => {
    given(organization, history)
      .when({ type: 'SetPolicies', values: { groupNames: value } })
      .thenNothing();
  });

  it.each(['groupnames', '__proto__', 'constructor', ''])('there is no policy "%s"', (policy) => {
    given(organization, [created])
      .when({ type: 'SetPolicies', values: JSON.parse(`{"${policy}":"any"}`) })
      .thenRejects('policy-unknown', { policy, expected: 'groupNames' });
  });

  it.each([null, true, 0, 'Unique', ['any'], {}])('a policy cannot be %j', (value) => {
    given(organization, [created])
      .when({ type: 'SetPolicies', values: { groupNames: value } })
      .thenRejects('policy-value-invalid', {
        policy: 'groupNames',
        found: JSON.stringify(value),
        expected: 'unique, any',
      });
  });

  it('one bad policy among good ones refuses all', () => {
    given(organization, [created])
      .when({ type: 'SetPolicies', values: { groupNames: 'any', colour: 'red' } })
      .thenRejects('policy-unknown');
  });

  it('a recorded policy that this release does not know changes nothing', () => {
    const unknown: OrganizationEvent = { ...groupNames('red'), policy: 'colour' } as never;
    expect(stateAfter(organization, [created, unknown, groupNames('red')])).toEqual(
      stateAfter(organization, [created]),
    );
  });

  it.each<OrganizationCommand>([
    { type: 'EnableSync' },
    { type: 'DisableSync' },
    { type: 'SetPolicies', values: {} },
  ])('$type of no organization is refused', (command) => {
    given(organization).when(command).thenRejects('organization-unknown');
  });

  it('is required to exist', () => {
    expect(() => requireOrganization(organization.initial)).toThrow('organization-unknown');
  });

  it.each([
    { name: 'none', history: [], reason: 'organization-unknown' },
    { name: 'one without SCIM', history: [created], reason: 'sync-disabled' },
    {
      name: 'one whose SCIM was disabled',
      history: [created, enabled, disabled],
      reason: 'sync-disabled',
    },
  ])('$name does not take statements of an identity provider', ({ history, reason }) => {
    expect(() => requireSync(stateAfter(organization, history))).toThrow(reason);
  });
});
