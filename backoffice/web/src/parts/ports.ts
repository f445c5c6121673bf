// Where miners connect, from the public settings; from the pool itself where those cannot be had.
import { useApi } from '../api/use';
import type { Pool, PublicSettings, StratumPort } from '../api/types';

const hostOf = (host: string | null | undefined): string => host ?? location.hostname;

/** Host and port as a URL for most miners. */
export function stratumUrl(port: StratumPort, tls = port.tls === 'on'): string {
  const host = hostOf(port.host);
  // An IPv6 address stands in brackets.
  return `stratum+${tls ? 'ssl' : 'tcp'}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port.port}`;
}

export const portHost = (port: StratumPort): string => hostOf(port.host);

function fromPool(pool: Pool): StratumPort[] {
  return pool.ports.map(p => ({
    pool: pool.id,
    host: null,
    port: p.port,
    tls: p.tls ? 'on' : 'off',
    difficulty: { start: p.startDifficulty, min: '', max: '', vardiff: p.vardiff },
  }));
}

/** The pool's ports. Undefined until they are known. */
export function usePorts(pool: Pool | undefined): {
  ports: StratumPort[] | undefined;
  settings: PublicSettings | undefined;
} {
  const settings = useApi<PublicSettings>('/settings', { every: 300, always: 600 });
  if (!pool) return { ports: undefined, settings: settings.data };
  const listed = settings.data?.stratum?.filter(p => p.pool === pool.id);
  if (listed?.length) {
    const common = settings.data?.publicHost ?? null;
    return { ports: listed.map(p => ({ ...p, host: p.host ?? common })), settings: settings.data };
  }
  return { ports: settings.data || settings.error ? fromPool(pool) : undefined, settings: settings.data };
}
