/**
 * One desk's check-ins: asks the server, keeps the latest answer, sounds. The answer lives in the query cache, so that a scan on any page shows
 * on all. Newer scans take the place of older ones; an older one's late refusal is still told, as a notice.
 */
import { RequestError, type RealtimeClient } from '@footfall/realtime';
import type { QueryClient } from '@tanstack/react-query';
import { type Answer, type Direction, refusal, type Subject, toneOf } from './answer.ts';
import { isMuted } from './muted.ts';
import { play } from './sounds.ts';

export const answerKey = (slug: string) => ['answer', slug] as const;

type Client = Pick<RealtimeClient, 'checkIn' | 'checkOut' | 'withdraw'>;

export interface DeskOptions {
  client: Client;
  cache: QueryClient;
  slug: string;
  /** An answer that came too late to be the big one. */
  onMissed: (answer: Answer) => void;
  newId?: () => string;
}

/** What this page asked itself; anything else that is answered was asked by a page before it. */
const ownRequests = new Set<string>();
export const isOwnRequest = (id: string): boolean => ownRequests.has(id);

export interface Desk {
  submit: (direction: Direction, subject: Subject, override?: { reason: string }) => Promise<void>;
  /** Puts an answer up again: a refusal of the feed that somebody deals with now. */
  show: (answer: Answer | null) => void;
  withdraw: (id: string) => boolean;
}

export function createDesk({ client, cache, slug, onMissed, newId = () => crypto.randomUUID() }: DeskOptions): Desk {
  const show = (answer: Answer | null) => cache.setQueryData(answerKey(slug), answer);

  async function ask(id: string, direction: Direction, subject: Subject, override?: { reason: string }): Promise<Answer> {
    const who = subject.kind === 'member' ? subject.id : subject.kind === 'guest' ? subject.of : { code: subject.code };
    const guest = subject.kind === 'guest' ? { guest: { name: subject.name, of: subject.of } } : {};
    try {
      return direction === 'in'
        ? { kind: 'let_in', success: await client.checkIn(who, slug, undefined, { id, ...guest, ...(override === undefined ? {} : { override }) }) }
        : { kind: 'let_out', success: await client.checkOut(who, slug, undefined, { id }) };
    } catch (error) {
      if (error instanceof RequestError) return refusal(direction, subject, error);
      throw error;
    }
  }

  return {
    submit: async (direction, subject, override) => {
      const id = newId();
      ownRequests.add(id);
      show({ kind: 'pending', id, direction, subject });
      const answer = await ask(id, direction, subject, override);
      if (answer.kind === 'refused' && answer.code === 'withdrawn') return;
      if (!isMuted()) play(toneOf(answer));
      const current = cache.getQueryData<Answer | null>(answerKey(slug));
      if (current?.kind === 'pending' && current.id === id) show(answer);
      else onMissed(answer);
    },
    show,
    withdraw: (id) => {
      const taken = client.withdraw(id);
      if (taken) show(null);
      return taken;
    },
  };
}
