import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { arrived } from '../router';

/** A page: its one heading and the document's title. */
export function Page({
  title,
  lead,
  actions,
  children,
  wide,
}: {
  title: string;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
  wide?: boolean;
}): VNode {
  useEffect(() => {
    document.title = `${title} · Viddhana`;
  }, [title]);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => arrived(heading.current), [location.pathname]);
  return (
    <div class={`page${wide ? ' page-wide' : ''}`}>
      <div class="page-head">
        <div>
          <h1 tabIndex={-1} ref={heading}>
            {title}
          </h1>
          {lead ? <p class="lead">{lead}</p> : null}
        </div>
        {actions ? <div class="page-actions">{actions}</div> : null}
      </div>
      {children}
    </div>
  );
}

/** A section with its heading. */
export function Panel({
  title,
  hint,
  actions,
  children,
  id,
  class: extra,
}: {
  title?: string;
  hint?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
  id?: string;
  class?: string;
}): VNode {
  const heading = useId();
  return (
    <section class={`panel${extra ? ` ${extra}` : ''}`} id={id} aria-labelledby={title ? heading : undefined}>
      {title || actions ? (
        <div class="panel-head">
          {title ? <h2 id={heading}>{title}</h2> : null}
          {hint ? <p class="hint">{hint}</p> : null}
          {actions ? <div class="panel-actions">{actions}</div> : null}
        </div>
      ) : null}
      {children}
    </section>
  );
}

export const Tiles = ({ children, label }: { children: ComponentChildren; label?: string }): VNode => (
  <dl class="tiles" aria-label={label}>
    {children}
  </dl>
);

interface TileProps {
  label: string;
  /** Undefined while it is not known yet. */
  value: ComponentChildren;
  unit?: string | undefined;
  note?: ComponentChildren;
  tone?: 'accent' | 'good' | 'warn' | 'bad';
  title?: string | undefined;
}

/** A figure. Its place is kept while it is on its way; a change of it glows once. */
export function Tile({ label, value, unit, note, tone, title }: TileProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const text = typeof value === 'string' || typeof value === 'number' ? `${value}${unit ?? ''}` : null;
  const last = useRef<string | null>(null);
  useEffect(() => {
    if (last.current !== null && text !== null && last.current !== text && box.current) {
      box.current.classList.remove('tile-changed');
      // Reading the width restarts the animation.
      void box.current.offsetWidth;
      box.current.classList.add('tile-changed');
    }
    if (text !== null) last.current = text;
  }, [text]);
  return (
    <div class={`tile${tone ? ` tile-${tone}` : ''}`} ref={box}>
      <dt>{label}</dt>
      <dd class="tile-value num" title={title}>
        {value === undefined ? (
          <span class="bone bone-value" aria-label="loading" role="img" />
        ) : (
          <>
            {value}
            {unit ? <span class="unit"> {unit}</span> : null}
          </>
        )}
      </dd>
      <dd class="tile-note">{value === undefined ? '\u00a0' : (note ?? '\u00a0')}</dd>
    </div>
  );
}

/** Names and values, one below the other. */
export function Facts({ of }: { of: [name: string, value: ComponentChildren][] }): VNode {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
