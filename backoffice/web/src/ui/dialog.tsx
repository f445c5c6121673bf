import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useReducer, useRef } from 'preact/hooks';
import { Button } from './form';
import { Icon } from './icon';

interface DialogProps {
  open: boolean;
  title: string;
  onClose: () => void;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** The browser's own modal dialog: it keeps the focus inside, closes by Escape, and gives the focus back. */
export function Dialog({ open, title, onClose, actions, children }: DialogProps): VNode {
  const box = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = box.current;
    if (open && dialog && !dialog.open) dialog.showModal();
    else if (!open && dialog?.open) dialog.close();
  }, [open]);
  const outside = (event: MouseEvent): void => {
    if (event.target === box.current) onClose();
  };
  return (
    <dialog ref={box} class="dialog" aria-labelledby={heading} onClose={onClose} onClick={outside}>
      {open ? (
        <div class="dialog-box">
          <div class="dialog-head">
            <h2 id={heading}>{title}</h2>
            <button type="button" class="icon-button" onClick={onClose} aria-label="Close">
              <Icon name="close" />
            </button>
          </div>
          <div class="dialog-body">{children}</div>
          {actions ? <div class="dialog-actions">{actions}</div> : null}
        </div>
      ) : null}
    </dialog>
  );
}

/** A question before something that cannot be taken back. */
export function Confirm({
  open,
  title,
  children,
  yes,
  tone = 'primary',
  busy,
  onYes,
  onClose,
}: {
  open: boolean;
  title: string;
  children: ComponentChildren;
  yes: string;
  tone?: 'primary' | 'danger';
  busy?: boolean;
  onYes: () => void;
  onClose: () => void;
}): VNode {
  return (
    <Dialog
      open={open}
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone={tone} busy={busy} onClick={onYes}>
            {yes}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}

export type ToastTone = 'good' | 'warn' | 'bad' | 'info';
interface Toast {
  id: number;
  text: string;
  tone: ToastTone;
}

const toastsMax = 4;
let toasts: Toast[] = [];
let last = 0;
let tellToasts: (() => void) | undefined;

/** Says something at the edge of the page; failures stay longer. */
export function toast(text: string, tone: ToastTone = 'info'): void {
  const id = ++last;
  toasts = [...toasts.slice(-(toastsMax - 1)), { id, text, tone }];
  tellToasts?.();
  setTimeout(() => dismiss(id), tone === 'bad' ? 12_000 : 5_000);
}

function dismiss(id: number): void {
  toasts = toasts.filter(t => t.id !== id);
  tellToasts?.();
}

/** Where toasts appear; once, in the shell. */
export function Toasts(): VNode {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    tellToasts = () => redraw(undefined);
    return () => {
      tellToasts = undefined;
    };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(t => (
        <p key={t.id} class={`toast toast-${t.tone}`}>
          <Icon name={t.tone === 'good' ? 'check' : t.tone === 'info' ? 'info' : 'alert'} size={18} />
          <span>{t.text}</span>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => dismiss(t.id)}>
            <Icon name="close" size={16} />
          </button>
        </p>
      ))}
    </div>
  );
}
