import { describe, expect, it } from 'vitest';
import { noScan, onKey, type ScanStep } from './scan-detector.ts';

/** Keys with the gap before each. */
function type(...keys: [key: string, gap_ms: number, modified?: boolean][]): ScanStep {
  let step: ScanStep = { state: noScan, fresh: true, scan: null };
  let at_ms = 1000;
  for (const [key, gap_ms, modified = false] of keys) {
    at_ms += gap_ms;
    step = onKey(step.state, { key, at_ms, modified });
  }
  return step;
}

const keysOf = (text: string, gap_ms: number): [string, number][] => Array.from(text, (key) => [key, gap_ms]);

describe('the scan detector', () => {
  it('takes a fast burst that ends in Enter', () => {
    expect(type(...keysOf('0000055433', 5), ['Enter', 5]).scan).toEqual({ code: '0000055433', segment: 0 });
  });

  it('takes one that ends in Tab, and one with capitals', () => {
    expect(type(...keysOf('ABCD', 8), ['Tab', 8]).scan?.code).toBe('ABCD');
    expect(type(['Shift', 400], ['A', 2], ['Shift', 2], ['B', 2], ...keysOf('-77', 4), ['Enter', 4]).scan?.code).toBe('AB-77');
  });

  it('takes one whose Enter comes late, and one with a hiccup in it', () => {
    expect(type(...keysOf('0000055433', 5), ['Enter', 180]).scan?.code).toBe('0000055433');
    expect(type(['0', 5], ['0', 120], ...keysOf('00055433', 5), ['Enter', 5]).scan?.code).toBe('0000055433');
  });

  it.each([
    ['the fastest typist', [...keysOf('elif', 60), ['Enter', 60]]],
    ['a short number, typed', [...keysOf('42', 20), ['Enter', 20]]],
    ['fast keys and then a pause', [...keysOf('0000055433', 5), ['Enter', 400]]],
    ['a held shortcut', [...keysOf('0000055', 5), ['c', 5, true], ['Enter', 5]]],
    ['an arrow in between', [...keysOf('000', 5), ['ArrowDown', 5], ...keysOf('055', 5), ['Enter', 5]]],
    ['Enter alone', [['Enter', 5]]],
    ['a book', [...keysOf('x'.repeat(200), 5), ['Enter', 5]]],
  ] as [string, [string, number, boolean?][]][])('leaves %s alone', (_, keys) => {
    expect(type(...keys).scan).toBeNull();
  });

  it('does not take the letters that somebody was typing for a part of the card', () => {
    expect(type(...keysOf('nov', 110), ['0', 60], ...keysOf('000055433', 5), ['Enter', 5]).scan?.code).toBe('0000055433');
    expect(type(...keysOf('nov', 110), ['0', 90], ...keysOf('000055433', 5), ['Enter', 5]).scan).toEqual({ code: '0000055433', segment: 3 });
  });

  it('takes the same card twice', () => {
    const first = type(...keysOf('0000055433', 5), ['Enter', 5]);
    let step: ScanStep = first;
    let at_ms = 5000;
    for (const [key] of [...keysOf('0000055433', 5), ['Enter', 5] as const]) step = onKey(step.state, { key, at_ms: (at_ms += 5), modified: false });
    expect(step.scan?.code).toBe('0000055433');
  });
});
