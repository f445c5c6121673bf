// The link of the mail that follows a registration.
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../../api/client';
import type { PageProps } from '../../router';
import { ButtonLink, Empty, Page, Panel, Skeleton } from '../../ui';
import { wordsOf } from '../parts/action';
import { Done } from './done';

export default function Confirm({ query }: PageProps): VNode {
  const [state, set] = useState<'asking' | 'good' | { failed: string }>('asking');
  const token = query['token'] ?? '';
  useEffect(() => {
    if (!token) return set({ failed: 'The link is not whole: open it from the mail, or copy all of it.' });
    api.post('/auth/confirm', { token }).then(
      () => set('good'),
      (failure: unknown) => set({ failed: wordsOf(failure) }),
    );
  }, [token]);
  return (
    <Page title="Confirm your address">
      <div class="narrow">
        <Panel>
          {state === 'asking' ? (
            <Skeleton lines={4} />
          ) : state === 'good' ? (
            <Done title="Your account is ready">
              <p>
                <ButtonLink tone="primary" href="/sign-in?by=email">
                  Sign in
                </ButtonLink>
              </p>
            </Done>
          ) : (
            <Empty title="Not confirmed" icon="alert">
              <p>{state.failed}</p>
              <p>
                <ButtonLink href="/register">Register again</ButtonLink>
              </p>
            </Empty>
          )}
        </Panel>
      </div>
    </Page>
  );
}
