/** Words in the person's language: English and German, from locales/<lang>/<feature>.json. Keys are typed by the English ones. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import deCheckIn from '@/locales/de/check-in.json';
import deCommon from '@/locales/de/common.json';
import deErrors from '@/locales/de/errors.json';
import deLive from '@/locales/de/live.json';
import deMembers from '@/locales/de/members.json';
import deSession from '@/locales/de/session.json';
import enCheckIn from '@/locales/en/check-in.json';
import enCommon from '@/locales/en/common.json';
import enErrors from '@/locales/en/errors.json';
import enLive from '@/locales/en/live.json';
import enMembers from '@/locales/en/members.json';
import enSession from '@/locales/en/session.json';

const en = { common: enCommon, session: enSession, checkIn: enCheckIn, live: enLive, members: enMembers, errors: enErrors };
const de: Record<keyof typeof en, object> = {
  common: deCommon,
  session: deSession,
  checkIn: deCheckIn,
  live: deLive,
  members: deMembers,
  errors: deErrors,
};

export const resources = { en, de };
export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    resources: typeof en;
  }
}

const storageKey = 'footfall-language';

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(languages, value);
}

function preferred(): Language {
  const kept = localStorage.getItem(storageKey);
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? 'en';
}

export async function startI18n(language: Language = preferred()): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    ns: Object.keys(en),
    defaultNS: 'common',
    resources,
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(storageKey, language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}
