import type { VNode } from 'preact';
import { Page, Panel, Skeleton } from '../ui';

export default function P(): VNode {
  return (
    <Page title="pools">
      <Panel>
        <Skeleton />
      </Panel>
    </Page>
  );
}
