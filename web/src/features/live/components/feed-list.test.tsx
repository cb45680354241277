import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { FeedList } from './feed-list.tsx';
import type { FeedFilter } from '../feed-filter.ts';
import { checkedIn, checkedOut, corrected, denied } from '@/testing/events.ts';
import { FakeApi } from '@/testing/fake-api.ts';
import { expectNoViolations, renderWith } from '@/testing/render.tsx';

const feed = [corrected(6, 2), checkedIn(5, 2), denied(4, 1, { repeats: 2 }), denied(3, null), checkedOut(2, 3, { automatic: true, duration_seconds: 4142 }), denied(1, 1)];

function show(filter: FeedFilter = 'all', api = new FakeApi()) {
  const onDeal = vi.fn();
  renderWith(<FeedList slug="main" feed={feed} filter={filter} timeZone="UTC" memberHref={(id) => `/m/${id}`} onDeal={onDeal} />, { api });
  return { onDeal, api, user: userEvent.setup() };
}

const rows = () => screen.getAllByRole('listitem').map(({ textContent }) => textContent.replaceAll(/\s/g, ' '));

describe('the feed', () => {
  it('says in words what happened', async () => {
    show();
    const words = rows().join('\n');
    for (const part of ['Check-in undone', 'Checked in · Olivia · undone', 'Refused: The membership has expired', '×3', 'Unknown card …0042', 'Ended by itself after 1h 9m']) {
      expect(words).toContain(part);
    }
    expect(rows()).toHaveLength(5);
    await expectNoViolations();
  });

  it('finds the refusals', () => {
    show('refused');
    expect(rows()).toHaveLength(2);
  });

  it('opens a refusal again, to deal with it, where there is room; not one of a card that nobody has', async () => {
    const look = vi.spyOn(window, 'matchMedia');
    look.mockReturnValue(Object.assign(window.matchMedia(''), { matches: true }));
    const { user, onDeal } = show('refused');
    await user.click(screen.getByRole('button', { name: 'Review Member 1' }));
    expect(onDeal).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'membership_expired', seq: 4 }));
    expect(screen.queryByRole('button', { name: /Review Unknown/ })).toBeNull();
  });

  it('reads earlier ones when asked, from where the feed ends, until there are none', async () => {
    const api = new FakeApi().on('GET', '/locations/main/events', () => ({ items: [denied(1, 77)], next: null }));
    const { user } = show('refused', api);
    expect(api.requests).toHaveLength(0);
    await user.click(screen.getByRole('button', { name: 'Show earlier' }));
    expect(await screen.findByText('Member 77')).toBeInTheDocument();
    const [request] = api.asked('GET', '/locations/main/events');
    expect(request?.query.get('before')).toBe('1');
    expect(request?.query.get('type')).toBe('check_in_denied');
    expect(screen.getByText('That is all that is kept.')).toBeInTheDocument();
  });

  it('can be scrolled by keyboard', () => {
    show();
    const box = screen.getByRole('group', { name: 'Live feed' });
    expect(box).toHaveAttribute('tabindex', '0');
    expect(within(box).getAllByRole('listitem').length).toBeGreaterThan(0);
  });
});
