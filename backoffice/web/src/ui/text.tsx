import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import type { Amount } from '../api/types';
import { ago, exact } from '../format/time';
import { exactRate, middle, scaled, shortCoins, trimCoins } from '../format/units';
import { Icon } from './icon';

const tickers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

/** Redraws now and then, all at once: relative times grow old together. */
export function useTick(): void {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const tell = (): void => redraw(undefined);
    tickers.add(tell);
    ticking ??= setInterval(() => {
      if (!document.hidden) tickers.forEach(t => t());
    }, 5_000);
    return () => {
      tickers.delete(tell);
      if (tickers.size === 0) {
        clearInterval(ticking);
        ticking = undefined;
      }
    };
  }, []);
}

/** How long ago, with the exact time behind it. */
export function Ago({ time, none = '–' }: { time: string | null | undefined; none?: string }): VNode {
  useTick();
  if (!time) return <span class="quiet">{none}</span>;
  return (
    <time dateTime={time} title={exact(time)}>
      {ago(time)}
    </time>
  );
}

/** A hash rate, with all its digits behind it. */
export function Rate({ of }: { of: number }): VNode {
  const figure = scaled(of, 'H/s');
  return (
    <span class="num" title={exactRate(of)}>
      {figure.value} <span class="unit">{figure.unit}</span>
    </span>
  );
}

interface CoinsProps {
  of: Amount | null | undefined;
  symbol?: string | undefined;
  /** Four places at most, cut; the rest is behind it. */
  short?: boolean;
}

/** An amount of coins; all places are behind it. */
export function Coins({ of, symbol, short }: CoinsProps): VNode {
  if (!of) return <span class="quiet">–</span>;
  return (
    <span class="num" title={`${of.decimal}${symbol ? ` ${symbol}` : ''}`}>
      {short ? shortCoins(of.decimal) : trimCoins(of.decimal)}
      {symbol ? <span class="unit"> {symbol}</span> : null}
    </span>
  );
}

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'quiet';

export function Badge({
  tone = 'quiet',
  children,
  title,
}: {
  tone?: Tone;
  children: ComponentChildren;
  title?: string | undefined;
}): VNode {
  return (
    <span class={`badge badge-${tone}`} title={title}>
      {children}
    </span>
  );
}

const tones: Record<string, Tone> = {
  ok: 'good',
  confirmed: 'good',
  active: 'good',
  sent: 'good',
  up: 'good',
  valid: 'good',
  paid: 'good',
  healthy: 'good',
  low: 'warn',
  immature: 'info',
  found: 'info',
  broadcast: 'info',
  signed: 'info',
  prepared: 'info',
  pending: 'info',
  maturing: 'info',
  stuck: 'warn',
  frozen: 'warn',
  held: 'warn',
  stale: 'warn',
  off: 'quiet',
  orphaned: 'bad',
  failed: 'bad',
  down: 'bad',
  banned: 'bad',
  refused: 'bad',
};

/** A state: a word, a colour, and a shape for those who do not see the colour. */
export function State({ of, text, title }: { of: string; text?: string; title?: string | undefined }): VNode {
  return (
    <Badge tone={tones[of] ?? 'quiet'} title={title}>
      <span class="dot" aria-hidden="true" />
      {text ?? of}
    </Badge>
  );
}

/** Copies a text; says so to eyes and ears. */
export function Copy({ text, label = 'Copy', wide }: { text: string; label?: string; wide?: boolean }): VNode {
  const [done, setDone] = useState<boolean | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const copy = async (event: MouseEvent): Promise<void> => {
    event.stopPropagation();
    setDone(await write(text));
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setDone(null), 2_000);
  };
  const said = done === null ? label : done ? 'Copied' : 'Not copied: mark and copy it by hand';
  return (
    <button
      type="button"
      class={`copy${wide ? ' copy-wide' : ''}${done ? ' copy-done' : ''}`}
      onClick={copy}
      title={said}
      aria-label={wide ? undefined : said}
    >
      <Icon name={done ? 'check' : 'copy'} size={16} />
      {wide ? <span>{said}</span> : null}
      <span class="sr" role="status">
        {done === null ? '' : said}
      </span>
    </button>
  );
}

/** The clipboard is only for secure origins; a pool at home has none, so there is the old way too. */
async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'sr';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

/** An address or hash, its middle left out; whole for readers and the clipboard. */
export function Hash({
  value,
  link,
  copy = true,
  head,
  tail,
}: {
  value: string;
  link?: string | null | undefined;
  copy?: boolean;
  head?: number;
  tail?: number;
}): VNode {
  const shown = middle(value, head, tail);
  const text = (
    <>
      <span aria-hidden="true">{shown}</span>
      <span class="sr">{value}</span>
    </>
  );
  return (
    <span class="hash">
      {link ? (
        link.startsWith('/') ? (
          <a href={link} title={value}>
            {text}
          </a>
        ) : (
          <Out href={link} title={value}>
            {text}
          </Out>
        )
      ) : (
        <span title={value}>{text}</span>
      )}
      {copy ? <Copy text={value} label="Copy" /> : null}
    </span>
  );
}

/** A link to another site; anything but http and https is text. */
export function Out({ href, title, children }: { href: string; title?: string; children: ComponentChildren }): VNode {
  if (!/^https?:\/\//i.test(href)) return <span title={title}>{children}</span>;
  return (
    <a href={href} title={title} target="_blank" rel="noopener noreferrer" class="out">
      {children}
      <Icon name="out" size={13} />
      <span class="sr"> (another site)</span>
    </a>
  );
}

/** A share of a whole as a bar; the number stands beside it. */
export function Bar({ share, tone = 'accent' }: { share: number; tone?: 'accent' | Tone }): VNode {
  const width = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0));
  return (
    <svg class={`bar bar-${tone}`} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-track" width="100" height="4" />
      <rect class="bar-fill" width={width * 100} height="4" />
    </svg>
  );
}
