import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../ui/icon';

type Theme = 'auto' | 'dark' | 'light';
const next: Record<Theme, Theme> = { auto: 'dark', dark: 'light', light: 'auto' };
const names: Record<Theme, string> = { auto: 'as the system', dark: 'dark', light: 'light' };

function apply(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    if (theme === 'auto') localStorage.removeItem('theme');
    else localStorage.setItem('theme', theme);
  } catch {
    // Storage is forbidden: it holds until the page is left.
  }
}

/** System, dark, light, and round again. */
export function ThemeSwitch(): VNode {
  const [theme, setTheme] = useState<Theme>((document.documentElement.dataset['theme'] as Theme | undefined) ?? 'auto');
  const change = (): void => {
    apply(next[theme]);
    setTheme(next[theme]);
  };
  return (
    <button
      type="button"
      class="icon-button"
      onClick={change}
      title={`Theme: ${names[theme]}`}
      aria-label={`Theme: ${names[theme]}. Change`}
    >
      <Icon name={theme === 'dark' ? 'moon' : theme === 'light' ? 'sun' : 'auto'} />
    </button>
  );
}
