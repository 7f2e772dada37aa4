/** The environment as a validated, frozen Config. Nothing else in src/ reads process.env. */
import { statSync } from 'node:fs';
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
  EVENTSTORE_URL: z.undefined(),
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
  EVENTSTORE_URL: 'no value: a log in EventStoreDB is not supported yet',
  ROLLCALL_ADMIN_KEY: 'at least 16 visible ASCII characters without spaces',
  ROLLCALL_ROLE: 'all, api or projector',
  ROLLCALL_TEAM_SYNC: 'off, scim or sign-in',
  ROLLCALL_GROUP_MAPPING: 'ask, strict, create or link-by-name',
  ROLLCALL_TRUST_PROXY:
    'addresses and CIDR blocks of proxies, with commas between them, such as 10.0.0.0/8',
  ROLLCALL_REQUEST_LOG_DAYS: 'a number of days from 1 to 3650',
};

const SECRETS: ReadonlySet<string> = new Set<Variable>([
  'DATABASE_URL',
  'EVENTSTORE_URL',
  'ROLLCALL_ADMIN_KEY',
]);

/** Every variable that Rollcall reads. */
export const CONFIG_VARIABLES: readonly string[] = Object.keys(ENVIRONMENT.shape);

/**
 * Reads the configuration. An empty variable counts as absent, because docker compose passes unset ones as empty.
 * @throws ConfigError naming every variable that cannot be used
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.entries(environment).filter(([, value]) => value !== '');
  const parsed = ENVIRONMENT.safeParse(Object.fromEntries(present));
  if (!parsed.success) {
    const refused = new Set(parsed.error.issues.map(({ path: [name] }) => name as Variable));
    const problems = [...refused].map((name) => describe(name, environment[name] ?? ''));
    throw new ConfigError(['the configuration cannot be used', ...problems].join('\n  '));
  }
  const values = parsed.data;
  return Object.freeze({
    port: values.PORT,
    host: values.HOST,
    publicUrl: values.PUBLIC_URL,
    dataDir: values.ROLLCALL_DATA_DIR,
    databaseUrl: values.DATABASE_URL,
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

function describe(name: Variable, value: string): string {
  const found = SECRETS.has(name) ? `a value of ${value.length} characters` : JSON.stringify(value);
  return `${name}: found ${found}, expected ${EXPECTED[name]}`;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:$/.test(parseUrl(text)?.protocol ?? '');
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
