/** Dates, times, lengths and money as people of a language read them; times in the *location's* zone. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

export interface Format {
  /** 14:05 */
  time: (moment: string) => string;
  /** 25 Nov, 14:05; with the year where it is another one */
  dateTime: (moment: string) => string;
  /** 25 November 2026, from a date without a time */
  day: (date: string) => string;
  number: (value: number) => string;
  money: (minor: number, currency: string) => string;
  /** 1h 9m */
  length: (seconds: number) => string;
}

const minuteFormat = (language: string, unit: 'hour' | 'minute') =>
  new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'narrow' });

export function formatFor(language: string, timeZone: string): Format {
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone });
  const thisYear = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone });
  const otherYear = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone });
  const year = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone });
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' });
  const number = new Intl.NumberFormat(language);
  const hours = minuteFormat(language, 'hour');
  const minutes = minuteFormat(language, 'minute');
  return {
    time: (moment) => time.format(new Date(moment)),
    dateTime: (moment) => {
      const date = new Date(moment);
      return (year.format(date) === year.format(new Date()) ? thisYear : otherYear).format(date);
    },
    day: (date) => day.format(new Date(`${date}T00:00:00Z`)),
    number: (value) => number.format(value),
    money: (minor, currency) => {
      const style = new Intl.NumberFormat(language, { style: 'currency', currency });
      return style.format(minor / 10 ** (style.resolvedOptions().maximumFractionDigits ?? 2));
    },
    length: (seconds) => {
      const whole = Math.max(0, Math.round(seconds / 60));
      const rest = minutes.format(whole % 60);
      return whole < 60 ? rest : `${hours.format(Math.floor(whole / 60))} ${rest}`;
    },
  };
}

export function useFormat(timeZone: string): Format {
  const { i18n } = useTranslation();
  return useMemo(() => formatFor(regional(i18n.language), timeZone), [i18n.language, timeZone]);
}

/** The words' language with the person's own region, where the browser names one: 14:05 in London, 2:05 PM in Boston. */
function regional(language: string): string {
  return navigator.languages.find((tag) => tag === language || tag.startsWith(`${language}-`)) ?? language;
}
