import type { ComponentChildren, VNode } from 'preact';
import type { Account, Items } from '../../api/account';
import { useApi } from '../../api/use';
import { middle } from '../../format/units';
import { setQuery, usePlace } from '../../router';
import { ButtonLink, Empty, Loaded, Panel, Select, Skeleton } from '../../ui';

/** The account of the query, or the first; a choice where there are several. */
export function WithAccount({
  children,
}: {
  children: (account: Account, choice: ComponentChildren) => ComponentChildren;
}): VNode {
  const accounts = useApi<Items<Account>>('/me/accounts', { every: 0 });
  const { query } = usePlace();
  return (
    <Loaded
      of={accounts}
      skeleton={<Skeleton lines={8} />}
      empty={[
        a => a.items.length === 0,
        <Panel>
          <Empty title="No account yet" icon="user">
            <p>
              <ButtonLink tone="primary" href="/account">
                Add an address or a stratum name
              </ButtonLink>
            </p>
          </Empty>
        </Panel>,
      ]}
    >
      {list => {
        const chosen = list.items.find(a => a.name === query['account']) ?? list.items[0]!;
        const choice = list.items.length > 1 && (
          <span class="account-choice">
            <Select
              label="Account"
              value={chosen.name}
              onInput={name => setQuery({ account: name })}
              options={list.items.map(a => ({ value: a.name, name: a.isAddress ? middle(a.name, 12, 8) : a.name }))}
            />
          </span>
        );
        return children(chosen, choice);
      }}
    </Loaded>
  );
}
