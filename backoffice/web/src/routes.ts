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
  { path: '/miners', page: () => import('./pages/miners'), nav: { name: 'My miner', icon: 'search', phone: true } },
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
  { path: '/miners/:address', page: () => import('./pages/miner/miner') },
  { path: '/sign-in', page: () => import('./pages/sign/sign-in') },
  { path: '/register', page: () => import('./pages/sign/register') },
  { path: '/confirm', page: () => import('./pages/sign/confirm') },
  { path: '/reset', page: () => import('./pages/sign/reset') },
  { path: '/cancel-change', page: () => import('./pages/sign/cancel-change') },
  { path: '/account', page: () => import('./pages/account/accounts') },
  { path: '/account/workers', page: () => import('./pages/account/workers') },
  { path: '/account/payouts', page: () => import('./pages/account/payouts') },
  { path: '/account/notifications', page: () => import('./pages/account/notifications') },
  { path: '/account/security', page: () => import('./pages/account/security') },
  { path: '/account/keys', page: () => import('./pages/account/keys') },
  { path: '/admin', page: () => import('./pages/admin/overview') },
  { path: '/admin/pools', page: () => import('./pages/admin/pools') },
  { path: '/admin/engines', page: () => import('./pages/admin/engines') },
  { path: '/admin/nodes', page: () => import('./pages/admin/nodes') },
  { path: '/admin/jobs', page: () => import('./pages/admin/jobs') },
  { path: '/admin/shares', page: () => import('./pages/admin/shares') },
  { path: '/admin/miners', page: () => import('./pages/admin/miners') },
  { path: '/admin/bans', page: () => import('./pages/admin/bans') },
  { path: '/admin/payouts', page: () => import('./pages/admin/payouts') },
  { path: '/admin/ledger', page: () => import('./pages/admin/ledger') },
  { path: '/admin/logins', page: () => import('./pages/admin/logins') },
  { path: '/admin/audit', page: () => import('./pages/admin/audit') },
  { path: '/admin/settings', page: () => import('./pages/admin/settings') },
  { path: '*', page: () => import('./pages/missing') },
];
