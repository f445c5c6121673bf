/** Addresses that this browser looks at: nothing of them leaves it. Newest first. */
const key = 'miners';
const most = 8;

export function remembered(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(found) ? found.filter((a): a is string => typeof a === 'string').slice(0, most) : [];
  } catch {
    return [];
  }
}

export function remember(address: string, isKept: boolean): string[] {
  const list = [...(isKept ? [address] : []), ...remembered().filter(a => a !== address)].slice(0, most);
  try {
    localStorage.setItem(key, JSON.stringify(list));
  } catch {
    // Storage is forbidden: nothing is remembered.
  }
  return list;
}
