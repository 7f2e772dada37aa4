import { apiKey, type IssueApiKey } from '../../src/domain/api-key.js';
import type { ApiKeyEvent } from '../../src/domain/events.js';
import type { ApiKeyId, OrganizationId } from '../../src/domain/identifiers.js';
import { given } from './specification.js';

const keyId = 'key' as ApiKeyId;
const acme = 'acme' as OrganizationId;
const auditor = { role: 'auditor', organization: acme } as const;
const issue: IssueApiKey = { type: 'Issue', keyId, name: 'first', hash: 'aa', scope: auditor };
const issued: ApiKeyEvent = { type: 'ApiKeyIssued', keyId, name: 'first', hash: 'aa', ...auditor };
const revoked: ApiKeyEvent = { type: 'ApiKeyRevoked', keyId };

describe('an API key', () => {
  it('is issued for a role in one organization', () => {
    given(apiKey).when(issue).then([issued]);
  });

  it('is issued for a role in every organization', () => {
    const scope = { role: 'owner', organization: null } as const;
    given(apiKey)
      .when({ ...issue, scope })
      .then([{ type: 'ApiKeyIssued', keyId, name: 'first', hash: 'aa', ...scope }]);
  });

  it('that is valid is not issued again', () => {
    given(apiKey, [issued]).when(issue).thenNothing();
  });

  it('that was revoked can be issued again', () => {
    given(apiKey, [issued, revoked]).when(issue).then([issued]);
  });

  it.each([
    { role: 'owner', organization: null },
    { role: 'auditor', organization: null },
    { role: 'administrator', organization: acme },
  ] as const)('that was revoked does not come back as one that opens other things: %j', (scope) => {
    given(apiKey, [issued, revoked])
      .when({ ...issue, scope })
      .thenNothing();
  });

  it('is revoked once', () => {
    given(apiKey, [issued]).when({ type: 'Revoke', keyId }).then([revoked]);
    given(apiKey, [issued, revoked]).when({ type: 'Revoke', keyId }).thenNothing();
    given(apiKey).when({ type: 'Revoke', keyId }).thenNothing();
  });
});
