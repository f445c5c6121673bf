import type { Amount, Block } from './types';

/** Shares by result. */
export interface Results {
  valid: number;
  stale: number;
  duplicate: number;
  lowdiff: number;
  invalid: number;
}

export type WorkerState = 'ok' | 'low' | 'off';

/** An account in one pool: `/pools/{id}/miners/{address}`. Errors are relative: 0.1 is 10 % either way. */
export interface Miner {
  address: string;
  hashrate: number;
  workers: number;
  shares: number;
  lastShare: string | null;
  balances: { immature: Amount; confirmed: Amount };
  hashrates?: Record<string, number>;
  hashrateErrors?: Record<string, number | null>;
  workerStates?: Record<WorkerState, number>;
  results?: Results;
  paid?: Amount;
  firstSeen?: string | null;
  bestDifficulty?: number | null;
  bestDifficultyToday?: number | null;
  blocks?: number;
  rank?: number | null;
  payout?: Estimate;
}

export interface Estimate {
  threshold: Amount;
  confirmed: Amount;
  immature: Amount;
  missing: Amount;
  perDay: Amount | null;
  perBlock: Amount | null;
  time: string | null;
  reason: string;
}

export interface Worker {
  name: string;
  hashrate: number;
  hashrateHour: number;
  shares: number;
  lastShare: string | null;
  state: WorkerState;
  results: Results;
  hashrates?: Record<string, number>;
  hashrateErrors?: Record<string, number | null>;
  bestDifficulty?: number | null;
}

/** A page of workers says how many there are in all. */
export interface WorkerList {
  items: Worker[];
  next: string | null;
  total?: number;
  states?: Record<WorkerState, number>;
}

/** A point of a series. `error` is the relative standard error of the rate, 1/sqrt(shares). */
export interface RatePoint {
  time: string;
  hashrate: number;
  shares: number;
  error?: number | null;
}

export interface Credit {
  height: number;
  hash: string;
  state: string;
  amount: Amount;
  time?: string;
}

export type FoundBlock = Block;

export interface MinerPayout {
  id: number;
  state: string;
  txid: string | null;
  address: string;
  amount: Amount;
  fee: Amount;
  confirmations: number;
  time: string;
  explorer: string | null;
  pool?: string;
  account?: string;
}

/** What everyone may see of an account's payouts to come. */
export interface PayoutState {
  pool: string;
  address: string;
  threshold: Amount;
  ownThreshold: boolean;
  schedule: string;
  paused: boolean;
  frozen: boolean;
  frozenSince: string | null;
  payTo: string | null;
  change: { from: string; to: string; requestedAt: string; due: string } | null;
  state: string;
  confirmed: Amount;
  missing: Amount;
  estimate: string | null;
}

export interface Achievements {
  address: string;
  pool: string;
  bestShare: BestShare | null;
  bestShareToday: BestShare | null;
  blocks: { found: number; standing: number; first: string | null; last: string | null };
  streak: { days: number; longest: number; since: string | null };
  work: { hashes: string; reached: string | null; next: string | null; progress: number };
  firsts: { share: string | null; block: string | null; payout: string | null };
  badges: Badge[];
}

export interface BestShare {
  difficulty: number;
  worker: string;
  time: string;
  rank: number;
  of: number;
}

export interface Badge {
  code: string;
  reached: boolean;
  time: string | null;
  progress: number;
}

/** Where an address is known: `/miners/{address}`. */
export interface KnownMiner {
  address: string;
  pools: { pool: string; coin: string; symbol: string; network: string; miner: Miner }[];
}
