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
  luck?: number | null;
  bestDifficulty?: number | null;
  bestDifficultyToday?: number | null;
}

export interface Point {
  time: string;
  hashrate: number;
  shares: number;
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
  difficulty?: number | null;
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
