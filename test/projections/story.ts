import type { DomainEvent, NameKind } from '../../src/domain/events.js';
import type { ClaimId, OrganizationId } from '../../src/domain/identifiers.js';
import {
  ada,
  bob,
  engineering,
  engineers,
  groupCreated,
  membersChanged,
  oktaToken,
  tokenIssued,
  userProvisioned,
} from '../domain/facts.js';
import type { Fact } from './read-side.js';

/** A short life of one organization, told in facts; each call tells it of another organization. */
export function story(organization: OrganizationId) {
  const inStream =
    (stream: string) =>
    (...events: readonly DomainEvent[]): readonly Fact[] =>
      events.map((event) => ({ stream, organization, event }));
  const claimId = 'claim' as ClaimId;
  const claimed = (kind: NameKind, owner: string): readonly Fact[] =>
    inStream(`claim-${organization}-${kind}`)({ type: 'NameClaimed', kind, claimId, owner });
  const ofOrganization = inStream(`organization-${organization}`);
  const ofAda = inStream(`user-${organization}-${ada}`);
  const ofBob = inStream(`user-${organization}-${bob}`);
  const ofGroup = inStream(`group-${organization}-${engineers}`);
  const ofTeam = inStream(`team-${organization}-${engineering}`);
  const ofToken = inStream(`token-${organization}-${oktaToken}`);
  return {
    created: ofOrganization({
      type: 'OrganizationCreated',
      organization,
      displayName: 'Acme',
      nameKey: 'a2V5',
    }),
    enabled: ofOrganization({ type: 'SyncEnabled', organization }),
    disabled: ofOrganization({ type: 'SyncDisabled', organization }),
    anyGroupNames: ofOrganization({
      type: 'PolicyChanged',
      organization,
      policy: 'groupNames',
      value: 'any',
    }),
    adaClaimed: claimed('userName', `user-${organization}-${ada}`),
    adaProvisioned: ofAda(userProvisioned({ profile: { title: 'Analyst', nickName: 'A' } })),
    bobProvisioned: ofBob({
      ...userProvisioned({ userName: 'bob', active: false }),
      userId: bob,
    }),
    adaRenamed: ofAda({
      type: 'UserRenamed',
      userId: ada,
      claimId,
      personal: { userName: 'lovelace' },
    }),
    adaPromoted: ofAda({
      type: 'UserProfileChanged',
      userId: ada,
      personal: { set: { title: 'Countess' }, removed: ['nickName'] },
    }),
    adaDeactivated: ofAda({ type: 'UserDeactivated', userId: ada }),
    adaFenced: ofAda({ type: 'ClaimFenced', claimId }),
    adaDeleted: ofAda({ type: 'UserDeleted', userId: ada }),
    groupClaimed: claimed('groupName', `group-${organization}-${engineers}`),
    groupCreated: [
      ...ofGroup(groupCreated, { type: 'GroupLinked', groupId: engineers, teamId: engineering }),
      ...ofTeam(
        { type: 'TeamCreated', teamId: engineering, name: 'Engineers' },
        { type: 'TeamSynced', teamId: engineering, groupId: engineers },
      ),
    ],
    bothJoined: ofGroup(membersChanged([ada, bob])),
    adaLeft: ofGroup(membersChanged([], [ada])),
    groupRenamed: [
      ...ofGroup({
        type: 'GroupRenamed',
        groupId: engineers,
        displayName: 'Builders',
        claimId: null,
      }),
      ...ofTeam({ type: 'TeamRenamed', teamId: engineering, name: 'Builders' }),
    ],
    groupDeleted: [
      ...ofTeam(
        { type: 'TeamReleased', teamId: engineering, groupId: engineers },
        { type: 'TeamArchived', teamId: engineering },
      ),
      ...ofGroup({ type: 'GroupDeleted', groupId: engineers }),
    ],
    tokenClaimed: claimed('tokenName', `token-${organization}-${oktaToken}`),
    tokenFenced: ofToken({ type: 'ClaimFenced', claimId }),
    tokenIssued: ofToken(tokenIssued),
    tokenRevoked: ofToken({ type: 'TokenRevoked', tokenId: oktaToken }),
  };
}
