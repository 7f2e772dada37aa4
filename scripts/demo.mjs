/** Plays four identity providers against the service and shows what its administrator then sees. */
import { randomBytes } from 'node:crypto';
import { Administrator } from '../demo/administrator.mjs';
import { entraClient, entraDefault, entraFlag, entraWithFlag } from '../demo/entra.mjs';
import { IdentityProvider, UnmetNeed } from '../demo/identity-provider.mjs';
import { oktaCatalogueApp, oktaClient, oktaCustomApp } from '../demo/okta.mjs';
import { openService } from '../demo/service.mjs';
import { say, sayHeading, sayTable } from '../demo/transcript.mjs';

const HISTORY_LINES = 4;

const RUNS = [
  {
    slug: 'okta-catalogue',
    name: 'Okta, catalogue app',
    client: oktaClient,
    play: oktaCatalogueApp,
  },
  { slug: 'okta-custom', name: 'Okta, custom app', client: oktaClient, play: oktaCustomApp },
  { slug: 'entra-default', name: 'Entra ID', client: entraClient, play: entraDefault },
  {
    slug: 'entra-flag',
    name: `Entra ID with ${entraFlag}`,
    client: entraClient,
    query: entraFlag,
    play: entraWithFlag,
  },
];

let service;
try {
  service = await openService(process.env);
  const interrupt = async () => {
    await service.stop();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void interrupt());
  process.exitCode = await demonstrate(new Administrator(service));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await service?.stop();
}

/** @returns the exit code */
async function demonstrate(administrator) {
  // A service that goes on running may have seen the demo before.
  const suffix = randomBytes(3).toString('hex');
  const failures = [];
  let requests = 0;
  for (const { slug, name, client, query, play } of RUNS) {
    const { baseUrl, token } = await administrator.connect(`${slug}-${suffix}`, name);
    sayHeading(`${name} → ${baseUrl}`);
    const provider = new IdentityProvider({ baseUrl, token, query, ...client });
    try {
      await play(provider);
    } catch (error) {
      if (!(error instanceof UnmetNeed)) throw error;
      failures.push(`${name}: ${error.message}`);
    }
    requests += provider.requests;
  }
  await showOutcome(administrator, suffix);
  say(`\n${requests} requests of ${RUNS.length} identity providers, ${failures.length} failed`);
  for (const failure of failures) say(`  ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

async function showOutcome(administrator, suffix) {
  const outcomes = await Promise.all(
    RUNS.map(async ({ slug }) => {
      const organization = `${slug}-${suffix}`;
      const [users, teams, history] = await Promise.all([
        administrator.users(organization),
        administrator.teams(organization),
        administrator.history(organization, HISTORY_LINES),
      ]);
      return { slug, users, teams, history };
    }),
  );
  const rows = (member, cells) =>
    outcomes.flatMap((outcome) => outcome[member].map((item) => [outcome.slug, ...cells(item)]));

  sayHeading('History, the latest of each organization');
  sayTable(['organization', 'time', 'actor', 'what happened'], rows('history', historyCells));
  sayHeading('Users, as the administrator sees them');
  sayTable(
    ['organization', 'userName', 'name', 'e-mail', 'status', 'synced', 'teams'],
    rows('users', userCells),
  );
  sayHeading('Teams, as the administrator sees them');
  sayTable(
    ['organization', 'team', 'state', 'synced', 'members', 'groups'],
    rows('teams', teamCells),
  );
}

function historyCells({ occurredAt, actor, sentence }) {
  return [occurredAt.slice(11, 23), actor.name ?? actor.kind, sentence];
}

function userCells({ userName, displayName, name, emails, status, synced, teams }) {
  return [
    userName,
    displayName ?? name?.formatted ?? '',
    emails.map(({ value }) => value).join(' '),
    status,
    synced ? 'yes' : 'no',
    teams.map((team) => team.name).join(', '),
  ];
}

function teamCells({ name, archived, synced, memberCount, groups }) {
  return [
    name,
    archived ? 'archived' : 'active',
    synced ? 'yes' : 'no',
    String(memberCount),
    groups.map(({ displayName }) => displayName).join(', '),
  ];
}
