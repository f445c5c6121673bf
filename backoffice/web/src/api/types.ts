// The shapes of /api/v1 that the pages read. Fields with a question mark may be missing where the program or its data lack them.
export interface Amount {
  amount: string;
  decimal: string;
}
export interface List<T> {
  items: T[];
  next: string | null;
}

export interface Port {
  port: number;
  tls: boolean;
  startDifficulty: string;
  vardiff: boolean;
  fingerprint?: string | null;
}

export interface Pool {
  id: string;
  coin: string;
  symbol: string;
  network: string;
  algorithm: string;
  scheme: string;
  feePercent: number;
  pplnsWindow: number | null;
  payoutsEnabled: boolean;
  payoutThreshold: Amount;
  decimals: number;
  coinbaseMaturity: number;
  address: string;
  ports: Port[];
  explorerBlock: string | null;
  explorerTransaction: string | null;
  host?: string | null;
  addressForms?: AddressForms | null;
}

/** How addresses of the pool's network begin: version bytes of Base58Check, and the readable part of Bech32. */
export interface AddressForms {
  base58: number[];
  bech32: string | null;
}

export interface ShareCounts {
  valid: number;
  stale: number;
  duplicate: number;
  lowdiff: number;
  invalid: number;
}
export interface Balances {
  immature: Amount;
  confirmed: Amount;
}

export interface Stats {
  pool: string;
  coin: string;
  symbol: string;
  hashrate: number;
  hashrates: Record<string, number>;
  hashrateErrors?: Record<string, number | null>;
  workers: number;
  miners: number;
  shares: ShareCounts;
  blocks: { found: number; immature: number; confirmed: number; orphaned: number };
  balances: Balances;
  paid: Amount;
  network: { height: number; difficulty: number; hashrate: number };
  lastBlockTime: string | null;
  feePercent: number;
  scheme: string;
  effort: number;
  luck?: Luck[];
  bestDifficulty?: number | null;
  bestDifficultyToday?: number | null;
  workerStates?: WorkerStates;
  secondsToBlock?: number | null;
  blockReward?: Amount | null;
  sharesPerSecond?: number;
}

/** Luck over the newest blocks: what they should have cost, divided by what they did; the error is relative. */
export interface Luck {
  blocks: number;
  effort: number;
  luck: number;
  error: number;
}

export interface WorkerStates {
  ok: number;
  low: number;
  off: number;
}

export interface Point {
  time: string;
  hashrate: number;
  shares: number;
  /** Relative standard error. */
  error?: number | null;
}

export interface SharePoint extends ShareCounts {
  time: string;
}

export interface ShareSeries {
  period: string;
  bucketSeconds: number;
  total: ShareCounts;
  points: SharePoint[];
}

export interface Leader {
  rank: number;
  address: string;
  hashrate: number;
  hashrateError?: number | null;
  workers: number;
  shares: number;
  blocks: number;
  bestDifficulty?: number | null;
  /** Of the pool's work in the window. */
  fraction: number;
}

export interface Engine {
  id: number;
  state?: string;
  version?: string;
  uptimeSeconds?: number;
  connections?: number;
  lastSeen?: string | null;
}

/** A Stratum port as miners reach it. */
export interface StratumPort {
  pool: string;
  host: string | null;
  port: number;
  tls: 'off' | 'on' | 'auto';
  difficulty: { start: string; min: string; max: string; vardiff: boolean };
  fingerprints?: string[];
  certificateNotAfter?: string | null;
  certificateNames?: string[];
}

/** What anybody may know of the installation. */
export interface PublicSettings {
  publicHost: string | null;
  stratum: StratumPort[];
  engines?: number;
  version?: string;
}

export interface Block {
  height: number;
  hash: string;
  state: string;
  reason: string;
  confirmations: number;
  time: string;
  finder: string;
  worker: string;
  reward: Amount;
  effort: number;
  scheme: string;
  explorer: string | null;
  luck?: number | null;
  networkDifficulty?: number;
  maturity?: number;
  credits?: number | null;
}

export interface Miner {
  address: string;
  hashrate: number;
  workers: number;
  shares: number;
  lastShare: string | null;
  balances: Balances;
  rank?: number;
  bestDifficulty?: number | null;
}

export interface Payout {
  id: number;
  state: string;
  reason: string;
  stuck: boolean;
  txid: string | null;
  total: Amount;
  fee: Amount | null;
  confirmations: number;
  lines: number;
  time: string;
  explorer: string | null;
}
