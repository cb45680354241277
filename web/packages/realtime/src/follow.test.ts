import { expect, test } from 'vitest';
import { FakeClock } from '../testing/index.ts';
import { FOLLOW_GRACE_MS, Lease } from './follow.ts';

function lease() {
  const clock = new FakeClock();
  const log: string[] = [];
  return { clock, log, lease: new Lease(clock, FOLLOW_GRACE_MS, () => log.push('begin'), () => log.push('end')) };
}

test('the first one begins it, the last one ends it, 5 s later', async () => {
  const { clock, log, lease: it } = lease();
  const [one, two] = [it.take(), it.take()];
  one();
  await clock.advance(60_000);
  expect(log).toEqual(['begin']);
  two();
  await clock.advance(4_999);
  expect(log).toEqual(['begin']);
  await clock.advance(1);
  expect(log).toEqual(['begin', 'end']);
});

test('taken again within the grace: nothing happened', async () => {
  const { clock, log, lease: it } = lease();
  it.take()();
  await clock.advance(4_000);
  it.take();
  await clock.advance(60_000);
  expect(log).toEqual(['begin']);
});

test('taken again after it: it begins again', async () => {
  const { clock, log, lease: it } = lease();
  it.take()();
  await clock.advance(5_000);
  it.take();
  expect(log).toEqual(['begin', 'end', 'begin']);
});

test('given back twice counts once', async () => {
  const { clock, log, lease: it } = lease();
  const [one] = [it.take(), it.take()];
  one();
  one();
  await clock.advance(60_000);
  expect(log).toEqual(['begin']);
});
