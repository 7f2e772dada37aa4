import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, loadConfig } from '../src/config.js';

const file = import.meta.filename;

it('has a default for everything', () => {
  expect(loadConfig({})).toEqual({
    port: 3000,
    host: '127.0.0.1',
    publicUrl: undefined,
    dataDir: path.resolve('.rollcall'),
    databaseUrl: undefined,
    eventStoreUrl: undefined,
    streamPrefix: '',
    adminKey: undefined,
    role: 'all',
    newOrganizations: {},
    trustedProxies: [],
    requestLogDays: 90,
  });
});

it('reads every variable', () => {
  expect(
    loadConfig({
      PORT: '0',
      HOST: '::1',
      PUBLIC_URL: 'https://id.example.com/rollcall/',
      ROLLCALL_DATA_DIR: '/var/lib/nowhere',
      DATABASE_URL: 'postgresql://ada@db/rollcall',
      EVENTSTORE_URL: 'esdb://ada:pw@es1:2113,es2:2113?tls=true&tlsCAFile=/ca.crt',
      EVENTSTORE_STREAM_PREFIX: 'rollcall_2.',
      ROLLCALL_ADMIN_KEY: 'sixteen-letters!',
      ROLLCALL_ROLE: 'projector',
      ROLLCALL_TEAM_SYNC: 'off',
      ROLLCALL_GROUP_MAPPING: 'strict',
      ROLLCALL_TRUST_PROXY: '10.0.0.0/8, ::1,',
      ROLLCALL_REQUEST_LOG_DAYS: '7',
    }),
  ).toEqual({
    port: 0,
    host: '::1',
    publicUrl: 'https://id.example.com/rollcall',
    dataDir: '/var/lib/nowhere',
    databaseUrl: 'postgresql://ada@db/rollcall',
    eventStoreUrl: 'esdb://ada:pw@es1:2113,es2:2113?tls=true&tlsCAFile=/ca.crt',
    streamPrefix: 'rollcall_2.',
    adminKey: 'sixteen-letters!',
    role: 'projector',
    newOrganizations: { teamSync: 'off', groupMapping: 'strict' },
    trustedProxies: ['10.0.0.0/8', '::1'],
    requestLogDays: 7,
  });
});

it('takes an empty variable for an absent one', () => {
  expect(loadConfig({ PORT: '', ROLLCALL_ADMIN_KEY: '', EVENTSTORE_URL: '' })).toEqual(
    loadConfig({}),
  );
});

it('is frozen', () => {
  expect(Object.isFrozen(loadConfig({}))).toBe(true);
});

it.each([
  ['PORT', 'http', 'PORT: found "http", expected a port number'],
  ['PORT', '65536', 'PORT: found "65536", expected a port number'],
  ['PORT', '-1', 'PORT: found "-1", expected a port number'],
  ['HOST', 'a b', 'HOST: found "a b", expected an address'],
  ['PUBLIC_URL', 'id.example.com', 'PUBLIC_URL: found "id.example.com", expected an http'],
  ['PUBLIC_URL', 'https://a/?b', 'PUBLIC_URL: found "https://a/?b", expected an http'],
  ['ROLLCALL_DATA_DIR', file, `ROLLCALL_DATA_DIR: found "${file}", expected a folder`],
  ['ROLLCALL_TEAM_SYNC', 'scim_sync', 'ROLLCALL_TEAM_SYNC: found "scim_sync", expected off, scim'],
  ['ROLLCALL_GROUP_MAPPING', 'all', 'ROLLCALL_GROUP_MAPPING: found "all", expected ask, strict'],
  ['ROLLCALL_ROLE', 'API', 'ROLLCALL_ROLE: found "API", expected all, api or projector'],
  ['ROLLCALL_TRUST_PROXY', 'loadbalancer', 'expected addresses and CIDR blocks of proxies'],
  ['ROLLCALL_TRUST_PROXY', '10.0.0.0/33', 'expected addresses and CIDR blocks of proxies'],
  ['ROLLCALL_REQUEST_LOG_DAYS', '0', 'expected a number of days from 1 to 3650'],
  ['DATABASE_URL', 'mysql://u:secret@h', 'DATABASE_URL: found a value of 18 characters'],
  ['EVENTSTORE_STREAM_PREFIX', 'user-', 'found "user-", expected up to 48 letters'],
  ['EVENTSTORE_URL', 'http://u:secret@h', 'found a value of 17 characters, expected esdb://user'],
  ['EVENTSTORE_URL', 'esdb://u:secret@', 'found a value of 16 characters, expected esdb://user'],
  ['EVENTSTORE_URL', 'esdb://u:se:cret@h', 'EVENTSTORE_URL: found a value of 18 characters'],
  ['EVENTSTORE_URL', 'esdb://h?throwOnAppendFailure=false', 'options that the client knows'],
  ['EVENTSTORE_URL', 'esdb://h?tlsVerifyCert=false', 'options that the client knows'],
  ['EVENTSTORE_URL', 'esdb://h?tls=maybe', 'options that the client knows'],
  ['ROLLCALL_ADMIN_KEY', 'secret', 'ROLLCALL_ADMIN_KEY: found a value of 6 characters'],
  ['ROLLCALL_ADMIN_KEY', 'a secret with spaces', 'expected at least 16 visible ASCII'],
])('refuses %s=%s', (name, value, message) => {
  expect(() => loadConfig({ [name]: value })).toThrow(ConfigError);
  expect(() => loadConfig({ [name]: value })).toThrow(message);
});

it.each(['DATABASE_URL', 'EVENTSTORE_URL', 'ROLLCALL_ADMIN_KEY'])(
  'never shows the value of %s',
  (name) => {
    expect(() => loadConfig({ [name]: 'hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  },
);

it('names every refused variable at once', () => {
  expect(() => loadConfig({ PORT: 'x', ROLLCALL_ROLE: 'y' })).toThrow(/PORT[^]*ROLLCALL_ROLE/);
});

describe('a secret in a file', () => {
  const SECRETS = [
    ['DATABASE_URL', 'databaseUrl', 'postgres://ada:hunter2@db/rollcall'],
    ['ROLLCALL_ADMIN_KEY', 'adminKey', 'sixteen-letters!'],
  ] as const;
  let folder: string;
  const fileWith = (content: string): string => {
    const secret = path.join(folder, 'secret');
    writeFileSync(secret, content);
    return secret;
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rollcall-config-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it.each(SECRETS)('is read for %s', (name, property, value) => {
    expect(loadConfig({ [`${name}_FILE`]: fileWith(value) })[property]).toBe(value);
  });

  it.each(SECRETS)('ends before its line end, for %s', (name, property, value) => {
    expect(loadConfig({ [`${name}_FILE`]: fileWith(`${value}\r\n`) })[property]).toBe(value);
  });

  it('is checked as the value of a variable is', () => {
    expect(() => loadConfig({ DATABASE_URL_FILE: fileWith('mysql://u:hunter2@h') })).toThrow(
      'DATABASE_URL: found a value of 19 characters, expected postgres://',
    );
  });

  it.each(['DATABASE_URL', 'EVENTSTORE_URL', 'ROLLCALL_ADMIN_KEY'])(
    'is never shown, for %s',
    (name) => {
      expect(() => loadConfig({ [`${name}_FILE`]: fileWith('hunter2') })).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
      );
    },
  );

  it.each(SECRETS)('is refused beside a value in %s', (name, _, value) => {
    const secret = fileWith(value);
    expect(() => loadConfig({ [name]: value, [`${name}_FILE`]: secret })).toThrow(
      `${name}_FILE: found ${JSON.stringify(secret)} and a value in ${name}, expected one of the two`,
    );
  });

  it('takes the place of an empty variable', () => {
    const [[name, property, value]] = SECRETS;
    const config = loadConfig({ [name]: '', [`${name}_FILE`]: fileWith(value) });
    expect(config[property]).toBe(value);
  });

  it.each([
    ['that is missing', () => path.join(folder, 'missing')],
    ['that is a folder', () => folder],
    ['that is empty', () => fileWith('\n')],
  ])('is refused for a file %s', (_, secret) => {
    expect(() => loadConfig({ DATABASE_URL_FILE: secret() })).toThrow(
      `DATABASE_URL_FILE: found ${JSON.stringify(secret())}, expected a file that can be read`,
    );
  });

  it('is refused together with other variables', () => {
    expect(() => loadConfig({ DATABASE_URL_FILE: folder, PORT: 'x' })).toThrow(
      /DATABASE_URL_FILE[^]*PORT/,
    );
  });
});
