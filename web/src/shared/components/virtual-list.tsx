/** A list that scrolls in its own box; over 100 rows only those in sight are drawn. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';
import classes from './virtual-list.module.css';

interface Props<Item> {
  label: string;
  items: Item[];
  /** Pixels, as long as a row has not been measured. */
  rowHeight: number;
  keyOf: (item: Item) => number | string;
  /** After the last row. */
  end?: ReactNode;
  children: (item: Item) => ReactNode;
}

const drawnMax = 100;

export function VirtualList<Item>(props: Props<Item>) {
  return props.items.length > drawnMax ? <Virtual {...props} /> : <Plain {...props} />;
}

function Plain<Item>({ label, items, keyOf, end, children }: Props<Item>) {
  return (
    // Something that scrolls must be reachable by keyboard, also when nothing in it is.
    <div className={classes.box} role="group" aria-label={label} tabIndex={0}>
      <ul className={classes.list}>
        {items.map((item) => (
          <li key={keyOf(item)}>{children(item)}</li>
        ))}
      </ul>
      {end}
    </div>
  );
}

function Virtual<Item>({ label, items, rowHeight, keyOf, end, children }: Props<Item>) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
  });
  return (
    <div ref={box} className={classes.box} role="group" aria-label={label} tabIndex={0}>
      <ul className={classes.list} style={{ position: 'relative', height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const item = items[index];
          return item === undefined ? null : (
            <li
              key={key}
              ref={rows.measureElement}
              data-index={index}
              aria-setsize={items.length}
              aria-posinset={index + 1}
              className={classes.placed}
              style={{ transform: `translateY(${start}px)` }}
            >
              {children(item)}
            </li>
          );
        })}
      </ul>
      {end}
    </div>
  );
}
