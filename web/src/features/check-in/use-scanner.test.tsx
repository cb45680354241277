import { fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useScanner } from './use-scanner.ts';

const onScan = vi.fn();
const onSubmit = vi.fn();
let now = 1000;

beforeEach(() => vi.clearAllMocks());

function Page() {
  const [text, setText] = useState('');
  useScanner(onScan);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <label>
        Notes
        <input value={text} onChange={(event) => setText(event.currentTarget.value)} />
      </label>
      <label>
        Who
        <input data-takes-names />
      </label>
      <label>
        Card
        <input data-takes-scans />
      </label>
      <button type="submit">Save</button>
      <output>{text}</output>
    </form>
  );
}

/** A key at the time that the test says, with what a browser does next: the letter lands in the field. */
function press(key: string, gap_ms: number): boolean {
  now += gap_ms;
  const target = document.activeElement ?? document.body;
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  Object.defineProperty(event, 'timeStamp', { value: now });
  const goesOn = fireEvent(target, event);
  if (goesOn && key.length === 1 && target instanceof HTMLInputElement) fireEvent.input(target, { target: { value: target.value + key } });
  return goesOn;
}

const type = (text: string, gap_ms: number) => Array.from(text).forEach((key, index) => press(key, index === 0 ? 300 : gap_ms));
const notes = () => screen.getByLabelText<HTMLInputElement>('Notes');

describe('a scan', () => {
  it('is taken where no field has the cursor', () => {
    render(<Page />);
    type('0000055433', 5);
    expect(press('Enter', 5)).toBe(false);
    expect(onScan).toHaveBeenCalledExactlyOnceWith('0000055433');
  });

  it('leaves the field as it was, in the page and in React, and its Enter sends no form', () => {
    render(<Page />);
    notes().focus();
    type('knee', 120);
    type('0000055433', 5);
    expect(notes().value).toBe('knee0000055433');
    expect(press('Enter', 5)).toBe(false);
    expect(notes().value).toBe('knee');
    expect(screen.getByText('knee')).toBeInTheDocument();
    expect(onScan).toHaveBeenCalledExactlyOnceWith('0000055433');
    expect(onSubmit).not.toHaveBeenCalled();
  });

  it('that begins while somebody types takes its own digits alone', () => {
    render(<Page />);
    notes().focus();
    type('kne', 110);
    press('0', 90);
    Array.from('000055433').forEach((key) => press(key, 5));
    press('Enter', 5);
    expect(onScan).toHaveBeenCalledExactlyOnceWith('0000055433');
    expect(notes().value).toBe('kne');
  });

  it('is left to a field that asks for it', () => {
    render(<Page />);
    screen.getByLabelText('Card').focus();
    type('0000055433', 5);
    expect(press('Enter', 5)).toBe(true);
    expect(onScan).not.toHaveBeenCalled();
    expect(screen.getByLabelText<HTMLInputElement>('Card').value).toBe('0000055433');
  });
});

describe('typing', () => {
  it.each([
    ['a name, as fast as dictation puts it', 'Elif Demir', 'Who', 0],
    ['a card, where a name was expected', '0000055433', 'Who', 1],
    ['a card of letters, where no name is expected', 'ABCDEF', 'Notes', 1],
  ])('tells %s', (_, text, label, scans) => {
    render(<Page />);
    screen.getByLabelText(label).focus();
    type(text, 5);
    expect(press('Enter', 5)).toBe(scans === 0);
    expect(onScan).toHaveBeenCalledTimes(scans);
  });

  it('is nobody else’s business, Enter and all', () => {
    render(<Page />);
    notes().focus();
    type('12345678', 90);
    expect(press('Enter', 90)).toBe(true);
    expect(notes().value).toBe('12345678');
    expect(onScan).not.toHaveBeenCalled();
  });

  it('through an input method is left alone', () => {
    render(<Page />);
    notes().focus();
    for (const key of 'nihao') {
      now += 5;
      const event = new KeyboardEvent('keydown', { key, bubbles: true, isComposing: true });
      Object.defineProperty(event, 'timeStamp', { value: now });
      fireEvent(notes(), event);
    }
    press('Enter', 5);
    expect(onScan).not.toHaveBeenCalled();
  });
});
