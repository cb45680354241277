import { RequestError } from '@footfall/realtime';
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Answer, refusal } from '../answer.ts';
import { type AnswerActions, AnswerPanel } from './answer-panel.tsx';
import { brief, letIn } from '@/testing/events.ts';
import { FakeApi } from '@/testing/fake-api.ts';
import { member } from '@/testing/fakes.ts';
import { expectNoViolations, renderWith } from '@/testing/render.tsx';

const actions = { submit: vi.fn(), undo: vi.fn(), undoing: false, withdraw: vi.fn(), dismiss: vi.fn() } satisfies AnswerActions;
beforeEach(() => vi.clearAllMocks());

const welcome: Answer = letIn({
  visit_id: 9,
  member: brief(42, 'Elif Novák'),
  warnings: [{ code: 'balance_due', message: 'Owes' }],
  greetings: [
    { code: 'birthday', message: 'x' },
    { code: 'of_tomorrow', message: 'Something new' },
  ],
});

function refused(code: string, canOverride: boolean, known = true): Answer {
  const details = { error: code, code, can_override: canOverride, ...(known ? { member: brief(43, 'Nadia Rossi') } : {}) };
  return refusal('in', { kind: 'code', code: '0000055433' }, new RequestError(code, 'Server words', details));
}

function show(answer: Answer | null, api = new FakeApi()) {
  renderWith(<AnswerPanel answer={answer} timeZone="UTC" memberHref={(id) => `/members/${id}`} actions={actions} />, { api });
  return { user: userEvent.setup(), panel: within(screen.getByRole('region', { name: 'Check-in' })) };
}

describe('the big answer', () => {
  it('is ready when nothing was asked', async () => {
    const { panel } = show(null);
    expect(panel.getByText('Ready')).toBeInTheDocument();
    await expectNoViolations();
  });

  it('says who is let in, with warnings and greetings in words', async () => {
    const { panel } = show(welcome);
    for (const text of ['Let in, please note', 'Elif Novák', 'A balance is due', 'Birthday today', 'Something new']) expect(panel.getByText(text)).toBeInTheDocument();
    expect(screen.getAllByRole('status').map(({ textContent }) => textContent)).toContain('Let in, please note Elif Novák');
    await expectNoViolations();
  });

  it('tells the desk what it should know of the member', async () => {
    const api = new FakeApi().on('GET', '/members/42', () => member(42, { notes: 'No squats', balance_minor: -1250 }));
    const { panel } = show(welcome, api);
    expect(await panel.findByText('No squats')).toBeInTheDocument();
    expect(panel.getByText(/Annual until .*2027.* Owes .*12\.50/)).toBeInTheDocument();
  });

  it('takes the check-in back', async () => {
    const { user, panel } = show(welcome);
    await user.click(panel.getByRole('button', { name: 'Undo' }));
    expect(actions.undo).toHaveBeenCalledExactlyOnceWith(9, 'Elif Novák');
  });

  it('lets in whoever comes along, by name', async () => {
    const { user, panel } = show(welcome);
    await user.click(panel.getByRole('button', { name: 'Bring a guest' }));
    expect(await screen.findByText('Who comes with Elif Novák?')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Check in' })).toBeDisabled();
    await expectNoViolations();
    await user.type(screen.getByLabelText("Guest's name"), ' Noah Silva ');
    await user.click(screen.getByRole('button', { name: 'Check in' }));
    expect(actions.submit).toHaveBeenCalledExactlyOnceWith('in', { kind: 'guest', name: 'Noah Silva', of: 42 });
  });

  it('offers a guest no guest', () => {
    const { panel } = show(letIn({ visit_id: 9, member: { ...brief(42, 'Noah Silva'), status: 'guest' } }));
    expect(panel.queryByRole('button', { name: 'Bring a guest' })).toBeNull();
  });

  it('refuses loudly, with the reason', async () => {
    const { panel } = show(refused('membership_expired', false));
    expect(panel.getByText('No entry')).toBeInTheDocument();
    expect(panel.getByText('The membership has expired')).toBeInTheDocument();
    expect(screen.getByRole('alert')).toHaveTextContent('No entry Nadia Rossi: The membership has expired');
    expect(panel.queryByRole('button', { name: 'Let in anyway' })).toBeNull();
    await expectNoViolations();
  });

  it("falls back to the server's own words for a code of tomorrow", () => {
    const { panel } = show(refused('of_tomorrow', false));
    expect(panel.getByText('Server words')).toBeInTheDocument();
  });

  it('lets in all the same, for a reason', async () => {
    const { user, panel } = show(refused('membership_expired', true));
    await user.click(panel.getByRole('button', { name: 'Let in anyway' }));
    const submit = await screen.findByRole('button', { name: 'Let in' });
    expect(submit).toBeDisabled();
    await expectNoViolations();
    await user.type(screen.getByLabelText('Reason'), '  is paying now ');
    await user.click(submit);
    expect(actions.submit).toHaveBeenCalledExactlyOnceWith('in', { kind: 'member', id: 43, name: 'Nadia Rossi', photoUrl: null }, { reason: 'is paying now' });
  });

  it('gives the usual reasons at one press', async () => {
    const { user, panel } = show(refused('membership_expired', true));
    await user.click(panel.getByRole('button', { name: 'Let in anyway' }));
    await user.click(await screen.findByText('Paid just now'));
    await user.click(screen.getByRole('button', { name: 'Let in' }));
    expect(actions.submit.mock.calls[0]?.[2]).toEqual({ reason: 'Paid just now' });
  });

  it('offers the way out to somebody inside', async () => {
    const { user, panel } = show(refused('already_checked_in', true));
    await user.click(panel.getByRole('button', { name: 'Check out' }));
    expect(actions.submit).toHaveBeenCalledExactlyOnceWith('out', expect.objectContaining({ id: 43 }));
    expect(panel.getByRole('button', { name: 'Begin a new visit' })).toBeInTheDocument();
  });

  it('shows of an unknown card its last digits, and nothing to override', () => {
    const { panel } = show(refused('member_not_found', true, false));
    expect(panel.getByText('Card …5433')).toBeInTheDocument();
    expect(panel.queryByRole('button', { name: 'Let in anyway' })).toBeNull();
  });

  it('can be taken back while it waits for the connection', async () => {
    const { user, panel } = show({ kind: 'pending', id: 'id-1', direction: 'in', subject: { kind: 'member', id: 1, name: 'Elif Novák', photoUrl: null } });
    await user.click(panel.getByRole('button', { name: 'Take back' }));
    expect(actions.withdraw).toHaveBeenCalledExactlyOnceWith('id-1');
  });
});
