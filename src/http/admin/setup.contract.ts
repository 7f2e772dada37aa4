import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { providers, type Provider } from '../../domain/policies.js';
import type { Maturity } from './setup/setup-guide.js';

const MATURITIES = ['stable', 'beta', 'preview'] as const satisfies readonly Maturity[];
const MATURITY = {
  enum: MATURITIES,
  description:
    '`stable`: its requests are replayed by our tests; `beta`: those in its documentation are; `preview`: as far as its documentation goes.',
  example: 'stable',
} as const;

@ApiSchema({ name: 'SetupField' })
export class SetupFieldDocument {
  @ApiProperty({ description: 'As the provider labels it.', example: 'SCIM connector base URL' })
  readonly label!: string;

  @ApiPropertyOptional({
    description: 'What to paste; absent for secrets.',
    example: 'https://id.example.com/scim/v2/acme',
  })
  readonly value?: string;

  @ApiPropertyOptional({ example: 'The token alone, without the word Bearer.' })
  readonly hint?: string;
}

@ApiSchema({ name: 'SetupStep' })
export class SetupStepDocument {
  @ApiProperty({ description: 'From 1.', example: 1 })
  readonly number!: number;

  @ApiProperty({ example: 'Enter the connection and test it' })
  readonly title!: string;

  @ApiProperty({
    description: 'The way to the screen, as the provider names it.',
    example: 'your application > Provisioning > Settings > Integration',
  })
  readonly where!: string;

  @ApiProperty({ type: [String], example: ['Select Edit.', 'Select Save.'] })
  readonly actions!: readonly string[];
}

@ApiSchema({ name: 'SetupMapping' })
export class SetupMappingDocument {
  @ApiProperty({ description: 'Of SCIM.', example: 'userName' })
  readonly attribute!: string;

  @ApiProperty({ description: 'Of the provider.', example: 'user.email' })
  readonly source!: string;

  @ApiPropertyOptional({ example: 'It must be an e-mail address.' })
  readonly note?: string;
}

@ApiSchema({ name: 'SetupAction' })
export class SetupActionDocument {
  @ApiProperty({ description: 'As the provider labels it.', example: 'Deactivate Users' })
  readonly label!: string;

  @ApiProperty({ enum: ['on', 'off', 'optional'], example: 'on' })
  readonly advice!: 'on' | 'off' | 'optional';

  @ApiProperty({ example: 'who is unassigned loses access' })
  readonly effect!: string;
}

@ApiSchema({ name: 'TokenHint' })
export class TokenHintDocument {
  @ApiProperty({
    description: 'Where a token is issued. No answer but that of its issue holds it.',
    example: 'POST https://id.example.com/api/organizations/acme/scim/tokens',
  })
  readonly issue!: string;

  @ApiProperty({ example: 'It is shown once: paste it into the provider at once.' })
  readonly hint!: string;
}

@ApiSchema({ name: 'Setup' })
export class SetupDocument {
  @ApiProperty({ enum: providers, example: 'okta' })
  readonly provider!: Provider;

  @ApiProperty({ example: 'Okta' })
  readonly name!: string;

  @ApiProperty(MATURITY)
  readonly maturity!: Maturity;

  @ApiProperty({ example: 'A SAML application with SCIM provisioning.' })
  readonly summary!: string;

  @ApiProperty({ example: 'https://id.example.com/scim/v2/acme' })
  readonly baseUrl!: string;

  @ApiProperty()
  readonly token!: TokenHintDocument;

  @ApiProperty({
    description: 'Which role in the provider can do it.',
    example: 'Super Administrator, or Application Administrator for this application',
  })
  readonly role!: string;

  @ApiProperty({ type: [String], example: ['Single sign-on with Okta is set up.'] })
  readonly prerequisites!: readonly string[];

  @ApiProperty({ type: [SetupFieldDocument], description: 'What to paste where.' })
  readonly fields!: readonly SetupFieldDocument[];

  @ApiProperty({ type: [SetupStepDocument] })
  readonly steps!: readonly SetupStepDocument[];

  @ApiProperty({ type: [SetupMappingDocument], description: 'Recommended.' })
  readonly mappings!: readonly SetupMappingDocument[];

  @ApiProperty({ type: [SetupActionDocument], description: 'What to switch on.' })
  readonly actions!: readonly SetupActionDocument[];

  @ApiProperty({
    description: 'Where its requests come from, for the policy ipAllowlist.',
    example: 'Okta sends from the IP ranges of your cell.',
  })
  readonly network!: string;

  @ApiProperty({ type: [String], example: ['Okta never deletes users: it deactivates them.'] })
  readonly notes!: readonly string[];

  @ApiProperty({ description: "The provider's own.", example: 'https://help.okta.com/' })
  readonly documentation!: string;
}

@ApiSchema({ name: 'Provider' })
export class ProviderDocument {
  @ApiProperty({
    enum: providers,
    description: 'A value of the policy `provider`.',
    example: 'okta',
  })
  readonly kind!: Provider;

  @ApiProperty({ example: 'Okta' })
  readonly name!: string;

  @ApiProperty(MATURITY)
  readonly maturity!: Maturity;

  @ApiProperty({ example: 'A SAML application with SCIM provisioning.' })
  readonly summary!: string;
}

@ApiSchema({ name: 'ProviderList' })
export class ProviderList {
  @ApiProperty({ type: [ProviderDocument] })
  readonly items!: readonly ProviderDocument[];
}

export class SetupQuery {
  @ApiPropertyOptional({
    enum: providers,
    description: 'Absent: the policy `provider` of the organization.',
  })
  @IsOptional()
  @IsIn(providers, { message: `one of ${providers.join(', ')}` })
  readonly provider?: Provider;
}
