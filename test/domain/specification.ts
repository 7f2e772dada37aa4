import type { Decider, Recorded } from '../../src/domain/decider.js';
import { Rejection, type RejectionReason } from '../../src/domain/rejection.js';

/** Where and when the event of that revision was recorded: one event a millisecond. */
export const recordedAt = (revision: number): Recorded => ({
  revision,
  position: BigInt(revision + 1),
  occurredAt: new Date(Date.UTC(2026, 0, 1) + revision).toISOString(),
});

/** The state after a history that begins its stream. */
export function stateAfter<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  history: readonly Event[],
): State {
  return history.reduce(
    (state, event, revision) => decider.evolve(state, event, recordedAt(revision)),
    decider.initial,
  );
}

/** What a command comes to after a history. */
export function given<State, Command, Event>(
  decider: Decider<State, Command, Event>,
  history: readonly Event[] = [],
) {
  return {
    when(command: Command) {
      const decide = (): readonly Event[] => decider.decide(command, stateAfter(decider, history));
      return {
        then: (events: readonly Event[]): void => expect(decide()).toEqual(events),
        thenNothing: (): void => expect(decide()).toEqual([]),
        thenRejects(reason: RejectionReason, details: Readonly<Record<string, string>> = {}): void {
          const rejection = thrownBy(decide);
          expect(rejection).toBeInstanceOf(Rejection);
          expect(rejection).toMatchObject({ reason, details });
        },
      };
    },
  };
}

function thrownBy(decide: () => unknown): unknown {
  try {
    return { decided: decide() };
  } catch (error) {
    return error;
  }
}
