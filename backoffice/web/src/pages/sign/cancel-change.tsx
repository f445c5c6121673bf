// The link of the notice that tells of a changed payout address: whoever holds it may stop the change, signed in or not.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../../api/client';
import type { PageProps } from '../../router';
import { Button, ButtonLink, Empty, Form, Page, Panel } from '../../ui';
import { useAction } from '../parts/action';
import { Done } from './done';

export default function CancelChange({ query }: PageProps): VNode {
  const [isDone, setDone] = useState(false);
  const code = query['code'] ?? '';
  const cancel = useAction(async () => {
    await api.post('/payout-settings/cancel-change', { code });
    setDone(true);
  });
  return (
    <Page title="Keep the old payout address">
      <div class="narrow">
        <Panel>
          {isDone ? (
            <Done title="The change is cancelled">
              <p>
                Payouts go to the old address. If you did not ask for the change, somebody else could: change your
                password and look at your sessions.
              </p>
              <p>
                <ButtonLink tone="primary" href="/account/security">
                  Security of the account
                </ButtonLink>
              </p>
            </Done>
          ) : code ? (
            <Form onSubmit={() => void cancel.run()} busy={cancel.busy} error={cancel.error} label="Cancel the change">
              <p>
                Somebody asked for another payout address of your account. As long as the change waits, you can stop it
                here. Nothing else changes.
              </p>
              <div class="form-actions">
                <Button type="submit" tone="danger" busy={cancel.busy}>
                  Cancel the change
                </Button>
              </div>
            </Form>
          ) : (
            <Empty title="The link is not whole" icon="alert">
              Open it from the notice, or <a href="/account/payouts">sign in</a> and cancel the change there.
            </Empty>
          )}
        </Panel>
      </div>
    </Page>
  );
}
