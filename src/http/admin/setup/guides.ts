import type { Policies, Provider } from '../../../domain/policies.js';
import { entra } from './entra.js';
import { generic } from './generic.js';
import { google } from './google.js';
import { jumpcloud } from './jumpcloud.js';
import { okta } from './okta.js';
import { onelogin } from './onelogin.js';
import { ping } from './ping.js';
import { BASE_URL, MATCHING_KEY, type SetupGuide } from './setup-guide.js';

/** By kind of provider, in the order in which they are offered. */
export const guides: Readonly<Record<Provider, SetupGuide>> = {
  okta,
  entra,
  onelogin,
  jumpcloud,
  ping,
  google,
  generic,
};

/** The guide with the organization's own values in its texts. */
export function guideFor(
  provider: Provider,
  baseUrl: string,
  matchingKey: Policies['matchingKey'],
): SetupGuide {
  const { fields, steps, ...others } = guides[provider];
  const filled = (text: string): string =>
    text.replaceAll(BASE_URL, baseUrl).replaceAll(MATCHING_KEY, matchingKey);
  return {
    ...others,
    fields: fields.map(({ value, ...field }) => ({
      ...field,
      ...(value !== undefined && { value: filled(value) }),
    })),
    steps: steps.map((step) => ({ ...step, actions: step.actions.map(filled) })),
  };
}
