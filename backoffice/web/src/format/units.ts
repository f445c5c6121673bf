// Figures as people read them. All pure; the locale is English, because the page is.
const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y', 'R', 'Q'];

/** A figure and its unit, apart, so that a tile can set them differently. */
export interface Figure {
  value: string;
  unit: string;
}

function digits(value: number): string {
  const size = Math.abs(value);
  return value.toLocaleString(
    'en',
    size >= 100 ? { maximumFractionDigits: 1 } : { minimumFractionDigits: size >= 1 ? 1 : 0, maximumFractionDigits: 2 },
  );
}

/** Scales by thousands: 1234567 H/s is 1.23 MH/s; above quetta it stays there. */
export function scaled(value: number, unit: string): Figure {
  if (!Number.isFinite(value)) return { value: '–', unit };
  let step = 0;
  let size = value;
  // 999.96 would be printed as 1,000.0: it is the next unit's 1.
  while (Math.abs(size) >= 999.95 && step < prefixes.length - 1) {
    size /= 1000;
    step++;
  }
  if (step === 0 && Number.isInteger(size)) return { value: size.toLocaleString('en'), unit };
  return { value: digits(size), unit: `${prefixes[step]}${unit}` };
}

const joined = (figure: Figure): string => (figure.unit ? `${figure.value} ${figure.unit}` : figure.value);

/** Hashes per second: up to QH/s. */
export const rate = (hashesPerSecond: number): string => joined(scaled(hashesPerSecond, 'H/s'));

/** Difficulty: 1.23 T; below a thousand as it is. */
export function difficulty(value: number): string {
  if (value > 0 && value < 0.01) return value.toPrecision(3);
  return joined(scaled(value, ''));
}

/** A whole number with separators. */
export const count = (value: number): string => Math.round(value).toLocaleString('en');

/** A whole number, short: 12.3 k. */
export const short = (value: number): string => (value < 10_000 ? count(value) : joined(scaled(value, '')));

/** A share of one as percent. */
export function percent(share: number, most = 1): string {
  if (!Number.isFinite(share)) return '–';
  const value = share * 100;
  if (value > 0 && value < 0.01) return '< 0.01 %';
  return `${value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 10 ? Math.max(most, 2) : most })} %`;
}

/** Exactly, for tooltips: every digit of the figure and its short form. */
export const exactRate = (value: number): string => `${Math.round(value).toLocaleString('en')} H/s (${rate(value)})`;

/** Removes the noughts behind the last digit that counts, but keeps two places: 0.00500000 is 0.005, 12.00000000 is 12.00. */
export function trimCoins(decimal: string): string {
  const point = decimal.indexOf('.');
  if (point < 0) return decimal;
  const kept = decimal.replace(/0+$/, '');
  return kept.length < point + 3 ? decimal.slice(0, point + 3) : kept;
}

/** Coins to few places, cut and not rounded: nobody is shown more than there is. */
export function shortCoins(decimal: string, places = 4): string {
  const point = decimal.indexOf('.');
  return trimCoins(point < 0 ? decimal : decimal.slice(0, point + 1 + places));
}

/** An address or hash with its middle left out. */
export const middle = (text: string, head = 8, tail = 6): string =>
  text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
