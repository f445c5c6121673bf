// What to type into each family of miners, as docs/compatibility.md has it.
export interface Choice {
  host: string;
  port: number;
  tls: boolean;
  url: string;
  user: string;
  password: string;
  algorithm: string;
}

export interface Device {
  id: string;
  name: string;
  /** Algorithms it can be had for. */
  algorithms: string[];
  /** A line for a terminal, or the fields of a form. */
  command?: (c: Choice) => string;
  fields?: (c: Choice) => [name: string, value: string][];
  /** False where it cannot do TLS, or nobody has seen it do so. */
  tls: boolean;
  /** Its own limits. */
  userMax?: number;
  passwordMax?: number;
  refuses?: RegExp;
  rig?: string;
  /** Wants the port with a high difficulty. */
  isRental?: boolean;
  note?: string;
}

const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const line = (start: string, c: Choice): string => `${start} -o ${c.url} -u ${quoted(c.user)} -p ${quoted(c.password)}`;
const form = (c: Choice): [string, string][] => [
  ['URL', c.url],
  ['Worker', c.user],
  ['Password', c.password],
];
const apart = (c: Choice): [string, string][] => [
  ['Host', c.host],
  ['Port', `${c.port}`],
  ['User', c.user],
  ['Password', c.password],
];
const both = ['sha256d', 'scrypt'];
const sha = ['sha256d'];

export const devices: Device[] = [
  {
    id: 'bitaxe',
    name: 'Bitaxe (ESP-Miner)',
    algorithms: sha,
    tls: true,
    fields: apart,
    refuses: /["\\]/,
    note: 'Without stratum+tcp:// in the host field.',
  },
  {
    id: 'nerdminer',
    name: 'NerdMiner',
    algorithms: sha,
    tls: false,
    fields: apart,
    userMax: 79,
    passwordMax: 19,
    note: 'Choose a port with a low start difficulty.',
  },
  { id: 'antminer', name: 'Antminer', algorithms: both, tls: false, fields: form },
  { id: 'whatsminer', name: 'WhatsMiner', algorithms: sha, tls: false, fields: form, userMax: 127 },
  { id: 'avalon', name: 'Avalon', algorithms: sha, tls: false, fields: form, userMax: 63 },
  {
    id: 'braiins',
    name: 'Braiins OS',
    algorithms: sha,
    tls: true,
    fields: c => [
      ['URL', c.url],
      ['User', c.user],
      ['Password', c.password],
    ],
  },
  { id: 'cgminer', name: 'cgminer', algorithms: sha, tls: false, command: c => line('cgminer', c) },
  {
    id: 'cpuminer',
    name: 'cpuminer (pooler)',
    algorithms: both,
    tls: true,
    command: c =>
      `${line(`minerd -a ${c.algorithm}`, { ...c, url: c.url.replace('+ssl', '+tcps') })}${c.tls ? ' --cert fullchain.pem' : ''}`,
    note: 'For TLS it is given the certificate itself.',
  },
  {
    id: 'cpuminer-opt',
    name: 'cpuminer-multi, cpuminer-opt',
    algorithms: both,
    tls: false,
    command: c => line(`cpuminer -a ${c.algorithm}`, c),
  },
  {
    id: 'bfgminer',
    name: 'BFGMiner',
    algorithms: both,
    tls: false,
    command: c =>
      line('bfgminer', { ...c, url: quoted(`${c.url}#xnsub`) }) + (c.algorithm === 'scrypt' ? ' --scrypt' : ''),
  },
  {
    id: 'nicehash',
    name: 'NiceHash',
    algorithms: both,
    tls: false,
    fields: apart,
    rig: 'nh',
    isRental: true,
    note: 'The port must allow a difficulty of 524,288.',
  },
  {
    id: 'miningrigrentals',
    name: 'MiningRigRentals',
    algorithms: both,
    tls: false,
    fields: apart,
    rig: 'mrr',
    isRental: true,
    note: 'As start difficulty take what the rig’s page suggests.',
  },
  { id: 'other', name: 'Something else', algorithms: ['*'], tls: true, fields: c => [['URL', c.url], ...apart(c)] },
];

export const devicesFor = (algorithm: string): Device[] =>
  devices.filter(d => d.algorithms.includes('*') || d.algorithms.includes(algorithm));
