import { describe, expect, it } from 'vitest';
import { changedFields, draftOf, emptyDraft, minorOf, newFields, problemOf } from './member-form.ts';
import { member } from '@/testing/fakes.ts';

describe('an amount of money', () => {
  it.each([
    ['12.50', 'EUR', 1250],
    ['-12,5', 'EUR', -1250],
    ['−0.07', 'EUR', -7],
    ['0', 'EUR', 0],
    ['-0', 'EUR', 0],
    ['1.15', 'EUR', 115],
    ['500', 'JPY', 500],
    ['1.234', 'KWD', 1234],
  ])('%s %s is %d minor units', (text, currency, minor) => {
    expect(minorOf(text, currency)).toBe(minor);
  });

  it.each([
    ['12.505', 'EUR'],
    ['5.0', 'JPY'],
    ['1e3', 'EUR'],
    ['twelve', 'EUR'],
    ['', 'EUR'],
    ['1,000.00', 'EUR'],
  ])('%s %s is none', (text, currency) => {
    expect(minorOf(text, currency)).toBeNull();
  });
});

describe("a member's form", () => {
  it('changes nothing when nothing was changed', () => {
    for (const each of [member(1), member(2, { email: null, notes: 'x', balance_minor: -1250 })]) expect(changedFields(each, draftOf(each))).toEqual({});
  });

  it('sends what was changed, and clears what was emptied', () => {
    const before = member(1, { notes: 'Knee' });
    expect(changedFields(before, { ...draftOf(before), first_name: ' Eda ', notes: ' ', balance: '-3,20', banned: true })).toEqual({
      first_name: 'Eda',
      notes: null,
      balance_minor: -320,
      banned: true,
    });
  });

  it('wants one of the names, and an amount that is one', () => {
    expect(problemOf({ ...emptyDraft, first_name: '  ' }, 'EUR')?.field).toBe('first_name');
    expect(problemOf({ ...emptyDraft, last_name: 'Novák' }, 'EUR')).toBeNull();
    expect(problemOf({ ...emptyDraft, last_name: 'Novák', balance: 'much' }, 'EUR')?.field).toBe('balance');
  });

  it('leaves the number of a new member to the server', () => {
    expect(newFields({ ...emptyDraft, last_name: 'Novák' })).not.toHaveProperty('number');
    expect(newFields({ ...emptyDraft, last_name: 'Novák', number: 'M-7' })).toHaveProperty('number', 'M-7');
  });
});
