/** The environment as a validated, frozen Config. Nothing else in src/ reads process.env. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** `api` serves HTTP, `projector` fills the read side, `all` does both. */
export type Role = 'all' | 'api' | 'projector';

const TEAM_SYNC = ['off', 'scim', 'sign-in'] as const;
const GROUP_MAPPING = ['ask', 'strict', 'create', 'link-by-name'] as const;

export interface Config {
  readonly port: number;
  readonly host: string;
  /** What absolute URLs begin with, without a slash at the end; undefined: taken from each request. */
  readonly publicUrl: string | undefined;
  /** Absolute path. */
  readonly dataDir: string;
  /** Undefined: the embedded database. */
  readonly databaseUrl: string | undefined;
  /** Undefined: the log is in the database. */
  readonly eventStoreUrl: string | undefined;
  /** Begins the names of our streams on EventStoreDB; empty where nobody else uses it. */
  readonly streamPrefix: string;
  /** The first api key; undefined: made at the first start. */
  readonly adminKey: string | undefined;
  readonly role: Role;
  /** What new organizations begin with, unless their creation says otherwise. */
  readonly newOrganizations: {
    readonly teamSync?: (typeof TEAM_SYNC)[number];
    readonly groupMapping?: (typeof GROUP_MAPPING)[number];
  };
  /** CIDR blocks and addresses of proxies whose X-Forwarded headers are believed. */
  readonly trustedProxies: readonly string[];
  /** For how long the log of SCIM requests is kept. */
  readonly requestLogDays: number;
}

/** Says for each refused variable what was found and what was expected; the values of secrets stay out of it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const ENVIRONMENT = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/)
    .default('3000')
    .transform(Number)
    .refine((port) => port <= 65_535),
  HOST: z
    .string()
    .regex(/^[\w.:%-]+$/)
    .default('127.0.0.1'),
  PUBLIC_URL: z
    .string()
    .refine(isPlainHttpUrl)
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  ROLLCALL_DATA_DIR: z
    .string()
    .default('.rollcall')
    .transform((directory) => path.resolve(directory))
    .refine(isDirectoryOrMissing),
  DATABASE_URL: z.string().refine(isPostgresUrl).optional(),
  EVENTSTORE_URL: z.string().refine(isEventStoreUrl).optional(),
  // A full stop at the end and nowhere else: no prefix begins another one or a name without any.
  EVENTSTORE_STREAM_PREFIX: z
    .string()
    .regex(/^\w{1,48}\.$/)
    .default(''),
  ROLLCALL_ADMIN_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/)
    .optional(),
  ROLLCALL_ROLE: z.enum(['all', 'api', 'projector']).default('all'),
  ROLLCALL_TEAM_SYNC: z.enum(TEAM_SYNC).optional(),
  ROLLCALL_GROUP_MAPPING: z.enum(GROUP_MAPPING).optional(),
  ROLLCALL_TRUST_PROXY: z
    .string()
    .default('')
    .transform((list) => list.split(',').map((each) => each.trim()))
    .transform((list) => list.filter((each) => each !== ''))
    .refine((list) => list.every((each) => ipaddr.isValid(each) || ipaddr.isValidCIDR(each))),
  ROLLCALL_REQUEST_LOG_DAYS: z
    .string()
    .regex(/^\d{1,4}$/)
    .default('90')
    .transform(Number)
    .refine((days) => days >= 1 && days <= 3_650),
});

type Variable = keyof typeof ENVIRONMENT.shape;

const EXPECTED: Readonly<Record<Variable, string>> = {
  PORT: 'a port number from 0 (any free port) to 65535',
  HOST: 'an address or host name to listen on, such as 127.0.0.1 or 0.0.0.0',
  PUBLIC_URL:
    'an http or https URL without user, query and fragment, such as https://id.example.com',
  ROLLCALL_DATA_DIR: 'a folder, or the path of one to make',
  DATABASE_URL: 'postgres://user:password@host:port/database',
  EVENTSTORE_URL:
    'esdb://user:password@host:port or esdb+discover://…, with options that the client knows, such as ?tlsCAFile=/ca.crt',
  EVENTSTORE_STREAM_PREFIX: 'up to 48 letters, digits and underscores and a full stop at the end',
  ROLLCALL_ADMIN_KEY: 'at least 16 visible ASCII characters without spaces',
  ROLLCALL_ROLE: 'all, api or projector',
  ROLLCALL_TEAM_SYNC: 'off, scim or sign-in',
  ROLLCALL_GROUP_MAPPING: 'ask, strict, create or link-by-name',
  ROLLCALL_TRUST_PROXY:
    'addresses and CIDR blocks of proxies, with commas between them, such as 10.0.0.0/8',
  ROLLCALL_REQUEST_LOG_DAYS: 'a number of days from 1 to 3650',
};

/** Each may be given by a file as well, named by the variable with `_FILE` at its end. */
const SECRETS = [
  'DATABASE_URL',
  'EVENTSTORE_URL',
  'ROLLCALL_ADMIN_KEY',
] as const satisfies readonly Variable[];

const fileOf = <Secret extends string>(secret: Secret): `${Secret}_FILE` => `${secret}_FILE`;

/** Every variable that Rollcall reads. */
export const CONFIG_VARIABLES: readonly string[] = [
  ...Object.keys(ENVIRONMENT.shape),
  ...SECRETS.map(fileOf),
];

/**
 * Reads the configuration. An empty variable counts as absent, because docker compose passes unset ones as empty.
 * @throws ConfigError naming every variable that cannot be used
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.entries(environment).filter(([, value]) => value !== '');
  const { given, problems } = withSecretsOfFiles(Object.fromEntries(present));
  const parsed = ENVIRONMENT.safeParse(given);
  const refused = new Set(parsed.error?.issues.map(({ path: [name] }) => name as Variable));
  problems.push(...[...refused].map((name) => describe(name, given[name] ?? '')));
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(['the configuration cannot be used', ...problems].join('\n  '));
  }
  const values = parsed.data;
  return Object.freeze({
    port: values.PORT,
    host: values.HOST,
    publicUrl: values.PUBLIC_URL,
    dataDir: values.ROLLCALL_DATA_DIR,
    databaseUrl: values.DATABASE_URL,
    eventStoreUrl: values.EVENTSTORE_URL,
    streamPrefix: values.EVENTSTORE_STREAM_PREFIX,
    adminKey: values.ROLLCALL_ADMIN_KEY,
    role: values.ROLLCALL_ROLE,
    newOrganizations: {
      ...(values.ROLLCALL_TEAM_SYNC && { teamSync: values.ROLLCALL_TEAM_SYNC }),
      ...(values.ROLLCALL_GROUP_MAPPING && { groupMapping: values.ROLLCALL_GROUP_MAPPING }),
    },
    trustedProxies: values.ROLLCALL_TRUST_PROXY,
    requestLogDays: values.ROLLCALL_REQUEST_LOG_DAYS,
  });
}

/** A file that cannot be used is refused: without its secret, the service would start on the embedded database. */
function withSecretsOfFiles(environment: NodeJS.ProcessEnv): {
  readonly given: NodeJS.ProcessEnv;
  readonly problems: string[];
} {
  const given = { ...environment };
  const problems: string[] = [];
  for (const secret of SECRETS) {
    const variable = fileOf(secret);
    const file = environment[variable];
    if (file === undefined) continue;
    const found = `${variable}: found ${JSON.stringify(file)}`;
    const value = contentOf(file);
    if (given[secret] !== undefined) {
      problems.push(`${found} and a value in ${secret}, expected one of the two`);
    } else if (value === '') {
      problems.push(`${found}, expected a file that can be read and is not empty`);
    } else {
      given[secret] = value;
    }
  }
  return { given, problems };
}

/** Without the white space around it, such as the line end that editors add; empty when it cannot be read. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function describe(name: Variable, value: string): string {
  const found = isSecret(name) ? `a value of ${value.length} characters` : JSON.stringify(value);
  return `${name}: found ${found}, expected ${EXPECTED[name]}`;
}

function isSecret(name: Variable): boolean {
  return SECRETS.some((secret) => secret === name);
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:$/.test(parseUrl(text)?.protocol ?? '');
}

const EVENTSTORE_URL =
  /^esdb(\+discover)?:\/\/([^:@/?]+:[^:@/?]+@)?[\w.-]+(:\d{1,5})?(,[\w.-]+(:\d{1,5})?)*\/?(\?(?<options>.+))?$/;
/** Those that change how the adapter's promises are kept are left out: it sets them itself or depends on them. */
const EVENTSTORE_OPTIONS: Readonly<Record<string, RegExp>> = {
  connectionName: /./,
  discoveryInterval: /^\d+$/,
  gossipTimeout: /^\d+$/,
  keepAliveInterval: /^\d{5,}$/,
  keepAliveTimeout: /^\d{5,}$/,
  maxDiscoverAttempts: /^\d+$/,
  nodePreference: /^(leader|follower|read_only_replica|random)$/,
  tls: /^(true|false)$/,
  tlsCAFile: /./,
  userCertFile: /./,
  userKeyFile: /./,
};

/** The client only warns of options it does not know, and quotes the whole value, password included, in the warning. */
function isEventStoreUrl(text: string): boolean {
  const found = EVENTSTORE_URL.exec(text);
  const options = found?.groups?.options?.split('&') ?? [];
  return (
    found !== null &&
    options.every((option) => {
      const [name = '', value = ''] = option.split('=');
      return Object.hasOwn(EVENTSTORE_OPTIONS, name) && EVENTSTORE_OPTIONS[name]?.test(value);
    })
  );
}

function isPlainHttpUrl(text: string): boolean {
  const url = parseUrl(text);
  return (
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === ''
  );
}

function isDirectoryOrMissing(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? true;
}
