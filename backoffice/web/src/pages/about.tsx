import type { VNode } from 'preact';
import { Page, Panel, Skeleton } from '../ui';

export default function P(): VNode {
  return (
    <Page title="about">
      <Panel>
        <Skeleton />
      </Panel>
    </Page>
  );
}
