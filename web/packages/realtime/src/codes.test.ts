import { describe, expect, test } from 'vitest';
import { CLOSE_CODES, closeAction, ERROR_CODES, errorFate } from './codes.ts';

describe('what the client does for each close code (contract, section 1)', () => {
  test.each([
    [1000, 'stay_closed'],
    [1001, 'backoff'],
    [1006, 'backoff'],
    [1011, 'backoff'],
    [1012, 'when_told'],
    [1013, 'throttle'],
    [4429, 'throttle'],
    [4401, 'renew'],
    [4403, 'stop'],
    [1002, 'stop'],
    [1003, 'stop'],
    [1007, 'stop'],
    [1008, 'stop'],
    [1009, 'stop'],
    [4406, 'reload'],
    [4408, 'at_once'],
    [4413, 'start_over'],
  ])('%i: %s', (code, action) => {
    expect(closeAction(code)).toBe(action);
    expect(CLOSE_CODES[code]?.meaning).toBeTruthy();
  });

  test.each([1005, 1015, 3000, 4999, 0])('%i, of which the contract knows nothing: backoff', (code) => {
    expect(closeAction(code)).toBe('backoff');
  });
});

describe('what an error means for its request', () => {
  test('nothing was decided: later', () => {
    const later = Object.entries(ERROR_CODES).filter(([, fate]) => fate === 'later').map(([code]) => code);
    expect(later.sort()).toEqual(['internal', 'overloaded', 'rate_limited', 'unavailable']);
  });

  test.each([
    ['member_not_found', 'final'],
    ['membership_expired', 'final'],
    ['id_reused', 'final'],
    ['unauthenticated', 'signed_in'],
    ['a code of tomorrow', 'final'],
    ['toString', 'final'],
  ])('%s: %s', (code, fate) => {
    expect(errorFate(code)).toBe(fate);
  });
});
