import type { ComponentChildren, VNode } from 'preact';
import { useId, useRef } from 'preact/hooks';

export interface Item {
  id: string;
  name: string;
}

/** Arrow keys go round; Home and End go to the ends. */
function move(
  event: KeyboardEvent,
  items: Item[],
  selected: string,
  select: (id: string) => void,
  root: HTMLElement | null,
): void {
  const at = items.findIndex(i => i.id === selected);
  const to = {
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    Home: 0,
    End: items.length - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const index = (to + items.length) % items.length;
  select(items[index]!.id);
  (root?.children[index] as HTMLElement | undefined)?.focus();
}

/** Tabs with their panel. */
export function Tabs({
  label,
  items,
  selected,
  onSelect,
  children,
}: {
  label: string;
  items: Item[];
  selected: string;
  onSelect: (id: string) => void;
  children: ComponentChildren;
}): VNode {
  const root = useRef<HTMLDivElement>(null);
  const id = useId();
  return (
    <div class="tabs">
      <div
        class="tab-list"
        role="tablist"
        aria-label={label}
        ref={root}
        onKeyDown={event => move(event, items, selected, onSelect, root.current)}
      >
        {items.map(item => (
          <button
            key={item.id}
            type="button"
            role="tab"
            id={`${id}-${item.id}`}
            aria-selected={item.id === selected ? 'true' : 'false'}
            aria-controls={`${id}-panel`}
            tabIndex={item.id === selected ? 0 : -1}
            class="tab"
            onClick={() => onSelect(item.id)}
          >
            {item.name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${selected}`} class="tab-panel">
        {children}
      </div>
    </div>
  );
}

/** One of few, all to be seen. */
export function Segmented({
  label,
  items,
  selected,
  onSelect,
}: {
  label: string;
  items: Item[];
  selected: string;
  onSelect: (id: string) => void;
}): VNode {
  const root = useRef<HTMLDivElement>(null);
  return (
    <div
      class="segmented"
      role="radiogroup"
      aria-label={label}
      ref={root}
      onKeyDown={event => move(event, items, selected, onSelect, root.current)}
    >
      {items.map(item => (
        <button
          key={item.id}
          type="button"
          role="radio"
          aria-checked={item.id === selected ? 'true' : 'false'}
          tabIndex={item.id === selected ? 0 : -1}
          class="segment"
          onClick={() => onSelect(item.id)}
        >
          {item.name}
        </button>
      ))}
    </div>
  );
}
