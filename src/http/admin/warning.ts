/** What the answer of a change made by hand says of what it overrides; nothing where it overrides nothing. */
export const warningsOf = (
  overridden: readonly string[],
): { readonly warnings?: readonly string[] } =>
  overridden.length === 0 ? {} : { warnings: overridden.map(warningOf) };

const warningOf = (overridden: string): string =>
  `${overridden}: the next statement of the identity provider takes this change back`;
