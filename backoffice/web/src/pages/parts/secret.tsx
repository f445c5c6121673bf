import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Button, TextInput } from '../../ui';

/** A password, shown on demand: typing blind on a phone makes short passwords. */
export function Secret({
  value,
  onInput,
  autocomplete,
}: {
  value: string;
  onInput: (value: string) => void;
  autocomplete: 'current-password' | 'new-password';
}): VNode {
  const [isShown, show] = useState(false);
  return (
    <span class="secret">
      <TextInput
        type={isShown ? 'text' : 'password'}
        value={value}
        onInput={onInput}
        autocomplete={autocomplete}
        maxLength={200}
        required
      />
      <Button
        tone="ghost"
        onClick={() => show(!isShown)}
        aria-pressed={isShown ? 'true' : 'false'}
        aria-label="Show the password"
      >
        {isShown ? 'Hide' : 'Show'}
      </Button>
    </span>
  );
}
