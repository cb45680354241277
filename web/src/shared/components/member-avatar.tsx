/** A member's face, or their initials where there is no photo. Decorative: the name always stands beside it. */
import { Avatar } from '@mantine/core';
import { IconCreditCard } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useHttp } from '@/shared/client.tsx';
import classes from './member-avatar.module.css';

interface Props {
  /** Null: it is not known who it is. */
  name: string | null;
  photoUrl: string | null | undefined;
  /** Pixels a side. */
  size: number;
  radius?: string;
  className?: string | undefined;
}

export function MemberAvatar({ name, photoUrl, size, radius = 'xl', className }: Props) {
  const photo = usePhoto(photoUrl ?? null, size > 96 ? 640 : 96);
  return (
    <Avatar
      src={photo}
      size={size}
      radius={radius}
      className={`${classes.avatar ?? ''} ${className ?? ''}`}
      classNames={{ placeholder: name === null ? classes.unknown : classes.initials }}
      style={{ '--hue': hueOf(name ?? ''), fontSize: className === undefined ? size * 0.38 : undefined }}
      alt=""
      aria-hidden
    >
      {name === null ? <IconCreditCard size="50%" stroke={1.4} /> : initials(name)}
    </Avatar>
  );
}

/** Photos are fetched with the bearer token; the page shows a blob. `query-client.ts` gives its memory back. */
function usePhoto(url: string | null, size: number): string | null {
  const http = useHttp();
  const { data } = useQuery({
    queryKey: ['photo', url, size],
    queryFn: async ({ signal }) => {
      const sized = `${url ?? ''}${url?.includes('?') ? '&' : '?'}size=${size}`;
      return URL.createObjectURL(await http.readBlob(sized, signal));
    },
    enabled: url !== null,
    staleTime: Infinity,
    retry: 1,
  });
  return data ?? null;
}

/** The same person has the same colour everywhere. */
function hueOf(name: string): number {
  return Array.from(name).reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7);
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = Array.from(words[0] ?? '')[0] ?? '';
  const last = words.length > 1 ? (Array.from(words.at(-1) ?? '')[0] ?? '') : '';
  return (first + last).toLocaleUpperCase();
}
