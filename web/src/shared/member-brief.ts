/** The socket may name fewer things of a member than REST does; here it is one shape. */
import { type MemberBrief, MemberStatus } from '@/api/schemas.ts';

interface Sent {
  id: number;
  name: string;
  photo_url?: string | null | undefined;
  status?: string | null | undefined;
}

export function briefOf({ id, name, photo_url, status }: Sent): MemberBrief {
  return { id, name, photo_url: photo_url ?? null, status: MemberStatus.catch('none').parse(status) };
}
