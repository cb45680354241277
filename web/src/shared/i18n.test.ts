import { describe, expect, it } from 'vitest';
import { resources } from './i18n.ts';

type Words = { [key: string]: string | Words };

function flat(words: Words, prefix = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]): [string, string][] => (typeof value === 'string' ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`)));
}

const english = new Map(flat(resources.en));
const german = new Map(flat(resources.de as Words));
const gaps = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

describe('the words', () => {
  it('are there in both languages, each of them', () => {
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it('have the same gaps to fill', () => {
    for (const [key, text] of english) expect(gaps(german.get(key) ?? ''), key).toEqual(gaps(text));
  });

  it('are nowhere empty', () => {
    for (const [key, text] of [...english, ...german]) expect(text.trim(), key).not.toBe('');
  });
});
