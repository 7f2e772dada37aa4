/** What the answer of a change made by hand says of one thing that it overrides. */
export const warningOf = (overridden: string): string =>
  `${overridden}: the next statement of the identity provider takes this change back`;
