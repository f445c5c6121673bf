import type { VNode } from 'preact';
import { ButtonLink, Empty, Page, Panel } from '../ui';

export default function Missing(): VNode {
  return (
    <Page title="No such page">
      <Panel>
        <Empty title="There is nothing at this address" icon="search">
          <p>
            <ButtonLink href="/">To the start</ButtonLink>
          </p>
        </Empty>
      </Panel>
    </Page>
  );
}
