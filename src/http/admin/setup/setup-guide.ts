import type { Provider } from '../../../domain/policies.js';

/** How well a provider's behaviour is known to work here: replayed whole, in its main parts, or by its documentation. */
export type Maturity = 'stable' | 'beta' | 'preview';

/** Stands in texts for the organization's SCIM base URL. */
export const BASE_URL = '{baseUrl}';

/** Stands in texts for the attribute of the organization's policy matchingKey. */
export const MATCHING_KEY = '{matchingKey}';

/** A field on a screen of the provider, and what belongs in it. */
export interface SetupField {
  /** As the provider labels it. */
  readonly label: string;
  /** May hold BASE_URL and MATCHING_KEY; absent where the value is a secret or the administrator's choice. */
  readonly value?: string;
  readonly hint?: string;
}

export interface SetupStep {
  readonly title: string;
  /** The way to the screen, as the provider names it. */
  readonly where: string;
  /** In order; names of buttons, tabs and fields as the provider writes them. */
  readonly actions: readonly string[];
}

export interface SetupMapping {
  /** Of SCIM. */
  readonly attribute: string;
  /** Of the provider. */
  readonly source: string;
  readonly note?: string;
}

/** Something that the provider can be told to do or to leave. */
export interface SetupAction {
  readonly label: string;
  readonly advice: 'on' | 'off' | 'optional';
  readonly effect: string;
}

/** How a person connects one kind of provider: everything but the base URL and the token of the organization. */
export interface SetupGuide {
  readonly provider: Provider;
  readonly name: string;
  readonly maturity: Maturity;
  readonly summary: string;
  /** Who can do it in the provider. */
  readonly role: string;
  readonly prerequisites: readonly string[];
  readonly fields: readonly SetupField[];
  readonly steps: readonly SetupStep[];
  readonly mappings: readonly SetupMapping[];
  readonly actions: readonly SetupAction[];
  /** Where its requests come from, for the policy ipAllowlist. */
  readonly network: string;
  /** What the provider does that surprises. */
  readonly notes: readonly string[];
  readonly documentation: string;
}
