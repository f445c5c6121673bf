import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Pages } from '../api/use';
import { Button } from './form';
import { Empty, Failed, Outdated } from './states';

export interface Column<T> {
  key: string;
  name: string;
  cell: (row: T) => ComponentChildren;
  align?: 'end';
  /** The head of the card on a phone. */
  primary?: boolean;
  /** Left out there. */
  hide?: 'phone';
}

interface TableProps<T> {
  /** What the table is, for those who do not see where it stands. */
  caption: string;
  columns: Column<T>[];
  /** Undefined while they are not known yet. */
  rows: T[] | undefined;
  id: (row: T) => string | number;
  empty?: ComponentChildren;
  /** Opens a row; its first column holds a button for keys and readers. */
  onRow?: ((row: T) => void) | undefined;
  skeletonRows?: number;
  /** Few and narrow columns: stays a table on a phone. */
  compact?: boolean;
}

const classOf = <T,>(column: Column<T>): string =>
  [column.align === 'end' ? 'end' : '', column.primary ? 'primary' : '', column.hide === 'phone' ? 'no-phone' : '']
    .filter(Boolean)
    .join(' ');

/** Roles are said aloud in the markup, because a table that is laid out as cards loses its own. */
function Head<T>({ columns }: { columns: Column<T>[] }): VNode {
  return (
    <thead role="rowgroup">
      <tr role="row">
        {columns.map(c => (
          <th key={c.key} role="columnheader" scope="col" class={classOf(c)}>
            {c.name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Row<T>({
  columns,
  row,
  onRow,
  index,
  isMeasured,
}: {
  columns: Column<T>[];
  row: T;
  onRow?: ((row: T) => void) | undefined;
  index?: number;
  isMeasured?: boolean;
}): VNode {
  const open = (event: MouseEvent): void => {
    // Links and buttons inside stay what they are, and so does marking text.
    if ((event.target as Element).closest('a,button,input,label') || getSelection()?.toString()) return;
    onRow?.(row);
  };
  return (
    <tr
      role="row"
      class={onRow ? 'opens' : undefined}
      onClick={onRow ? open : undefined}
      aria-rowindex={index}
      data-row={isMeasured ? '' : undefined}
    >
      {columns.map((c, i) => (
        <td key={c.key} role="cell" class={classOf(c)} data-name={c.name}>
          {onRow && i === 0 ? (
            <button type="button" class="row-open" onClick={() => onRow(row)}>
              {c.cell(row)}
            </button>
          ) : (
            c.cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}

/** A table; on a phone each row is a card. */
export function Table<T>({
  caption,
  columns,
  rows,
  id,
  empty,
  onRow,
  compact,
  skeletonRows = 5,
}: TableProps<T>): VNode {
  if (rows?.length === 0)
    return (
      <>{typeof empty === 'string' || empty === undefined ? <Empty title={empty ?? 'Nothing here yet'} /> : empty}</>
    );
  return (
    <div class={compact ? 'table-box' : 'table-box as-cards'}>
      <table class={compact ? 'table table-compact' : 'table'} role="table" aria-busy={rows ? undefined : 'true'}>
        <caption class="sr">{caption}</caption>
        <Head columns={columns} />
        <tbody role="rowgroup">
          {rows
            ? rows.map(row => <Row key={id(row)} columns={columns} row={row} onRow={onRow} />)
            : Array.from({ length: skeletonRows }, (_, i) => (
                <tr key={i} role="row">
                  {columns.map(c => (
                    <td key={c.key} role="cell" class={classOf(c)} data-name={c.name}>
                      <span class="bone" />
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
    </div>
  );
}

/** A table over a list by pages. */
export function PagedTable<T>({ source, ...table }: Omit<TableProps<T>, 'rows'> & { source: Pages<T> }): VNode {
  if (!source.items && source.error) return <Failed error={source.error} retry={source.reload} />;
  return (
    <>
      {source.error ? <Outdated error={source.error} retry={source.reload} /> : null}
      <Table {...table} rows={source.items} />
      {source.hasMore ? (
        <div class="more">
          <Button onClick={source.more} busy={source.isMoreLoading}>
            Show more
          </Button>
        </div>
      ) : null}
    </>
  );
}

/** Thousands of rows, of which only those in sight are in the document. All rows are of one height. */
export function VirtualTable<T>({
  caption,
  columns,
  rows,
  id,
  empty,
  onRow,
  onEnd,
  height = 560,
}: TableProps<T> & {
  height?: number;
  /** Called when the last rows come into sight, to fetch the ones after them. */
  onEnd?: (() => void) | undefined;
}): VNode {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, rowHeight: 45 });
  const count = rows?.length ?? 0;
  useLayoutEffect(() => {
    const row = box.current?.querySelector('tbody tr[data-row]');
    const measured = row ? row.getBoundingClientRect().height : 0;
    if (measured > 0 && Math.abs(measured - view.rowHeight) > 0.5) setView(v => ({ ...v, rowHeight: measured }));
  });
  const margin = 8;
  const first = Math.max(0, Math.min(Math.floor(view.top / view.rowHeight) - margin, count - 1));
  const last = Math.min(count, first + Math.ceil(height / view.rowHeight) + 2 * margin);
  const isAtEnd = count > 0 && last === count;
  useEffect(() => {
    if (isAtEnd) onEnd?.();
  }, [isAtEnd, onEnd, count]);
  if (!rows || count === 0) return <Table caption={caption} columns={columns} rows={rows} id={id} empty={empty} />;
  const scroll = (): void => {
    const top = box.current?.scrollTop ?? 0;
    if (Math.abs(top - view.top) >= view.rowHeight) setView(v => ({ ...v, top }));
  };
  return (
    <div
      class="table-box as-cards table-virtual"
      ref={box}
      onScroll={scroll}
      tabIndex={0}
      role="region"
      aria-label={caption}
      style={{ maxHeight: `${height}px` }}
    >
      <table class="table" role="table" aria-rowcount={count + 1}>
        <caption class="sr">{caption}</caption>
        <Head columns={columns} />
        <tbody role="rowgroup">
          {first > 0 ? (
            <tr class="gap" aria-hidden="true">
              <td colSpan={columns.length} style={{ height: `${first * view.rowHeight}px` }} />
            </tr>
          ) : null}
          {rows.slice(first, last).map((row, i) => (
            <Row key={id(row)} columns={columns} row={row} onRow={onRow} index={first + i + 2} isMeasured />
          ))}
          {last < count ? (
            <tr class="gap" aria-hidden="true">
              <td colSpan={columns.length} style={{ height: `${(count - last) * view.rowHeight}px` }} />
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}
