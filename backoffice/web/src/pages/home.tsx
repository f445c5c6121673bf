import type { VNode } from 'preact';
import { Page, Panel, Skeleton } from '../ui';

export default function P(): VNode {
  return (
    <Page title="home">
      <Panel>
        <Skeleton />
      </Panel>
    </Page>
  );
}
