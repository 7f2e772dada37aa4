import { LogUnavailable } from '../../src/event-store/eventstoredb-errors.js';
import { isStatementTimeout, isUnavailable } from '../../src/http/unavailable.js';

const withCode = (code: string): Error => Object.assign(new Error('of the database'), { code });

it.each([
  ...['08006', '57P01', '53300', '57014', '40001', '40P01', '55P03', '25P03', '25P04'],
  'ECONNREFUSED',
])('takes %s for: not now', (code) => {
  expect(isUnavailable(withCode(code))).toBe(true);
  expect(isUnavailable(new Error('the read failed', { cause: withCode(code) }))).toBe(true);
});

it.each(['Query read timeout', 'Connection terminated unexpectedly'])(
  'takes "%s" for: not now',
  (message) => {
    expect(isUnavailable(new Error(message))).toBe(true);
  },
);

it.each(['23505', '42601', '25P02', '22P02', '40002'])('takes %s for a failure', (code) => {
  expect(isUnavailable(withCode(code))).toBe(false);
});

it('takes a log that cannot be reached for: not now', () => {
  expect(isUnavailable(new LogUnavailable('the log cannot be read'))).toBe(true);
});

it('knows a statement that was given up from a database that is gone', () => {
  expect(isStatementTimeout(withCode('57014'))).toBe(true);
  expect(isStatementTimeout(withCode('57P01'))).toBe(false);
  expect(isStatementTimeout(new Error('Query read timeout'))).toBe(false);
});
