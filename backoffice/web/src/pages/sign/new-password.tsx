import type { VNode } from 'preact';
import { Field } from '../../ui';
import { Secret } from '../parts/secret';

const charactersMin = 10;

/** What the page can tell before the server judges. */
export function weakness(password: string): string | undefined {
  if (password.length === 0) return 'missing';
  if ([...password].length < charactersMin) return `${charactersMin - [...password].length} more characters`;
  if (new Set(password).size < 5) return 'too few different characters';
  return undefined;
}

export function NewPassword({
  value,
  onInput,
  label = 'Password',
}: {
  value: string;
  onInput: (value: string) => void;
  label?: string;
}): VNode {
  const weak = weakness(value);
  return (
    <Field
      label={label}
      hint={
        value && weak
          ? weak
          : `At least ${charactersMin} characters. Long beats clever: four words that only you would put together.`
      }
    >
      <Secret value={value} onInput={onInput} autocomplete="new-password" />
    </Field>
  );
}
