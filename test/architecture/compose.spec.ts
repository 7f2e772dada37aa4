const { problemsInCompose } = (await import('../../scripts/check-compose.mjs' as string)) as {
  readonly problemsInCompose: (text: string, variables: readonly string[]) => string[];
};

const VARIABLES = ['PORT', 'DATABASE_URL_FILE'];

const SOUND = `
x-rollcall: &rollcall
  build: .
  networks: [inside]
services:
  database:
    image: postgres:18.4
    environment:
      POSTGRES_USER: rollcall
    volumes:
      - data:/var/lib/postgresql
      - ./deploy/init.sh:/init.sh:ro
  rollcall:
    <<: *rollcall
    environment:
      PORT: \${PORT:-3000}
      DATABASE_URL_FILE: /run/secrets/url
    secrets: [url]
    depends_on:
      database:
        condition: service_healthy
networks:
  inside:
secrets:
  url:
    file: secrets/url
volumes:
  data:
`;

it('has nothing against a sound file', () => {
  expect(problemsInCompose(SOUND, VARIABLES)).toEqual([]);
});

it.each([
  ['a key that Compose does not know', 'build: .', 'build: .\n  volume: []', 'volume'],
  ['a value of the wrong type', 'networks: [inside]', 'networks: inside', '/services/rollcall'],
  ['an unknown condition', 'service_healthy', 'service_ready', 'must be equal to one of'],
  ['an unknown section', 'networks:\n  inside:', 'network:\n  inside:', 'network'],
  ['what is not YAML', 'services:', 'services: [', 'docker-compose.yml: '],
])('finds %s', (_, sound, broken, problem) => {
  expect(problemsWith(sound, broken)).toContainEqual(expect.stringContaining(problem));
});

it.each([
  [
    'a variable that the service does not read',
    'PORT: ',
    'PORTS: ',
    'rollcall: passes PORTS, which src/config.ts does not read',
  ],
  [
    'such a variable that comes with a merged map',
    'build: .',
    'build: .\n  environment: {LOG: x}',
    'api: passes LOG, which src/config.ts does not read',
  ],
  [
    'a secret that the service is not given',
    'secrets: [url]',
    '',
    'rollcall: DATABASE_URL_FILE names the secret url, which it is not given',
  ],
  [
    'a secret that nobody defines',
    'secrets:\n  url:',
    'secrets:\n  uri:',
    'rollcall: there is no secret url',
  ],
  [
    'a service that nobody defines',
    'database:\n        condition',
    'databases:\n        condition',
    'rollcall: there is no service databases',
  ],
  [
    'a network that nobody defines',
    'networks: [inside]',
    'networks: [outside]',
    'rollcall: there is no network outside',
  ],
  [
    'a volume that nobody defines',
    'volumes:\n  data:',
    'volumes:\n  date:',
    'database: there is no volume data',
  ],
  [
    'an image without a tag',
    'postgres:18.4',
    'postgres',
    'database: the image postgres is not pinned by a tag',
  ],
  [
    'an image whose tag moves',
    'postgres:18.4',
    'postgres:latest',
    'database: the image postgres:latest is not pinned by a tag',
  ],
])('finds %s', (_, sound, broken, problem) => {
  expect(problemsWith(sound, broken)).toContain(`docker-compose.yml: ${problem}`);
});

it('finds an unknown variable in a list as well', () => {
  const environment = /environment:\n {6}PORT.*\n.*\n/;
  const listed = SOUND.replace(environment, 'environment: [PORT=1, PORTS=2, NODE_ENV]\n');
  expect(problemsInCompose(listed, VARIABLES)).toEqual([
    'docker-compose.yml: rollcall: passes PORTS, which src/config.ts does not read',
    'docker-compose.yml: rollcall: passes NODE_ENV, which src/config.ts does not read',
  ]);
});

const SHARED = SOUND.replace('build: .', 'image: rollcall:local').replace(
  '  rollcall:\n',
  '  api:\n    <<: *rollcall\n    environment: {PORT: 1}\n  rollcall:\n    build: .\n',
);

it('lets services share the image that one of them builds', () => {
  expect(problemsInCompose(SHARED, VARIABLES)).toEqual([]);
});

it('finds an unknown variable in a service that runs what another builds', () => {
  expect(problemsInCompose(SHARED.replace('{PORT: 1}', '{PORTS: 1}'), VARIABLES)).toEqual([
    'docker-compose.yml: api: passes PORTS, which src/config.ts does not read',
  ]);
});

it('finds an image that two services build at once', () => {
  const both = SHARED.replace('  image: ', '  build: .\n  image: ');
  expect(problemsInCompose(both, VARIABLES)).toEqual([
    'docker-compose.yml: rollcall: builds the image rollcall:local, as api does',
  ]);
});

it('lets two services build it that are never started together', () => {
  const apart = SHARED.replace(
    '{PORT: 1}',
    '{PORT: 1}\n    build: .\n    profiles: [many]',
  ).replace('rollcall:\n    build: .', 'rollcall:\n    build: .\n    profiles: [single]');
  expect(problemsInCompose(apart, VARIABLES)).toEqual([]);
});

it('finds a secret out of reach that a variable of Compose names by default', () => {
  const broken = SOUND.replace(': /run/secrets/url', ': ${URL_FILE-/run/secrets/urls}');
  expect(problemsInCompose(broken, VARIABLES)).toEqual([
    'docker-compose.yml: rollcall: DATABASE_URL_FILE names the secret urls, which it is not given',
  ]);
});

/** A second service is made of nothing but what is shared. */
function problemsWith(sound: string, broken: string): string[] {
  const withApi = SOUND.replace('services:\n', 'services:\n  api:\n    <<: *rollcall\n');
  expect(withApi).toContain(sound);
  return problemsInCompose(withApi.replace(sound, broken), VARIABLES);
}
