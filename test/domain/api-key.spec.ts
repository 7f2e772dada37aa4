import { apiKey, type IssueApiKey } from '../../src/domain/api-key.js';
import type { ApiKeyEvent } from '../../src/domain/events.js';
import type { ApiKeyId } from '../../src/domain/identifiers.js';
import { given } from './specification.js';

const keyId = 'key' as ApiKeyId;
const issue: IssueApiKey = { type: 'Issue', keyId, name: 'first', hash: 'aa' };
const issued: ApiKeyEvent = { type: 'ApiKeyIssued', keyId, name: 'first', hash: 'aa' };

const revoked: ApiKeyEvent = { type: 'ApiKeyRevoked', keyId };

describe('an API key', () => {
  it('is issued', () => {
    given(apiKey).when(issue).then([issued]);
  });

  it('that is valid is not issued again', () => {
    given(apiKey, [issued]).when(issue).thenNothing();
  });

  it('that was revoked can be issued again', () => {
    given(apiKey, [issued, revoked]).when(issue).then([issued]);
  });

  it('is revoked once', () => {
    given(apiKey, [issued]).when({ type: 'Revoke', keyId }).then([revoked]);
    given(apiKey, [issued, revoked]).when({ type: 'Revoke', keyId }).thenNothing();
    given(apiKey).when({ type: 'Revoke', keyId }).thenNothing();
  });
});
