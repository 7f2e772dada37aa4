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
  ['EVENTSTORE_URL', 'esdb://secret', 'a log in EventStoreDB is not supported yet'],
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
