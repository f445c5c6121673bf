// Times: relative where the eye wants them, exact where it asks.
const steps: [number, Intl.RelativeTimeFormatUnit, number][] = [
  [60, 'second', 1],
  [3_600, 'minute', 60],
  [86_400, 'hour', 3_600],
  [86_400 * 30, 'day', 86_400],
  [86_400 * 365, 'month', 86_400 * 30],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });
const exactly = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

/** "3 min. ago". The future counts as now: clocks differ. */
export function ago(time: string | number, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - new Date(time).getTime()) / 1000));
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 5) return 'just now';
  for (const [below, unit, size] of steps)
    if (seconds < below) return relative.format(-Math.floor(seconds / size), unit);
  return relative.format(-Math.floor(seconds / (86_400 * 365)), 'year');
}

/** Date and time in the visitor's zone. */
export const exact = (time: string | number): string => exactly.format(new Date(time));

/** The time of day. */
export const timeOfDay = (time: string | number): string => clock.format(new Date(time));

/** The date. */
export const date = (time: string | number): string => day.format(new Date(time));

/** A length of time: "2 d 4 h", two units at most. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 1) return '< 1 s';
  const sizes: [string, number][] = [
    ['y', 31_557_600],
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ];
  const first = sizes.findIndex(([, size]) => seconds >= size);
  if (sizes[first]?.[0] === 'y' && seconds > 100 * 31_557_600)
    return `${Math.round(seconds / 31_557_600).toLocaleString('en')} y`;
  let left = Math.floor(seconds);
  const parts: string[] = [];
  for (const [name, size] of sizes.slice(first, first + 2)) {
    const many = Math.floor(left / size);
    if (many > 0) parts.push(`${many} ${name}`);
    left -= many * size;
  }
  return parts.join(' ');
}
