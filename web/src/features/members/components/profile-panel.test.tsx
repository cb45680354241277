import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { ProfilePanel } from './profile-panel.tsx';
import { FakeApi, problem } from '@/testing/fake-api.ts';
import { member, owner } from '@/testing/fakes.ts';
import { expectNoViolations, renderWith } from '@/testing/render.tsx';

const elif = member(42, { first_name: 'Elif', last_name: 'Novák' });

function show(api: FakeApi, role: 'owner' | 'staff' | 'viewer' = 'owner') {
  renderWith(<ProfilePanel member={elif} etag={'"7"'} />, { api, user: { ...owner, role } });
  return userEvent.setup();
}

describe("a member's details", () => {
  it('sends what was changed, with the version that was read', async () => {
    const api = new FakeApi().on('PATCH', '/members/42', () => elif);
    const user = show(api);
    expect(screen.getByRole('button', { name: 'Save changes' })).toBeDisabled();
    await user.type(screen.getByLabelText('Phone'), '9');
    await user.click(screen.getByRole('button', { name: 'Save changes' }));
    await waitFor(() => expect(api.asked('PATCH', '/members/42')).toHaveLength(1));
    const [request] = api.asked('PATCH', '/members/42');
    expect(request?.json).toEqual({ phone: '+44 7700 9000019' });
    expect(request?.headers.get('If-Match')).toBe('"7"');
    expect(await screen.findByText('Changes saved')).toBeInTheDocument();
  });

  it('names the field that the server does not take', async () => {
    const user = show(new FakeApi().on('PATCH', '/members/42', () => problem(409, 'conflict', { field: 'number' })));
    await user.type(screen.getByLabelText('Member number'), '1');
    await user.click(screen.getByRole('button', { name: 'Save changes' }));
    expect(await screen.findByText('This value already belongs to another member.')).toBeInTheDocument();
    expect(screen.getByLabelText('Member number')).toBeInvalid();
  });

  it('says that somebody else was faster', async () => {
    const user = show(new FakeApi().on('PATCH', '/members/42', () => problem(412, 'precondition_failed')));
    await user.type(screen.getByLabelText('Phone'), '9');
    await user.click(screen.getByRole('button', { name: 'Save changes' }));
    expect(await screen.findAllByText(/Somebody else changed this meanwhile/)).not.toHaveLength(0);
  });

  it('leaves bans and balances to managers, and everything to those who edit', () => {
    show(new FakeApi(), 'staff');
    expect(screen.queryByLabelText('Banned from the house')).toBeNull();
    expect(screen.getByLabelText('First name')).toBeEnabled();
  });

  it('is for looking only where the role only looks', async () => {
    show(new FakeApi(), 'viewer');
    expect(screen.getByLabelText('First name')).toBeDisabled();
    await expectNoViolations();
  });
});
