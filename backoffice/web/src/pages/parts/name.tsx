import type { VNode } from 'preact';

/* Characters that draw nothing or turn the direction of what follows: a name must not be able to dress up as another. */
const hidden = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Text of others with what the eye would miss made visible. */
export const visible = (text: string): string =>
  text.replace(hidden, c => {
    const code = c.charCodeAt(0);
    return code < 0x20
      ? String.fromCharCode(0x2400 + code)
      : `\u2039${code.toString(16).toUpperCase().padStart(4, '0')}\u203a`;
  });

/** A name that a miner chose: isolated from the page's direction, cut by the style sheet, whole on hover. */
export function Name({
  of,
  none = '(no name)',
  class: extra,
}: {
  of: string | null | undefined;
  none?: string;
  class?: string;
}): VNode {
  if (!of) return <span class="quiet">{none}</span>;
  const text = visible(of);
  return (
    <bdi class={`name${extra ? ` ${extra}` : ''}`} title={text.length > 24 ? text : undefined}>
      {text}
    </bdi>
  );
}
