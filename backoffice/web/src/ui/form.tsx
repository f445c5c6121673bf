import type {
  ButtonHTMLAttributes,
  ComponentChildren,
  HTMLAttributes,
  InputHTMLAttributes,
  TextareaHTMLAttributes,
  VNode,
} from 'preact';
import { createContext } from 'preact';
import { useContext, useId } from 'preact/hooks';
import { Icon } from './icon';

type Tone = 'primary' | 'plain' | 'danger' | 'ghost';

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'size' | 'icon'> {
  tone?: Tone;
  /** Waits for an answer: shown, said, and not to be pressed again. */
  busy?: boolean | undefined;
  children?: ComponentChildren;
}

export function Button({
  tone = 'plain',
  busy,
  disabled,
  type = 'button',
  children,
  class: extra,
  ...rest
}: ButtonProps): VNode {
  return (
    <button
      {...rest}
      type={type}
      class={`button button-${tone}${extra ? ` ${extra as string}` : ''}`}
      disabled={disabled || busy}
      aria-busy={busy ? 'true' : undefined}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : null}
      {children}
    </button>
  );
}

/** A link that looks like a button. */
export function ButtonLink({
  href,
  tone = 'plain',
  children,
}: {
  href: string;
  tone?: Tone;
  children: ComponentChildren;
}): VNode {
  return (
    <a href={href} class={`button button-${tone}`}>
      {children}
    </a>
  );
}

interface FormProps {
  onSubmit: () => void;
  busy?: boolean | undefined;
  error?: string | undefined;
  label?: string;
  children: ComponentChildren;
}

/** A form whose failure is said above its fields. */
export function Form({ onSubmit, busy, error, label, children }: FormProps): VNode {
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!busy) onSubmit();
  };
  return (
    <form class="form" onSubmit={submit} noValidate aria-label={label} aria-busy={busy ? 'true' : undefined}>
      {error ? (
        <p class="form-error" role="alert">
          <Icon name="alert" size={18} />
          {error}
        </p>
      ) : null}
      {children}
    </form>
  );
}

interface Wiring {
  id: string;
  describedBy: string | undefined;
  isWrong: boolean;
}
const Wire = createContext<Wiring | null>(null);

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
  optional?: boolean;
  children: ComponentChildren;
}

/** A label, its input, a hint and what is wrong, tied together for screen readers. */
export function Field({ label, hint, error, optional, children }: FieldProps): VNode {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div class={`field${error ? ' field-wrong' : ''}`}>
      <label for={id}>
        {label}
        {optional ? <span class="quiet"> (optional)</span> : null}
      </label>
      <Wire.Provider value={{ id, describedBy: described || undefined, isWrong: !!error }}>{children}</Wire.Provider>
      {hint ? (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {error ? (
        <p class="field-error" id={`${id}-error`}>
          <Icon name="alert" size={15} />
          {error}
        </p>
      ) : null}
    </div>
  );
}

const useWire = (): HTMLAttributes => {
  const wire = useContext(Wire);
  return wire
    ? ({
        id: wire.id,
        'aria-describedby': wire.describedBy,
        'aria-invalid': wire.isWrong ? 'true' : undefined,
      } as HTMLAttributes)
    : {};
};

type TextProps = Omit<HTMLAttributes<HTMLInputElement>, 'onInput'> & {
  value: string;
  onInput: (value: string) => void;
  type?: 'text' | 'search' | 'email' | 'password' | 'url' | 'datetime-local' | 'date';
  name?: string;
  placeholder?: string;
  autocomplete?: string;
  inputMode?: string;
  maxLength?: number;
  list?: string;
  required?: boolean;
  disabled?: boolean;
  readOnly?: boolean;
};

export function TextInput({ value, onInput, type = 'text', class: extra, ...rest }: TextProps): VNode {
  const attributes = {
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: false,
    ...useWire(),
    ...rest,
    type,
  } as InputHTMLAttributes<HTMLInputElement>;
  return (
    <input
      {...attributes}
      class={`input${extra ? ` ${extra as string}` : ''}`}
      value={value}
      onInput={event => onInput(event.currentTarget.value)}
    />
  );
}

/** A number as text, so that what is typed stays as it is until it is whole. */
export function NumberInput(props: TextProps): VNode {
  return <TextInput inputMode="decimal" {...props} />;
}

export function TextArea({
  value,
  onInput,
  class: extra,
  ...rest
}: Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'value' | 'onInput'> & {
  value: string;
  onInput: (value: string) => void;
}): VNode {
  return (
    <textarea
      {...(useWire() as object)}
      rows={4}
      spellcheck={false}
      {...rest}
      class={`input${extra ? ` ${extra as string}` : ''}`}
      value={value}
      onInput={event => onInput(event.currentTarget.value)}
    />
  );
}

export interface Option {
  value: string;
  name: string;
}

export function Select({
  value,
  options,
  onInput,
  label,
  id,
}: {
  value: string;
  options: Option[];
  onInput: (value: string) => void;
  label?: string;
  id?: string;
}): VNode {
  return (
    <span class="select">
      <select
        {...(useWire() as object)}
        {...(id ? { id } : {})}
        class="input"
        aria-label={label}
        value={value}
        onChange={event => onInput(event.currentTarget.value)}
      >
        {options.map(o => (
          <option key={o.value} value={o.value} selected={o.value === value}>
            {o.name}
          </option>
        ))}
      </select>
      <Icon name="down" size={16} />
    </span>
  );
}

export function Switch({
  label,
  checked,
  onInput,
  disabled,
  hint,
}: {
  label: string;
  checked: boolean;
  onInput: (value: boolean) => void;
  disabled?: boolean;
  hint?: ComponentChildren;
}): VNode {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        disabled={disabled}
        onChange={event => onInput(event.currentTarget.checked)}
      />
      <span class="switch-track" aria-hidden="true" />
      <span class="switch-text">
        {label}
        {hint ? <small>{hint}</small> : null}
      </span>
    </label>
  );
}
