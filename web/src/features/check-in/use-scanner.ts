/**
 * Takes a scanner's keystrokes wherever the cursor is. The first keys of a scan cannot be told from typing, so the field that had the cursor
 * gets back what it held before; the Enter at the end reaches nobody. A field that wants the code itself (a new card of a member) says so
 * with `data-takes-scans`; one that takes names, `data-takes-names`, keeps what has no digit, however fast it came: dictation and text snippets
 * type a name as fast as a scanner does a card, and Enter there finds both.
 */
import { useEffect, useEffectEvent } from 'react';
import { noScan, onKey } from './scan-detector.ts';

interface Before {
  field: HTMLInputElement | HTMLTextAreaElement;
  value: string;
  selection: [number, number] | null;
}

export function useScanner(onScan: (code: string) => void): void {
  const take = useEffectEvent(onScan);
  useEffect(() => {
    let state = noScan;
    /** What the field held before each segment of the state. */
    let befores: (Before | null)[] = [];
    const listen = (event: KeyboardEvent) => {
      if (event.isComposing || event.repeat || document.activeElement?.hasAttribute('data-takes-scans')) return;
      const modified = event.ctrlKey || event.metaKey || (event.altKey && !event.getModifierState('AltGraph'));
      const step = onKey(state, { key: event.key, at_ms: event.timeStamp, modified });
      state = step.state;
      if (step.scan === null || isNameFor(document.activeElement, step.scan.code)) {
        if (step.fresh) befores = [];
        if (befores.length < state.segments.length) befores.push(remember(document.activeElement));
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      const before = befores[step.scan.segment];
      if (before) restore(before);
      take(step.scan.code);
    };
    window.addEventListener('keydown', listen, { capture: true });
    return () => window.removeEventListener('keydown', listen, { capture: true });
  }, []);
}

const isNameFor = (element: Element | null, text: string): boolean => (element?.hasAttribute('data-takes-names') ?? false) && !/\d/.test(text);

function remember(element: Element | null): Before | null {
  if (!(element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement)) return null;
  const { value, selectionStart, selectionEnd } = element;
  return { field: element, value, selection: selectionStart === null || selectionEnd === null ? null : [selectionStart, selectionEnd] };
}

/** By the element's own setter and an event, so that React hears of it. */
function restore({ field, value, selection }: Before): void {
  if (field.value === value) return;
  const prototype = field instanceof HTMLInputElement ? HTMLInputElement.prototype : HTMLTextAreaElement.prototype;
  Object.getOwnPropertyDescriptor(prototype, 'value')?.set?.call(field, value);
  field.dispatchEvent(new Event('input', { bubbles: true }));
  if (selection !== null) field.setSelectionRange(...selection);
}
