import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { createRef } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ScanBox } from './scan-box.tsx';
import { FakeApi, problem } from '@/testing/fake-api.ts';
import { member } from '@/testing/fakes.ts';
import { expectNoViolations, renderWith } from '@/testing/render.tsx';

const onSubmit = vi.fn();
const onEscape = vi.fn();
const people = [member(42, { name: 'Elif Novák' }), member(43, { name: 'Carla Weiß', open_visit: { visit_id: 9, location: 'main', checked_in_at: '2026-11-25T09:12:00.000Z' } })];

let api: FakeApi;
beforeEach(() => {
  vi.clearAllMocks();
  api = new FakeApi().on('GET', '/members', ({ query }) => {
    const q = (query.get('q') ?? '').toLowerCase();
    return { items: people.filter(({ name, number }) => name.toLowerCase().includes(q) || number === q), next: null };
  });
});

function setUp() {
  const user = userEvent.setup();
  renderWith(<ScanBox slug="main" timeZone="UTC" mode="in" onMode={vi.fn()} onSubmit={onSubmit} onEscape={onEscape} inputRef={createRef()} />, { api });
  return { user, box: screen.getByLabelText('Name, number, phone or scan') };
}

describe('the box', () => {
  it('has the cursor from the start', () => {
    const { box } = setUp();
    expect(box).toHaveFocus();
  });

  it('lets in the best match on Enter, and is empty for the next', async () => {
    const { user, box } = setUp();
    await user.type(box, 'elif');
    await screen.findByRole('option', { name: /Elif Novák/ });
    await user.keyboard('{Enter}');
    expect(onSubmit).toHaveBeenCalledExactlyOnceWith('in', { kind: 'member', id: 42, name: 'Elif Novák', photoUrl: null });
    expect(box).toHaveValue('');
  });

  it('waits for the answer when Enter comes before it', async () => {
    const { user, box } = setUp();
    await user.type(box, 'elif{Enter}');
    await waitFor(() => expect(onSubmit).toHaveBeenCalledOnce());
    expect(onSubmit.mock.calls[0]?.[1]).toMatchObject({ id: 42 });
  });

  it('chooses another by arrow, and lets out whoever is inside', async () => {
    const { user, box } = setUp();
    await user.type(box, 'l');
    await screen.findByRole('option', { name: /Weiß.*Check out/ });
    await user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    expect(onSubmit).toHaveBeenCalledExactlyOnceWith('out', expect.objectContaining({ id: 43 }));
  });

  it('chooses by a press', async () => {
    const { user, box } = setUp();
    await user.type(box, '43');
    await user.click(await screen.findByRole('option', { name: /Weiß/ }));
    expect(onSubmit).toHaveBeenCalledExactlyOnceWith('out', expect.objectContaining({ id: 43 }));
  });

  it('takes a typed card number that nobody is found for as a card', async () => {
    const { user, box } = setUp();
    await user.type(box, '0000055433{Enter}');
    await waitFor(() => expect(onSubmit).toHaveBeenCalledExactlyOnceWith('in', { kind: 'code', code: '0000055433' }));
  });

  it('says that nobody is there, and does not take a name for a card', async () => {
    const { user, box } = setUp();
    await user.type(box, 'zzz{Enter}');
    expect(await screen.findAllByText('Nobody matches “zzz”.')).not.toHaveLength(0);
    expect(onSubmit).not.toHaveBeenCalled();
    expect(box).toHaveValue('zzz');
  });

  it('says so when the search does not answer', async () => {
    api.on('GET', '/members', () => problem(503, 'unavailable'));
    const { user, box } = setUp();
    await user.type(box, 'elif');
    expect(await screen.findAllByText(/The search does not answer/)).not.toHaveLength(0);
  });

  it('is cleared by Escape, with the answer', async () => {
    const { user, box } = setUp();
    await user.type(box, 'elif{Escape}');
    expect(box).toHaveValue('');
    expect(onEscape).toHaveBeenCalledOnce();
  });

  it('has nothing that keeps anybody out', async () => {
    const { user, box } = setUp();
    await user.type(box, 'l');
    await screen.findByRole('option', { name: /Weiß/ });
    await expectNoViolations();
  });
});
