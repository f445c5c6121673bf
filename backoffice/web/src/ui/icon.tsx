import type { VNode } from 'preact';

const paths = {
  pulse: 'M3 12h4l3-8 4 16 3-8h4',
  layers: 'M12 3l9 5-9 5-9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5',
  cube: 'M12 2.5l8.5 4.8v9.4L12 21.5l-8.5-4.8V7.3zM3.5 7.3L12 12l8.5-4.7M12 12v9.5',
  podium: 'M9 21V8h6v13M3 21v-8h6M15 21v-5h6v5M2 21h20',
  plug: 'M9 2.5v5M15 2.5v5M6 7.5h12v4a6 6 0 01-12 0zM12 17.5v4',
  more: 'M4 7h16M4 12h16M4 17h16',
  search: 'M11 4a7 7 0 100 14 7 7 0 000-14zM16 16l5 5',
  sun: 'M12 7.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2',
  moon: 'M20 14.5A8.5 8.5 0 119.5 4 6.8 6.8 0 0020 14.5z',
  auto: 'M12 3a9 9 0 100 18zM12 3a9 9 0 010 18',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  check: 'M4 12.5l5.5 5.5L20 6.5',
  close: 'M5 5l14 14M19 5L5 19',
  alert: 'M12 3l10 18H2zM12 10v5M12 18v.5',
  info: 'M12 3a9 9 0 100 18 9 9 0 000-18zM12 11v6M12 7.5v.5',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  out: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  down: 'M5 9l7 7 7-7',
  user: 'M12 12a4.5 4.5 0 100-9 4.5 4.5 0 000 9zM3.5 21a8.5 8.5 0 0117 0',
  bolt: 'M13 2L4 14h7l-1 8 9-12h-7z',
  coins: 'M8 4a5.5 5.5 0 100 11A5.5 5.5 0 008 4zM12 17.5a5.5 5.5 0 105.2-8.7',
  clock: 'M12 3a9 9 0 100 18 9 9 0 000-18zM12 7v5l3.5 3',
  star: 'M12 3l2.8 5.8 6.2.9-4.5 4.4 1.1 6.3L12 17.4l-5.6 3 1.1-6.3L3 9.7l6.2-.9z',
  shield: 'M12 2.5l8 3v6c0 5-3.4 8.3-8 10-4.6-1.7-8-5-8-10v-6z',
  gear: 'M12 8.5a3.5 3.5 0 100 7 3.5 3.5 0 000-7zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2',
  bell: 'M6 17V11a6 6 0 0112 0v6l2 2H4zM10 21.5h4',
  key: 'M8 11a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM11.5 12.5L21 3M17 7l3 3M14 10l2 2',
  server: 'M4 4h16v6H4zM4 14h16v6H4zM8 7v.5M8 17v.5',
  lock: 'M5 11h14v10H5zM8 11V7.5a4 4 0 018 0V11',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  reset: 'M4 5v5h5M4.5 10A8 8 0 1112 20',
  table: 'M3 5h18v14H3zM3 10h18M9 10v9',
} as const;

export type IconName = keyof typeof paths;

/** A line drawing beside text: decoration only. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }): VNode {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
