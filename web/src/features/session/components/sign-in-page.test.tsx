import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { SignInPage } from './sign-in-page.tsx';
import { createSessionStore } from '@/api/session-store.ts';
import { FakeApi, problem } from '@/testing/fake-api.ts';
import { owner } from '@/testing/fakes.ts';
import { expectNoViolations, renderWith } from '@/testing/render.tsx';

function setUp(api: FakeApi, reason: 'none' | 'expired' = 'none') {
  const store = createSessionStore({ fetch: api.fetch });
  renderWith(<SignInPage store={store} reason={reason} />, { page: true });
  return { user: userEvent.setup(), store };
}

async function signIn(user: ReturnType<typeof userEvent.setup>) {
  await user.type(screen.getByLabelText('Email'), ' owner@example.org');
  await user.type(screen.getByLabelText('Password'), 'secret{Enter}');
}

describe('signing in', () => {
  it('works with the keyboard alone', async () => {
    const api = new FakeApi().on('POST', '/auth/login', () => ({ access: 'a', refresh: null, expires_in: 900, user: owner }));
    const { user, store } = setUp(api);
    expect(screen.getByLabelText('Email')).toHaveFocus();
    await signIn(user);
    expect(store.state().status).toBe('signedIn');
    expect(api.asked('POST', '/auth/login')[0]?.json).toEqual({ email: 'owner@example.org', password: 'secret' });
  });

  it.each([
    [problem(401, 'unauthenticated'), 'Email or password is wrong.'],
    [problem(429, 'rate_limited', { retry_after_ms: 4200 }), 'Too many tries. Please wait 5 s.'],
    [problem(503, 'unavailable'), /cannot save right now/],
  ])('says what is wrong (%#), and keeps the email', async (answer, text) => {
    const { user } = setUp(new FakeApi().on('POST', '/auth/login', () => answer));
    await signIn(user);
    expect(await screen.findByRole('alert')).toHaveTextContent(text);
    expect(screen.getByLabelText('Email')).toHaveValue('owner@example.org');
    await expectNoViolations();
  });

  it('says when nobody answers', async () => {
    const api = new FakeApi();
    api.down = true;
    const { user } = setUp(api);
    await signIn(user);
    expect(await screen.findByRole('alert')).toHaveTextContent('The server does not answer.');
  });

  it('says why one is here again', () => {
    setUp(new FakeApi(), 'expired');
    expect(screen.getByText('Your session has ended. Please sign in again.')).toBeInTheDocument();
  });
});
