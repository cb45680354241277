import { describe, expect, it } from 'vitest';
import { formatFor } from './format.ts';
import { todayIn } from './today.ts';

const spaces = (text: string) => text.replaceAll(/\s/g, ' ');

describe('a format', () => {
  it("tells the time of the location's zone, not of this device", () => {
    expect(formatFor('en-GB', 'Asia/Tokyo').time('2026-11-25T04:21:59.123Z')).toBe('13:21');
    expect(formatFor('de', 'Europe/Berlin').time('2026-07-01T04:21:59.123Z')).toBe('06:21');
  });

  it('leaves a date where it is, west of Greenwich too', () => {
    expect(formatFor('en-GB', 'America/Los_Angeles').day('2026-11-25')).toBe('25 November 2026');
  });

  it('writes lengths from minutes to a night', () => {
    const { length } = formatFor('en-GB', 'UTC');
    expect([0, 29, 31, 3600, 4142].map((seconds) => spaces(length(seconds)))).toEqual(['0m', '0m', '1m', '1h 0m', '1h 9m']);
  });

  it('writes money in the minor units of its currency', () => {
    expect(formatFor('en-GB', 'UTC').money(-1250, 'EUR')).toBe('-€12.50');
    expect(formatFor('en-GB', 'UTC').money(500, 'JPY')).toBe('JP¥500');
  });

  it('knows which day it is where the location is', () => {
    const now = new Date('2026-11-25T23:30:00Z');
    expect([todayIn('Europe/London', now), todayIn('Europe/Berlin', now), todayIn('America/New_York', now)]).toEqual(['2026-11-25', '2026-11-26', '2026-11-25']);
  });
});
