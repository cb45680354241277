/** A tone for each answer, made on the spot: no files, and told apart without looking. */
import type { Tone } from './answer.ts';

interface Beep {
  /** Hz. */
  pitch: number;
  at_s: number;
  length_s: number;
  wave: OscillatorType;
}

const beep = (pitch: number, at_s: number, length_s = 0.12, wave: OscillatorType = 'sine'): Beep => ({ pitch, at_s, length_s, wave });

export const melodies: Record<Exclude<Tone, 'gray'>, Beep[]> = {
  green: [beep(660, 0), beep(880, 0.12, 0.2)],
  yellow: [beep(587, 0, 0.14, 'triangle'), beep(587, 0.2, 0.2, 'triangle')],
  red: [beep(196, 0, 0.22, 'square'), beep(165, 0.26, 0.36, 'square')],
  blue: [beep(660, 0), beep(495, 0.12, 0.2)],
};

const loudness = 0.16;

let context: AudioContext | null = null;

/** Silent where the browser has no sound, or gives none before the first key is pressed. */
export function play(tone: Tone): void {
  if (tone === 'gray' || typeof AudioContext === 'undefined') return;
  context ??= new AudioContext();
  const audio = context;
  if (audio.state === 'suspended') void audio.resume();
  for (const { pitch, at_s, length_s, wave } of melodies[tone]) {
    const oscillator = audio.createOscillator();
    const gain = audio.createGain();
    const start = audio.currentTime + at_s;
    oscillator.type = wave;
    oscillator.frequency.value = pitch;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(wave === 'square' ? loudness / 3 : loudness, start + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + length_s);
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(start);
    oscillator.stop(start + length_s + 0.02);
  }
}
