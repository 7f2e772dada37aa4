import type { OwnersEvent } from '../../src/domain/events.js';
import { isLastOwner, owners } from '../../src/domain/owners.js';
import { acme, ada, bob } from './facts.js';
import { given, stateAfter } from './specification.js';

const appointed = (userId = ada): OwnersEvent => ({
  type: 'OwnerAppointed',
  organization: acme,
  userId,
});
const dismissed = (userId = ada): OwnersEvent => ({
  type: 'OwnerDismissed',
  organization: acme,
  userId,
});
const set = (owns: boolean, userId = ada) =>
  ({ type: 'SetOwner', organization: acme, userId, owns }) as const;

describe('the ledger of owners', () => {
  it('gains an owner', () => {
    given(owners, [appointed(bob)])
      .when(set(true))
      .then([appointed()]);
  });

  it('loses an owner, also the last', () => {
    given(owners, [appointed()]).when(set(false)).then([dismissed()]);
  });

  it.each([
    { name: 'an owner an owner', history: [appointed()], owns: true },
    { name: 'nobody nobody', history: [], owns: false },
    { name: 'a dismissed owner nobody', history: [appointed(), dismissed()], owns: false },
  ])('records nothing to make $name', ({ history, owns }) => {
    given(owners, history).when(set(owns)).thenNothing();
  });

  it.each([
    { owner: 'the only one', history: [appointed()], last: true },
    { owner: 'one of two', history: [appointed(), appointed(bob)], last: false },
    {
      owner: 'who is left of two',
      history: [appointed(), appointed(bob), dismissed(bob)],
      last: true,
    },
    { owner: 'not entered yet, and nobody else is', history: [], last: true },
    { owner: 'not entered yet, beside another', history: [appointed(bob)], last: false },
  ])('knows whether an owner, $owner, is the last: $last', ({ history, last }) => {
    expect(isLastOwner(stateAfter(owners, history), ada)).toBe(last);
  });
});
