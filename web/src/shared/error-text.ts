/** A sentence for a person, for whatever went wrong: the contract's codes in their language, the server's own words as a fallback. */
import type { TFunction } from 'i18next';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, NetworkError } from '@/api/http.ts';
import errors from '@/locales/en/errors.json';

type Known = keyof typeof errors;

const isKnown = (code: string): code is Known => Object.hasOwn(errors, code);

export function codeText(t: TFunction<'errors'>, code: string, fallback?: string): string {
  return isKnown(code) ? t(code) : (fallback ?? t('unknown'));
}

export function errorText(t: TFunction<'errors'>, error: unknown): string {
  if (error instanceof ApiError) {
    // Which field, and why, is known to the server alone.
    if (error.code === 'bad_message' && error.problem.detail !== undefined) return error.problem.detail;
    return codeText(t, error.code, error.message);
  }
  return error instanceof NetworkError ? t('network') : t('unknown');
}

export function useErrorText(): (error: unknown) => string {
  const { t } = useTranslation('errors');
  return useCallback((error) => errorText(t, error), [t]);
}

export function useCodeText(): (code: string, fallback?: string) => string {
  const { t } = useTranslation('errors');
  return useCallback((code, fallback) => codeText(t, code, fallback), [t]);
}
