// The miner's workers: sorted, filtered and paged by the server, so that ten thousand are as quick as ten.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useApi, usePages } from '../../api/use';
import type { Worker, WorkerList, WorkerState } from '../../api/miner';
import { count, difficulty, percent } from '../../format/units';
import { setQuery, type Query } from '../../router';
import {
  Ago,
  Dialog,
  Empty,
  Facts,
  PagedTable,
  Panel,
  Rate,
  Segmented,
  Select,
  State,
  TextInput,
  VirtualTable,
  type Column,
} from '../../ui';
import { useSettled } from '../parts/action';
import { allOf, rejectedOf, ResultBars } from '../parts/bars';
import { Name, visible } from '../parts/name';
import { RateOf } from './rates';

/** From this many on, rows are kept out of the document until they are scrolled to. */
const plainMax = 200;

const sorts = [
  { value: 'name', name: 'Name' },
  { value: '-hashrate', name: 'Fastest first' },
  { value: 'hashrate', name: 'Slowest first' },
  { value: '-lastShare', name: 'Newest share first' },
  { value: 'lastShare', name: 'Longest silent first' },
];

const rejects = (worker: Worker): string =>
  allOf(worker.results) === 0 ? '–' : percent(rejectedOf(worker.results) / allOf(worker.results));

const columns: Column<Worker>[] = [
  { key: 'name', name: 'Worker', primary: true, cell: w => <Name of={w.name} /> },
  { key: 'state', name: 'State', cell: w => <State of={w.state} title={stateSays[w.state]} /> },
  { key: 'now', name: 'Now', align: 'end', cell: w => <Rate of={w.hashrate} /> },
  { key: 'hour', name: 'One hour', align: 'end', hide: 'phone', cell: w => <Rate of={w.hashrateHour} /> },
  {
    key: 'shares',
    name: 'Accepted, day',
    align: 'end',
    hide: 'phone',
    cell: w => <span class="num">{count(w.results.valid)}</span>,
  },
  { key: 'rejects', name: 'Rejected', align: 'end', cell: w => <span class="num">{rejects(w)}</span> },
  {
    key: 'best',
    name: 'Best',
    align: 'end',
    hide: 'phone',
    cell: w => <span class="num">{w.bestDifficulty ? difficulty(w.bestDifficulty) : '–'}</span>,
  },
  { key: 'last', name: 'Last share', align: 'end', cell: w => <Ago time={w.lastShare} none="none" /> },
];

const stateSays: Record<WorkerState, string> = {
  ok: 'at its usual rate',
  low: 'under half of its own hour',
  off: 'no share for ten minutes',
};

export function Workers({
  path,
  query,
  states,
}: {
  path: string;
  query: Query;
  states: Record<WorkerState, number> | undefined;
}): VNode {
  const [search, setSearch] = useState(query['search'] ?? '');
  const wanted = useSettled(search.trim());
  const state = query['state'] ?? '';
  const sort = query['sort'] ?? 'name';
  const many = states ? states.ok + states.low + states.off : 0;
  const isLong = many > plainMax;
  const source = usePages<Worker>(states ? `${path}/workers` : null, {
    query: { sort, state, search: wanted },
    id: w => w.name,
    limit: isLong ? 200 : 25,
    every: 60,
    always: 60,
  });
  const rows = source.items;
  const open = query['w']?.slice(1);
  const show = (worker: Worker): void => setQuery({ w: `~${worker.name}` });
  const table = {
    caption: 'Workers of this miner',
    columns,
    id: (w: Worker) => w.name,
    onRow: show,
    empty: (
      <Empty title={wanted || state ? 'No worker fits' : 'No worker yet'} icon="server">
        {wanted || state ? 'Take the filter away to see them all.' : 'Workers show up with their first accepted share.'}
      </Empty>
    ),
  };
  return (
    <Panel
      title="Workers"
      id="workers"
      hint={states ? `${count(states.ok)} ok, ${count(states.low)} low, ${count(states.off)} off` : undefined}
    >
      <div class="toolbar">
        <TextInput
          type="search"
          value={search}
          onInput={setSearch}
          placeholder="Search by name"
          aria-label="Search workers by name"
          maxLength={128}
        />
        <Segmented
          label="State"
          selected={state}
          onSelect={id => setQuery({ state: id })}
          items={[
            { id: '', name: 'All' },
            { id: 'ok', name: 'Ok' },
            { id: 'low', name: 'Low' },
            { id: 'off', name: 'Off' },
          ]}
        />
        <Select
          label="Order"
          value={sort}
          options={sorts}
          onInput={value => setQuery({ sort: value === 'name' ? null : value })}
        />
      </div>
      {isLong && rows?.length ? (
        <VirtualTable
          {...table}
          rows={rows}
          onEnd={source.hasMore && !source.isMoreLoading ? source.more : undefined}
        />
      ) : (
        <PagedTable {...table} source={{ ...source, items: rows }} />
      )}
      <p class="sr" role="status">
        {rows ? `${rows.length}${source.hasMore ? ' or more' : ''} workers shown` : ''}
      </p>
      <WorkerDialog path={path} name={open} loaded={rows?.find(w => w.name === open)} />
    </Panel>
  );
}

function WorkerDialog({
  path,
  name,
  loaded,
}: {
  path: string;
  name: string | undefined;
  loaded: Worker | undefined;
}): VNode {
  // Opened by a link, the worker need not be on the pages that are loaded.
  const found = useApi<WorkerList>(
    name !== undefined && !loaded ? `${path}/workers?name=${encodeURIComponent(name)}` : null,
    { every: 0 },
  );
  const worker = loaded ?? found.data?.items[0];
  return (
    <Dialog
      open={name !== undefined}
      title={name === undefined ? '' : `Worker ${visible(name) || '(no name)'}`}
      onClose={() => setQuery({ w: null })}
    >
      {name !== undefined && (
        <div class="worker">
          <RateOf path={path} worker={name} />
          {worker && <WorkerFacts of={worker} />}
          {found.data?.items.length === 0 && <Empty title="No worker of this name" />}
        </div>
      )}
    </Dialog>
  );
}

function WorkerFacts({ of }: { of: Worker }): VNode {
  const windows = Object.entries(of.hashrates ?? { now: of.hashrate, '1h': of.hashrateHour });
  return (
    <>
      <Facts
        of={[
          [
            'State',
            <>
              <State of={of.state} /> <span class="quiet">{stateSays[of.state]}</span>
            </>,
          ],
          ['Last share', <Ago time={of.lastShare} none="none" />],
          ...windows.map(([window, value]) => [`Over ${window}`, <Rate of={value} />] as [string, VNode]),
          ['Best difficulty', <span class="num">{of.bestDifficulty ? difficulty(of.bestDifficulty) : '–'}</span>],
        ]}
      />
      <h3>Shares of the last day</h3>
      <ResultBars results={of.results} />
    </>
  );
}
