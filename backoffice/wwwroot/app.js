// The pool's page: asks the API every few seconds and writes text nodes only, so nothing from outside is ever read as markup.
const every = 5000;
const byId = id => document.getElementById(id);
let pool = null;

const get = async path => {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).detail ?? `HTTP ${response.status}`);
  return response.json();
};

const units = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y', 'R', 'Q'];
const scaled = (value, unit) => {
  let step = 0;
  for (; value >= 1000 && step < units.length - 1; step++) value /= 1000;
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 1 })} ${units[step]}${unit}`;
};
const time = text => text ? new Date(text).toLocaleString() : '–';
const short = text => text.length > 20 ? `${text.slice(0, 10)}…${text.slice(-8)}` : text;
const put = (id, text) => { if (byId(id).textContent !== text) byId(id).textContent = text; };

const table = (into, heads, rows, empty) => {
  const root = document.createElement(rows.length ? 'table' : 'p');
  if (!rows.length) root.textContent = empty;
  else {
    const head = root.createTHead().insertRow();
    for (const text of heads) {
      const cell = document.createElement('th');
      cell.scope = 'col';
      cell.textContent = text;
      head.append(cell);
    }
    const body = root.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      for (const value of row) {
        const cell = line.insertCell();
        const { text, title, kind, link } = typeof value === 'object' ? value : { text: value };
        const target = link ? document.createElement('a') : cell;
        if (link) { target.href = link; target.rel = 'noreferrer'; cell.append(target); }
        target.textContent = text;
        if (title) cell.title = title;
        if (kind) cell.className = kind;
      }
    }
  }
  into.replaceChildren(root);
};

const chart = points => {
  const svg = byId('chart');
  const top = Math.max(...points.map(p => p.hashrate), 1);
  const first = points.length ? Date.parse(points[0].time) : 0;
  const span = Math.max(points.length ? Date.parse(points.at(-1).time) - first : 0, 1);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', points.map((p, i) =>
    `${i ? 'L' : 'M'}${(Date.parse(p.time) - first) / span * 720} ${135 - p.hashrate / top * 128}`).join(''));
  svg.replaceChildren(path);
  svg.setAttribute('aria-label', points.length ? `Hash rate over the last day, at most ${scaled(top, 'H/s')}` : 'No shares in the last day');
};

const showPool = async () => {
  const root = `/api/v1/pools/${pool.id}`;
  const [stats, blocks, miners, payouts, series] = await Promise.all([
    get(`${root}/stats`), get(`${root}/blocks?limit=20`), get(`${root}/miners?limit=20`), get(`${root}/payouts?limit=20`), get(`${root}/hashrate?period=1d`)]);
  put('hashrate', scaled(stats.hashrate, 'H/s'));
  put('miners', `${stats.workers} workers, ${stats.miners} miners`);
  put('blocks', `${stats.blocks.immature + stats.blocks.confirmed}`);
  put('blockstates', `${stats.blocks.immature} immature, ${stats.blocks.orphaned} orphaned`);
  put('effort', `${(stats.effort * 100).toFixed(1)} %`);
  put('lastblock', stats.lastBlockTime ? `last ${time(stats.lastBlockTime)}` : 'no block yet');
  put('network', scaled(stats.network.hashrate, 'H/s'));
  put('height', `height ${stats.network.height}`);
  put('owed', `${stats.balances.confirmed.decimal} ${stats.symbol}`);
  put('immature', `${stats.balances.immature.decimal} immature`);
  put('paid', `${stats.paid.decimal} ${stats.symbol}`);
  put('terms', `${stats.scheme.toUpperCase()}, fee ${stats.feePercent} %`);
  put('url', pool.ports.map(p => `stratum+${p.tls ? 'ssl' : 'tcp'}://${location.hostname}:${p.port}`).join('   '));
  chart(series);
  table(byId('blocklist'), ['Height', 'State', 'Found', 'By', 'Reward', 'Effort', 'Hash'], blocks.items.map(b => [
    b.height, { text: b.state === 'immature' ? `immature ${b.confirmations}` : b.state, kind: b.state, title: b.reason }, time(b.time),
    { text: short(b.finder), title: b.finder }, b.reward.decimal, `${(b.effort * 100).toFixed(0)} %`,
    { text: short(b.hash), title: b.hash, link: b.explorer }]), 'No block yet.');
  table(byId('minerlist'), ['Address', 'Hash rate', 'Workers', 'Immature', 'Balance'], miners.items.map(m => [
    { text: short(m.address), title: m.address }, scaled(m.hashrate, 'H/s'), m.workers, m.balances.immature.decimal, m.balances.confirmed.decimal]),
  'No miner yet.');
  table(byId('payoutlist'), ['Time', 'State', 'Total', 'To', 'Transaction'], payouts.items.map(p => [
    time(p.time), { text: p.state, kind: p.state, title: p.reason }, p.total.decimal, p.lines,
    { text: p.txid ? short(p.txid) : '–', title: p.txid ?? '', link: p.explorer }]), 'No payout yet.');
};

const showMiner = async address => {
  const into = byId('miner');
  const root = `/api/v1/pools/${pool.id}/miners/${encodeURIComponent(address)}`;
  try {
    const [miner, workers, balances, payouts] = await Promise.all([
      get(root), get(`${root}/workers?limit=100`), get(`${root}/balances`), get(`${root}/payouts?limit=10`)]);
    const summary = document.createElement('p');
    summary.textContent = `${scaled(miner.hashrate, 'H/s')} · balance ${balances.balances.confirmed.decimal} · `
      + `immature ${balances.balances.immature.decimal} · paid ${balances.paid.decimal} ${pool.symbol}`;
    const [rigs, paid] = [document.createElement('div'), document.createElement('div')];
    rigs.className = paid.className = 'wide';
    table(rigs, ['Worker', 'State', 'Hash rate', 'Accepted', 'Stale', 'Refused', 'Last share'], workers.items.map(w => [
      w.name || '(no name)', { text: w.state, kind: w.state }, scaled(w.hashrate, 'H/s'), w.results.valid, w.results.stale,
      w.results.duplicate + w.results.lowdiff + w.results.invalid, time(w.lastShare)]), 'No worker.');
    table(paid, ['Time', 'State', 'Amount', 'Transaction'], payouts.items.map(p => [
      time(p.time), { text: p.state, kind: p.state }, p.amount.decimal, { text: p.txid ? short(p.txid) : '–', title: p.txid ?? '', link: p.explorer }]),
    'No payout yet.');
    into.replaceChildren(summary, rigs, paid);
  } catch (failure) {
    into.textContent = failure.message;
  }
};

const refresh = async () => {
  try {
    await showPool();
    put('health', 'live');
    byId('health').className = '';
  } catch (failure) {
    put('health', failure.message);
    byId('health').className = 'bad';
  }
};

const start = async () => {
  const { pools } = await get('/api/v1/pools');
  for (const p of pools) byId('pool').append(new Option(`${p.symbol} · ${p.id}`, p.id));
  pool = pools[0];
  byId('pool').addEventListener('change', event => { pool = pools.find(p => p.id === event.target.value); refresh(); });
  byId('lookup').addEventListener('submit', event => { event.preventDefault(); showMiner(byId('address').value.trim()); });
  await refresh();
  setInterval(() => { if (!document.hidden) refresh(); }, every);
};

start().catch(failure => { put('health', failure.message); byId('health').className = 'bad'; });
