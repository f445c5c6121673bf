// Whether an address is one of the pool's network: Base58Check, Bech32 (BIP 173) and Bech32m (BIP 350). The engine has the last word.
import type { AddressForms } from '../api/types';
import { sha256 } from './sha256';

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const bech32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

/** Null for a good address, else what is wrong with it. */
export function addressProblem(text: string, forms: AddressForms | null | undefined): string | null {
  const address = text.trim();
  if (!address) return 'Your address is needed: it is where you are paid.';
  if (/\s/.test(address)) return 'An address has no spaces.';
  if (!forms) return null;
  const small = address.toLowerCase();
  if (forms.bech32 && small.startsWith(`${forms.bech32}1`)) return bech32Problem(address, small, forms.bech32);
  return base58Problem(address, forms);
}

const expected = (forms: AddressForms): string => (forms.bech32 ? ` (here most begin with ${forms.bech32}1)` : '');

function bech32Problem(address: string, small: string, prefix: string): string | null {
  if (address !== small && address !== address.toUpperCase())
    return 'Capital and small letters are mixed: something was mistyped.';
  const values = [...small.slice(prefix.length + 1)].map(c => bech32.indexOf(c));
  const wrong = values.indexOf(-1);
  if (wrong >= 0) return `“${address[prefix.length + 1 + wrong]}” cannot stand in such an address.`;
  if (values.length < 8 || address.length > 90) return 'It is not of the right length.';
  const sum = checksum([...expand(prefix), ...values]);
  const isWitness0 = values[0] === 0;
  if (sum !== (isWitness0 ? 1 : 0x2bc830a3)) return 'Its checksum is wrong: something was mistyped or cut off.';
  const bytes = Math.floor(((values.length - 7) * 5) / 8);
  if (values[0]! > 16 || bytes < 2 || bytes > 40 || (isWitness0 && bytes !== 20 && bytes !== 32))
    return 'It is not of the right length.';
  return null;
}

const expand = (prefix: string): number[] => [
  ...[...prefix].map(c => c.charCodeAt(0) >> 5),
  0,
  ...[...prefix].map(c => c.charCodeAt(0) & 31),
];

function checksum(values: number[]): number {
  const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    generator.forEach((part, i) => {
      if ((top >> i) & 1) sum ^= part;
    });
  }
  return sum;
}

function base58Problem(address: string, forms: AddressForms): string | null {
  const values = [...address].map(c => base58.indexOf(c));
  if (values.includes(-1) || address.length < 25 || address.length > 40)
    return `This is no address of this pool's coin${expected(forms)}.`;
  const bytes: number[] = [];
  for (const value of values) {
    let carry = value;
    for (let i = 0; i < bytes.length; i++) {
      carry += bytes[i]! * 58;
      bytes[i] = carry & 255;
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) bytes.push(carry & 255);
  }
  for (const value of values) {
    if (value !== 0) break;
    bytes.push(0);
  }
  bytes.reverse();
  if (bytes.length !== 25) return 'It is not of the right length.';
  const payload = Uint8Array.from(bytes.slice(0, 21));
  const check = sha256(sha256(payload));
  if (!bytes.slice(21).every((byte, i) => byte === check[i]))
    return 'Its checksum is wrong: something was mistyped or cut off.';
  return forms.base58.includes(bytes[0]!) ? null : `It is an address of another coin or network${expected(forms)}.`;
}
