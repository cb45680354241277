/** A member's fields as text in a form, and back. Pure. */
import { z } from 'zod';
import type { Member } from '@/api/schemas.ts';
import type { MemberFields } from './queries.ts';

export const Draft = z.object({
  first_name: z.string(),
  last_name: z.string(),
  number: z.string(),
  email: z.string(),
  phone: z.string(),
  born: z.string(),
  notes: z.string(),
  balance: z.string(),
  banned: z.boolean(),
});
export type Draft = z.infer<typeof Draft>;
export type DraftProblem = { field: keyof Draft; text: 'nameNeeded' | 'balanceWrong' };

export const emptyDraft: Draft = { first_name: '', last_name: '', number: '', email: '', phone: '', born: '', notes: '', balance: '', banned: false };

export function draftOf(member: Member): Draft {
  return {
    first_name: member.first_name,
    last_name: member.last_name,
    number: member.number,
    email: member.email ?? '',
    phone: member.phone ?? '',
    born: member.born ?? '',
    notes: member.notes ?? '',
    balance: (member.balance_minor / 10 ** minorDigits(member.currency)).toFixed(minorDigits(member.currency)),
    banned: member.banned,
  };
}

export function problemOf(draft: Draft, currency: string): DraftProblem | null {
  if (draft.first_name.trim() === '' && draft.last_name.trim() === '') return { field: 'first_name', text: 'nameNeeded' };
  if (draft.balance.trim() !== '' && minorOf(draft.balance, currency) === null) return { field: 'balance', text: 'balanceWrong' };
  return null;
}

/** What a new member is created with: what was left empty is left to the server. */
export function newFields(draft: Draft): Partial<MemberFields> {
  const { number, ...rest } = textFields(draft);
  return number === '' ? rest : { ...rest, number };
}

/** What changed, and nothing else, so that two people can edit different things. */
export function changedFields(member: Member, draft: Draft): Partial<MemberFields> {
  const before = { ...textFields(draftOf(member)), banned: member.banned, balance_minor: member.balance_minor };
  const after = { ...textFields(draft), banned: draft.banned, balance_minor: minorOf(draft.balance, member.currency) ?? member.balance_minor };
  const changed = Object.entries(after).filter(([key, value]) => value !== before[key as keyof typeof before]);
  return Object.fromEntries(changed);
}

function textFields(draft: Draft) {
  const orNull = (text: string) => (text.trim() === '' ? null : text.trim());
  return {
    first_name: draft.first_name.trim(),
    last_name: draft.last_name.trim(),
    number: draft.number.trim(),
    email: orNull(draft.email),
    phone: orNull(draft.phone),
    born: orNull(draft.born),
    notes: orNull(draft.notes),
  };
}

function minorDigits(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** "-12.5" and "-12,50" are -1250 cents; null: not an amount. By digits, never by a rounded fraction. */
export function minorOf(text: string, currency: string): number | null {
  const digits = minorDigits(currency);
  const match = /^([-−]?)(\d{1,9})(?:[.,](\d*))?$/.exec(text.trim());
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = ''] = match;
  if (fraction.length > digits) return null;
  const minor = Number(whole + fraction.padEnd(digits, '0'));
  return sign === '' || minor === 0 ? minor : -minor;
}
