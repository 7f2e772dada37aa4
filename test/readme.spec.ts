import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { sharedService } from './support/service.js';

const run = promisify(execFile);

it('connects an identity provider with the commands that the README shows', async () => {
  const { url, adminKey } = await sharedService();
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, commands = ''] = /```sh\n(curl[^`]*)```/.exec(readme) ?? [];
  const slug = `readme-${Date.now().toString(36)}`;
  const script = commands
    .replaceAll('curl ', 'curl -sS --fail-with-body ')
    .replaceAll('localhost:3000', url)
    .replaceAll('acme', slug);
  const { stdout } = await run('bash', ['-ec', script], { env: { ...process.env, KEY: adminKey } });
  const token = /"token":"([^"]+)"/.exec(stdout)?.[1];
  const answer = await fetch(`${url}/scim/v2/${slug}/Users?startIndex=1&count=2`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(200);
});
