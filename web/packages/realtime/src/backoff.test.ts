import { describe, expect, test } from 'vitest';
import { atOnce, fullJitter, throttled } from './backoff.ts';

describe('full jitter is anywhere between nothing and a bound that doubles up to 30 s', () => {
  test.each([
    [0, 0, 0],
    [0, 0.5, 500],
    [0, 0.9999, 999],
    [1, 0.5, 1_000],
    [4, 0.5, 8_000],
    [5, 0.5, 15_000],
    [50, 0.5, 15_000],
    [5_000, 0.9999, 29_997],
  ])('%i failures before, roll %d: %i ms', (failures, roll, ms) => {
    expect(fullJitter(failures, roll)).toBe(ms);
  });
});

describe('too many: never before what the server asked, at least 1 s, doubling', () => {
  test.each([
    [null, 0, 0, 1_000],
    [200, 0, 0, 1_000],
    [3_000, 0, 0, 3_000],
    [3_000, 1, 0, 6_000],
    [3_000, 2, 0.9999, 14_999],
    [3_000, 40, 0, 300_000],
    [900_000, 3, 0, 900_000],
  ])('asked %s ms, %i times before, roll %d: %i ms', (asked, before, roll, ms) => {
    expect(throttled(asked, before, roll)).toBe(ms);
  });
});

test('at once means within a second', () => {
  expect([atOnce(0), atOnce(0.5), atOnce(0.9999)]).toEqual([0, 500, 999]);
});
