import type { Amount, Payout } from './types';
import type { RoleName } from './account';

export interface Alert {
  key: string;
  kind: string;
  severity: 'critical' | 'warning' | 'info';
  since: string;
  subject: string;
  what: string;
  do: string;
}

export interface AdminEngine {
  id: number;
  state: string;
  lastSeen: string | null;
  silentSeconds: number | null;
  journals: {
    epoch: string;
    committedSequence: number;
    lastShare: string | null;
    firstSeen: string;
    lastCommit: string;
    released: string | null;
  }[];
  status: Record<string, unknown> | null;
}

export interface AdminNode {
  engine: number;
  engineState: string;
  pool: string;
  name: string;
  rank: number;
  state: string;
  isActive: boolean;
  isLagging: boolean;
  height: number | null;
  latencyMs: number | null;
  detail: string | null;
  lastError: string | null;
  lastErrorAt: string | null;
  blocksWaiting: number;
}

export interface AdminJob {
  engine: number;
  engineState: string;
  pool: string;
  job: number | null;
  height: number | null;
  at: string | null;
  ageSeconds: number | null;
  transactions: number | null;
  reason: string | null;
  templateAgeSeconds: number | null;
  templateMs: number | null;
  jobsNewTip: number | null;
  jobsRefresh: number | null;
  proposalsRefused: number | null;
  lastRefusal: string | null;
  templateError: string | null;
}

export interface ShareTotals {
  valid: number;
  stale: number;
  duplicate: number;
  lowdiff: number;
  invalid: number;
  unauthorized: number;
  unavailable: number;
}

export interface AdminShares {
  pool: string;
  total: ShareTotals;
  perSecond: ShareTotals;
  hashrate: number;
  blocksFound: number;
  engines: { engine: number; total: ShareTotals; perSecond: ShareTotals; hashrate: number }[];
}

export interface Ban {
  id: number;
  kind: 'address' | 'account' | 'worker';
  target: string;
  reason: string;
  createdAt: string;
  createdBy: string;
  expiresAt: string | null;
  endedAt: string | null;
  endedBy: string | null;
  state: 'active' | 'expired' | 'lifted';
}

export interface WaitingPayout {
  pool: string;
  account: string;
  accountId: number;
  amount: Amount;
  address: string | null;
  why: string;
  requested: boolean;
}

export interface AdminPayout {
  pool: string;
  frozen: boolean;
  frozenReason: string | null;
  payout: Payout;
}

export interface Hold {
  id: number;
  kind: 'pool' | 'account' | 'payout';
  subject: string;
  reason: string;
  by: string;
  since: string;
  releasedBy: string | null;
  releasedAt: string | null;
  releaseReason: string | null;
}

export interface AdminLogin {
  id: number;
  name: string;
  kind: 'wallet' | 'email' | 'staff';
  role: RoleName;
  email?: string | null;
  locked: boolean;
  secondFactor: boolean;
  createdAt: string;
  lastSeenAt: string | null;
  sessions: number;
  keys: number;
}

export interface AuditEntry {
  id: number;
  at: string;
  actor: string;
  loginId: number | null;
  address: string;
  action: string;
  subject: string;
  details: unknown;
  hash: string;
}

export interface AuditCheck {
  entries: number;
  headId: number;
  headHash: string;
  isWhole: boolean;
  brokenAt: number | null;
  detail: string;
}

export interface LedgerAudit {
  ok: boolean;
  problems: string[];
  sums: { pool: string; coin: string | null; network: string | null; kind: string; amount: string }[];
}

export interface Setting {
  key: string;
  value: string;
  source: string;
  isSecret: boolean;
}

export interface AdminChannels {
  kinds: string[];
  waiting: number;
  failing: number;
  items: { id: number; login: string; kind: string; state: string; lastError: string | null }[];
}
