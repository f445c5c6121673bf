import type { ComponentType } from 'preact';
import type { PageProps } from './router';
import type { IconName } from './ui/icon';

/** A page: one file, and one line here. */
export interface Route {
  /** Parts that begin with a colon are parameters; a star at the end takes the rest. */
  path: string;
  page: () => Promise<{ default: ComponentType<PageProps> }>;
  /** In the navigation, under this name and sign. */
  nav?: { name: string; icon: IconName; phone?: boolean };
  /** One component for all parameters: it is not made anew when they change. */
  isOne?: boolean;
}

/** In the order of the navigation; the last takes what no other does. */
export const routes: Route[] = [
  { path: '/', page: () => import('./pages/home'), nav: { name: 'Home', icon: 'pulse', phone: true } },
  { path: '/pools', page: () => import('./pages/pools'), nav: { name: 'Pools', icon: 'layers' } },
  { path: '/pools/:pool', page: () => import('./pages/pool') },
  { path: '/blocks', page: () => import('./pages/blocks'), nav: { name: 'Blocks', icon: 'cube', phone: true } },
  {
    path: '/leaderboard',
    page: () => import('./pages/leaderboard'),
    nav: { name: 'Miners', icon: 'podium', phone: true },
  },
  { path: '/connect', page: () => import('./pages/connect'), nav: { name: 'Connect', icon: 'plug', phone: true } },
  { path: '/about', page: () => import('./pages/about') },
  { path: '*', page: () => import('./pages/missing') },
];
