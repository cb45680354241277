import { describe, expect, it } from 'vitest';
import { EventPage, Snapshot } from './live-state.ts';
import { examples } from '@/testing/openapi.ts';

describe('a snapshot', () => {
  it("as the API's page has it becomes what the desk shows", () => {
    const [example] = examples('/locations/{slug}/snapshot', 'get');
    const state = Snapshot.parse(example);
    expect(state).toMatchObject({ epoch: '5f0c2a9e', seq: 1234, stats: { location: 'main' }, present: [{ visit_id: 9001 }] });
    expect(state.feed).toHaveLength(1);
  });

  it('leaves out events of tomorrow, and those that this role may not see', () => {
    const items = [{ type: 'of_tomorrow', payload: {} }, { type: 'event_hidden', payload: { seq: 3, location: 'main' } }];
    expect(EventPage.parse({ items, next: null }).items).toEqual([]);
  });
});
