import { apiKey, type IssueApiKey } from '../../src/domain/api-key.js';
import type { ApiKeyEvent } from '../../src/domain/events.js';
import type { ApiKeyId } from '../../src/domain/identifiers.js';
import { given } from './specification.js';

const keyId = 'key' as ApiKeyId;
const issue: IssueApiKey = { type: 'Issue', keyId, name: 'first', hash: 'aa' };
const issued: ApiKeyEvent = { type: 'ApiKeyIssued', keyId, name: 'first', hash: 'aa' };

describe('an API key', () => {
  it('is issued', () => {
    given(apiKey).when(issue).then([issued]);
  });

  it.each([
    { state: 'issued', history: [issued] },
    { state: 'revoked', history: [issued, { type: 'ApiKeyRevoked', keyId } as const] },
  ])('issuing one that is $state appends nothing', ({ history }) => {
    given(apiKey, history).when(issue).thenNothing();
  });
});
