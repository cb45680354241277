/** A small coloured word. Colours that can be read: at least 4.5 to 1, in the light and in the dark. */
import type { ReactNode } from 'react';
import classes from './tag.module.css';

export type TagColor = 'green' | 'yellow' | 'red' | 'blue' | 'gray';

export function Tag({ color, icon, children }: { color: TagColor; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={classes.tag} data-color={color}>
      {icon}
      {children}
    </span>
  );
}
