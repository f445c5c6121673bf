import type { Amount } from './types';

export type RoleName = 'miner' | 'support' | 'operator' | 'admin';

/** Who is signed in, as the token answers say. */
export interface Login {
  id: number;
  name: string;
  kind: 'wallet' | 'email' | 'staff';
  role: RoleName;
  secondFactor: boolean;
  secondFactorRequired: boolean;
}

export interface TokenAnswer {
  accessToken: string;
  expiresIn: number;
  login: Login;
}

export interface Me extends Login {
  email?: string | null;
  createdAt: string;
  backupCodesLeft: number;
  scopes: string[];
  isApiKey: boolean;
}

export interface Challenge {
  challengeId: string;
  message: string;
  expiresAt: string;
  formats: string[];
}

export interface Account {
  name: string;
  isAddress: boolean;
  claimedAt: string;
}

export interface Session {
  id: number;
  createdAt: string;
  lastUsedAt: string;
  expiresAt: string;
  address: string;
  userAgent: string;
  current: boolean;
}

export interface ApiKey {
  id: number;
  name: string;
  prefix: string;
  scopes: string[];
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

export interface NewApiKey extends ApiKey {
  key: string;
}

export interface LabelledWorker {
  name: string;
  label: string | null;
  lastShare: string | null;
}

export interface ProofNeed {
  kind: 'signature' | 'password';
  address?: string | null;
}

export interface Proof {
  challengeId?: string;
  signature?: string;
  password?: string;
  code?: string;
}

/** How an account is paid in one coin of one network. */
export interface PayoutSettings {
  account: string;
  coin: string;
  symbol: string;
  network: string;
  address: string | null;
  threshold: Amount;
  thresholdMin: Amount;
  thresholdMax: Amount;
  ownThreshold: boolean;
  schedule: string;
  schedules: string[];
  paused: boolean;
  frozen: boolean;
  requestMin: Amount;
  delayHours: number;
  change: { id: number; from: string | null; to: string; requestedAt: string; due: string } | null;
  proof: ProofNeed;
}

export interface SettingsPreview {
  detail: string;
  proof: ProofNeed;
  due: string | null;
  settings: PayoutSettings;
}

export interface PayoutRequest {
  id: number;
  pool: string;
  account: string;
  state: string;
  requestedAt: string;
  payout: number | null;
  txid: string | null;
  amount: Amount;
}

export interface CoinBalance {
  account: string;
  coin: string;
  symbol: string;
  network: string;
  immature: Amount;
  confirmed: Amount;
  inFlight: Amount;
  paid: Amount;
  pools: { pool: string; immature: Amount; confirmed: Amount; inFlight: Amount; paid: Amount }[];
}

export interface Channel {
  id: number;
  kind: string;
  name: string;
  target: string;
  state: 'unverified' | 'ok' | 'failing';
  lastError: string | null;
  digestMinutes: number;
  createdAt: string;
  lastSentAt: string | null;
  secret?: string;
}

export interface AlertRule {
  id: number;
  account: string;
  kind: string;
  on: boolean;
  minutes: number | null;
  percent: number | null;
  label: string | null;
  channels: number[] | null;
}

export interface Notice {
  id: number;
  kind: string;
  time: string;
  title: string;
  lines: string[];
  account: string;
}

export interface Items<T> {
  items: T[];
  next: string | null;
}
