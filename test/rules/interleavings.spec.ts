import fc from 'fast-check';
import { expectTablesToEqualLog } from '../faults/soundness.js';
import { createTestDatabase } from '../support/database.js';
import { startService, type RunningService } from '../support/service.js';
import type { ModelPolicies } from './organization-model.js';
import { GROUPS, TEAMS, World } from './world.js';

/*
 * Random interleavings of what identity providers, administrators and people who sign in do, against the model. The
 * service runs as its users run it; every answer is compared, and at the end of each history everything that
 * administrators see.
 */

const HISTORIES = 25;
const LONGEST = 40;
const PEOPLE = 5;

let service: RunningService;
let databaseUrl: string;
beforeAll(async () => {
  ({ url: databaseUrl } = await createTestDatabase());
  service = await startService({ databaseUrl });
});
afterAll(() => service.stop());

it('users, teams and grants are what the rules say after any interleaving', async () => {
  const histories = fc.array(operation, { minLength: 10, maxLength: LONGEST });
  await fc.assert(
    fc.asyncProperty(histories, async (operations) => {
      const world = await World.create(service);
      for (const perform of operations) await perform(world);
      await world.expectToAgree();
    }),
    { numRuns: HISTORIES, endOnFailure: true },
  );
}, 240_000);

it('and tables folded anew from the log equal those that served', async () => {
  await expectTablesToEqualLog({ databaseUrl });
});

type Operation = ((world: World) => Promise<void>) & { [fc.toStringMethod]?: () => string };

const person = fc.nat({ max: PEOPLE - 1 });
const people = fc.uniqueArray(person, { maxLength: PEOPLE });
const group = fc.constantFrom(...GROUPS);
const displayName = fc.constantFrom('Ada', 'Grace', 'Katherine');
const team = fc.nat({ max: 20 });

/** One step, which prints what it does. */
const step = <Values extends readonly unknown[]>(
  name: string,
  values: fc.Arbitrary<Values>,
  perform: (world: World, ...values: Values) => Promise<void>,
): fc.Arbitrary<Operation> =>
  values.map((drawn) =>
    Object.assign((world: World) => perform(world, ...drawn), {
      [fc.toStringMethod]: () => `${name}(${JSON.stringify(drawn).slice(1, -1)})`,
    }),
  );

const policy = fc.oneof(
  ...policyChanges('onDeactivate', ['remove', 'disable']),
  ...policyChanges('manualUpdates', ['locked', 'warn']),
  ...policyChanges('manualDelete', ['refuse', 'allow']),
  ...policyChanges('appCreatedUsers', ['refuse', 'allow']),
  ...policyChanges('groupMapping', ['ask', 'strict', 'create', 'link-by-name']),
  ...policyChanges('onGroupDelete', ['delete', 'archive', 'unlink']),
  ...policyChanges('teamSync', ['off', 'scim', 'sign-in']),
  ...policyChanges('allowSignUp', [true, false]),
  ...policyChanges('rejectNonProvisioned', [true, false]),
);

function policyChanges<Name extends keyof ModelPolicies>(
  name: Name,
  values: readonly ModelPolicies[Name][],
): readonly fc.Arbitrary<Operation>[] {
  return [
    step(`${name} =`, fc.tuple(fc.constantFrom(...values)), (world, value) =>
      world.setPolicy(name, value),
    ),
  ];
}

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 5, arbitrary: step('push', fc.tuple(person, displayName), (w, ...a) => w.push(...a)) },
  {
    weight: 3,
    arbitrary: step(
      'state',
      fc.tuple(person, fc.oneof(fc.record({ active: fc.boolean() }), fc.record({ displayName }))),
      (w, ...a) => w.state(...a),
    ),
  },
  {
    weight: 1,
    arbitrary: step('deleteByProvider', fc.tuple(person), (w, ...a) => w.deleteByProvider(...a)),
  },
  {
    weight: 4,
    arbitrary: step('pushGroup', fc.tuple(group, people), (w, ...a) => w.pushGroup(...a)),
  },
  {
    weight: 5,
    arbitrary: step(
      'changeMember',
      fc.tuple(group, fc.constantFrom('add' as const, 'remove' as const), person),
      (w, ...a) => w.changeMember(...a),
    ),
  },
  {
    weight: 2,
    arbitrary: step('replaceGroup', fc.tuple(group, people), (w, ...a) => w.replaceGroup(...a)),
  },
  { weight: 1, arbitrary: step('deleteGroup', fc.tuple(group), (w, ...a) => w.deleteGroup(...a)) },
  {
    weight: 3,
    arbitrary: step('createUser', fc.tuple(person, displayName), (w, ...a) => w.createUser(...a)),
  },
  {
    weight: 3,
    arbitrary: step('editUser', fc.tuple(person, displayName), (w, ...a) => w.editUser(...a)),
  },
  { weight: 1, arbitrary: step('deleteUser', fc.tuple(person), (w, ...a) => w.deleteUser(...a)) },
  {
    weight: 6,
    arbitrary: step(
      'changeTeamMember',
      fc.tuple(team, fc.constantFrom('PUT' as const, 'DELETE' as const), person),
      (w, ...a) => w.changeTeamMember(...a),
    ),
  },
  { weight: 3, arbitrary: step('link', fc.tuple(group, team), (w, ...a) => w.link(...a)) },
  { weight: 2, arbitrary: step('unlink', fc.tuple(group), (w, ...a) => w.unlink(...a)) },
  {
    weight: 4,
    arbitrary: step(
      'signIn',
      fc.tuple(person, fc.uniqueArray(fc.constantFrom(...TEAMS))),
      (w, ...a) => w.signIn(...a),
    ),
  },
  { weight: 6, arbitrary: policy },
  {
    weight: 2,
    arbitrary: step('setEnabled', fc.tuple(fc.boolean()), (w, ...a) => w.setEnabled(...a)),
  },
);
