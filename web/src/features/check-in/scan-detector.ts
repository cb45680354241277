/**
 * Tells a scanner from a person. A keyboard-wedge scanner types its code within a few milliseconds a key and ends with Enter; nobody types
 * like that. Pure: keys and their times in, a scan out.
 *
 * What is typed without a pause is one segment. A busy computer may put a pause into the middle of a scan, and a person may type right up to the
 * beginning of one; so segments that follow each other closely are judged together, and the whole must be fast.
 */

/** Between two keys of a scanner: 1 to 20 ms, also through slow wireless ones. The fastest typists need some 60. */
const pause_ms = 40;
/** A pause longer than this is the end of whatever it was. */
const break_ms = 150;
/** The time a key on average, over the whole code. */
const paceMax_ms = 45;
/** Enter may come a little later: many scanners wait before their suffix. */
const endGapMax_ms = 200;
const codeLengthMin = 4;
const codeLengthMax = 128;

interface Segment {
  text: string;
  from_ms: number;
}

export interface ScanState {
  segments: readonly Segment[];
  last_ms: number;
}

export const noScan: ScanState = { segments: [], last_ms: -Infinity };

export interface KeyPress {
  key: string;
  at_ms: number;
  /** Ctrl, Alt or Meta: a shortcut, never a code. */
  modified: boolean;
}

export interface ScanStep {
  state: ScanState;
  /** Nothing before this key belongs to it. */
  fresh: boolean;
  /** A whole code, and the number of the segment that it begins with: what was typed before that is a person's. */
  scan: { code: string; segment: number } | null;
}

export function onKey(state: ScanState, { key, at_ms, modified }: KeyPress): ScanStep {
  if (key === 'Shift') return { state, fresh: false, scan: null };
  if (key === 'Enter' || key === 'Tab') {
    return { state: noScan, fresh: true, scan: modified || at_ms - state.last_ms > endGapMax_ms ? null : scanIn(state) };
  }
  if (modified || Array.from(key).length !== 1) return { state: noScan, fresh: true, scan: null };
  const fresh = at_ms - state.last_ms > break_ms;
  return { state: { segments: append(fresh ? noScan : state, key, at_ms), last_ms: at_ms }, fresh, scan: null };
}

function append({ segments, last_ms }: ScanState, key: string, at_ms: number): readonly Segment[] {
  const latest = segments.at(-1);
  if (latest === undefined || at_ms - last_ms > pause_ms) return [...segments, { text: key, from_ms: at_ms }];
  return [...segments.slice(0, -1), { ...latest, text: latest.text + key }];
}

function scanIn({ segments, last_ms }: ScanState): ScanStep['scan'] {
  for (const [segment, first] of segments.entries()) {
    const code = textFrom(segments, segment);
    if (code.length < codeLengthMin) return null;
    const pace = (last_ms - first.from_ms) / (code.length - 1);
    if (pace <= paceMax_ms && code.length <= codeLengthMax && !isWordBeforeNumber(segments, segment)) {
      return { code, segment };
    }
  }
  return null;
}

const textFrom = (segments: readonly Segment[], first: number): string =>
  segments
    .slice(first)
    .map(({ text }) => text)
    .join('');

/** A name half typed, and then a card: the card's digits are the scan, the letters are not. */
function isWordBeforeNumber(segments: readonly Segment[], first: number): boolean {
  const whole = textFrom(segments, first);
  return !isNumber(whole) && segments.some((_, later) => later > first && isNumber(textFrom(segments, later)));
}

const isNumber = (text: string): boolean => text.length >= codeLengthMin && /^\d+$/.test(text);
